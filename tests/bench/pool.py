"""The program that tutorials on Python's Pool end with: POOL.PY TREE prints the tree's manifest."""

import hashlib
import multiprocessing
import os
import sys


def mark(path):
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        while piece := file.read(8192):
            digest.update(piece)
    return path, digest.hexdigest()


def files(tree):
    for folder, _, names in os.walk(tree):
        for name in names:
            yield os.path.join(folder, name)


if __name__ == "__main__":
    with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
        digests = dict(pool.imap_unordered(mark, files(sys.argv[1]), 20))
    for path in sorted(digests):
        print(f"{digests[path]}  {path}")
