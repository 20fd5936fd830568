#!/usr/bin/env python3
"""Rename files and directories while an update walks them, and see that no digest is lost.

Files get names of others, new files take the names that they leave. After each update with status 0,
what the tree held before and still holds is in the manifest, under whatever name.

Usage: renames.py TREESUM ROUNDS SEED
"""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time

# Seconds that an update of such a tree takes, and a little more.
LONGEST = 0.03


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha512(file.read()).hexdigest()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Tree:
    """A tree, and which of its files were there at first."""

    def __init__(self, number):
        self.outer = [f"tree/{i}" for i in range(12)]
        self.inner = [f"{outer}/inner{i}" for outer in self.outer for i in range(3)]
        self.files = []
        self.named = 0
        shutil.rmtree("tree", ignore_errors=True)
        for directory in self.outer + self.inner:
            os.makedirs(directory)
            for _ in range(random.randint(1, 6)):
                path = self.new_name(directory)
                write(path, f"{number} {path}")
                when = 1_600_000_000 + self.named * 7 + random.random()
                os.utime(path, (when, when))
                self.files.append(path)

    def new_name(self, directory):
        self.named += 1
        return f"{directory}/{self.named}"

    def rename_file(self):
        number = random.randrange(len(self.files))
        old = self.files[number]
        new = self.new_name(os.path.dirname(random.choice(self.files)))
        os.rename(old, new)
        self.files[number] = new
        if random.random() < 0.6:
            write(old, f"instead of {new}")

    def rename_over(self):
        old, new = random.sample(self.files, 2)
        os.rename(old, new)
        self.files.remove(old)

    def rename_directory(self):
        old = random.choice(self.inner)
        new = self.new_name(random.choice(self.outer))
        os.rename(old, new)
        self.inner[self.inner.index(old)] = new
        self.files = [
            new + path[len(old):] if path.startswith(old + "/") else path for path in self.files
        ]

    def digests(self):
        return {digest(path) for path in self.files}


def listed():
    with open("sums") as manifest:
        return {line[:128] for line in manifest if not line.startswith("#")}


def run_round(treesum, number):
    """@return the status of the update"""
    tree = Tree(number)
    for name in os.listdir("."):
        if name.startswith(("sums", ".sums")):
            os.unlink(name)
    subprocess.run([treesum, "--update=sums", "tree"], check=True, capture_output=True)
    update = subprocess.Popen(
        [treesum, random.choice(["-j1", "-j4"]), "--update=sums", "tree"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + random.random() * LONGEST
    while time.monotonic() < end:
        random.choices([tree.rename_file, tree.rename_directory, tree.rename_over], [85, 8, 7])[0]()
        # With more of them, a file that vanished before it was read makes the status 1.
        time.sleep(random.random() * LONGEST / 10)
    message = update.communicate()[1].decode()
    # All that is left of the first files, as each stays the same.
    lost = tree.digests() - listed()
    if update.returncode == 0 and lost:
        names = [path for path in tree.files if digest(path) in lost]
        sys.exit(f"round {number}: status 0, and in no line: {names}\n{message}")
    return update.returncode


def main(treesum, rounds, seed):
    random.seed(int(seed))
    statuses = [run_round(treesum, number) for number in range(int(rounds))]
    print(f"{statuses.count(0)} of {rounds} with status 0")
    # Otherwise nothing was tested.
    if statuses.count(0) == 0:
        sys.exit("too few")


main(*sys.argv[1:])
