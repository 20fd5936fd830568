"""The work of forkpool.c in Python's Pool: WORKERS ITEMS CHUNK... prints tasks a second."""

import multiprocessing
import sys
import time


def echo(number):
    return number


if __name__ == "__main__":
    workers, items = int(sys.argv[1]), int(sys.argv[2])
    for chunk in map(int, sys.argv[3:]):
        start = time.monotonic()
        with multiprocessing.Pool(workers) as pool:
            total = sum(pool.imap_unordered(echo, range(items), chunk))
        assert total == items * (items - 1) // 2
        print(round(items / (time.monotonic() - start)))
