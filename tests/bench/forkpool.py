"""The work of forkpool.c in Python's Pool: WORKERS ITEMS CHUNK|apply|mebibytes... prints tasks a second."""

import multiprocessing
import sys
import time


def echo(number):
    return number


if __name__ == "__main__":
    workers, items = int(sys.argv[1]), int(sys.argv[2])
    for chunk in sys.argv[3:]:
        start = time.monotonic()
        with multiprocessing.Pool(workers) as pool:
            if chunk == "apply":
                total = sum(pool.apply(echo, (i,)) for i in range(items))
            elif chunk == "mebibytes":
                data = bytes(1 << 20)
                replies = pool.imap_unordered(echo, (data for _ in range(items)))
                total = sum(i for i, reply in enumerate(replies) if reply == data)
            else:
                total = sum(pool.imap_unordered(echo, range(items), int(chunk)))
        assert total == items * (items - 1) // 2
        print(round(items / (time.monotonic() - start)))
