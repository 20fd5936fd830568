#!/usr/bin/env python3
"""Write the parts of a run that never was: ENTRIES files in N shards, as PREFIX.K-of-N.

Names, their order, shards and seals are what treesum takes; sizes, times and digests are made up.
"""
import hashlib
import sys


def hash_of(name):
    return int.from_bytes(hashlib.sha512(name).digest()[:8], "big")


class Part:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.hash = hashlib.sha512()
        self.files = 0
        self.lines = []

    def add(self, number, name):
        self.lines.append(b"#= 4096 1700000000.%09d 1700000001.%09d\n%0128x  %s\n" % (number, number, number, name))
        self.files += 1
        if len(self.lines) == 1000:
            self.flush()

    def flush(self):
        data = b"".join(self.lines)
        self.hash.update(data)
        self.file.write(data)
        self.lines = []

    def seal(self, index, count, listed, names):
        self.flush()
        seal = b"#end files=%d bytes=%d shard=%d/%d errors=0 listed=%d:%016x options=%s sha512=" % (
            self.files, 4096 * self.files, index, count, listed, names, b"0" * 32)
        self.hash.update(seal)
        self.file.write(seal + self.hash.hexdigest().encode() + b"\n")
        self.file.close()


def main(entries, count, prefix):
    parts = [Part(f"{prefix}.{index}-of-{count}") for index in range(1, count + 1)]
    names = 0
    for number in range(entries):
        name = b"archive/%03d/%03d/file-%09d.dat" % (number // 1000000, number // 1000 % 1000, number)
        names += hash_of(name)
        parts[hash_of(name) % count].add(number, name)
    for index, part in enumerate(parts, 1):
        part.seal(index, count, entries, names % 2**64)


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
