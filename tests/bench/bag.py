"""What bagit-python does to validate a bag: BAG.PY BAG ends with status 0 if it is valid."""

import hashlib
import multiprocessing
import os
import pathlib
import re
import sys

BLOCK_SIZE = 512 * 1024


def decode(name):
    return re.sub("%0A", "\n", re.sub("%0D", "\r", name, flags=re.I), flags=re.I)


def entries(bag):
    listed = {}
    for manifest in [*bag.glob("manifest-*.txt"), *bag.glob("tagmanifest-*.txt")]:
        algorithm = manifest.stem.split("-")[1]
        with open(manifest, encoding="utf-8") as file:
            for line in file:
                digest, name = line.strip().split(None, 1)
                name = decode(os.path.normpath(name.lstrip("*")))
                if os.path.isabs(name) or not os.path.realpath(bag / name).startswith(os.path.realpath(bag)):
                    sys.exit(f"{name}: unsafe")
                listed.setdefault(name, {})[algorithm] = digest.lower()
    return listed


def payload(bag):
    for folder, _, names in os.walk(bag / "data"):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), bag)


def verify(task):
    bag, name, digests = task
    hashers = {algorithm: hashlib.new(algorithm) for algorithm in digests}
    with open(os.path.join(bag, name), "rb") as file:
        while block := file.read(BLOCK_SIZE):
            for hasher in hashers.values():
                hasher.update(block)
    return name, {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}


if __name__ == "__main__":
    bag = pathlib.Path(sys.argv[1])
    listed = entries(bag)
    if set(payload(bag)) != {name for name in listed if name.startswith("data/")}:
        sys.exit("incomplete")
    with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
        for name, digests in pool.map(verify, ((str(bag), name, listed[name]) for name in listed)):
            if digests != listed[name]:
                sys.exit(f"{name}: differs")
