"""The work of forkpool.c in Python's Pool: WORKERS ITEMS CHUNK|apply|mebibytes|cycles... prints tasks a second."""

import multiprocessing
import sys
import time


def echo(number):
    return number


def in_pool(pool, items, kind):
    """Do the work of one kind; return the sum of the numbers below ITEMS."""
    if kind == "apply":
        return sum(pool.apply(echo, (i,)) for i in range(items))
    if kind == "mebibytes":
        data = bytes(1 << 20)
        replies = pool.imap_unordered(echo, (data for _ in range(items)))
        return sum(i for i, reply in enumerate(replies) if reply == data)
    return sum(pool.imap_unordered(echo, range(items), int(kind)))


if __name__ == "__main__":
    workers, items = int(sys.argv[1]), int(sys.argv[2])
    for kind in sys.argv[3:]:
        start = time.monotonic()
        if kind == "cycles":
            for _ in range(items):
                pool = multiprocessing.Pool(workers)
                pool.close()
                pool.join()
        else:
            with multiprocessing.Pool(workers) as pool:
                assert in_pool(pool, items, kind) == items * (items - 1) // 2
        print(round(items / (time.monotonic() - start)))
