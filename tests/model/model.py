#!/usr/bin/env python3
"""Random edits, updates, audits and kills of treesum against a model that knows every line.

The model is written from the manual, treesum(1): what is MISSING, CORRUPT or UNREADABLE, what an update
keeps, drops and refuses, and which files it reads. It looks at the tree itself before each run, foretells the
lines, the exit status and the manifest, and holds what treesum does against that; also after runs that were
killed, whose journal the next one uses. The times of a file are what the file system says; how
old they were when a file was read is known as exactly as the run was long.

Usage: model.py [--steps N] [--seconds N] [--seed N] TREESUM FOLDER

TREESUM is the program, FOLDER an empty folder. Prints its seed; the same seed makes the same edits, but not the
same times. Ends with status 1 at the first difference, which it explains.
"""
import argparse
import collections
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

NOBODY = 65534
SECOND = 10**9
EMPTY = hashlib.sha512(b"").hexdigest()
# Units that coarser file systems cut an mtime to.
UNITS = (100, 1000, 10**6, 10**7, SECOND, 2 * SECOND)
OLD = 1_500_000_000 * SECOND
# Bytes of a journal's header, and of the record of a run.
HEADER, RUN = 42, 22


class Difference(Exception):
    pass


def escape(name):
    return name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def unescape(name):
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "r": "\r"}.get(match[1], match[1]), name)


def seconds(text):
    """Nanoseconds of "-1.500000000"."""
    whole, fraction = text.split(".")
    value = abs(int(whole)) * SECOND + int(fraction)
    return -value if whole.startswith("-") else value


class Line:
    """What a manifest says of a name."""

    def __init__(self, digest, size, mtime, ctime, read):
        self.digest, self.size, self.mtime, self.ctime, self.read = digest, size, mtime, ctime, read

    def __eq__(self, other):
        return isinstance(other, Line) and vars(self) == vars(other)

    def __repr__(self):
        return f"({self.digest[:8]} {self.size} {self.mtime} {self.ctime} {self.read})"

    def is_known_of(self, found):
        """Whether an update need not read a file. What was corrupt is read each time."""
        return self.read != "-" and (self.size, self.mtime, self.ctime) == (found.size, found.mtime, found.ctime)

    def suspect(self):
        """The line of a file that was found to be corrupt."""
        return Line(self.digest, self.size, self.mtime, self.ctime, "-")


def parse(data):
    """The lines of a sealed manifest; a Difference where it is none."""
    lines, state, size = {}, None, 0
    body, _, seal = data.rstrip(b"\n").rpartition(b"\n")
    body += b"\n" if body else b""
    for text in body.decode().split("\n")[:-1]:
        if text.startswith("#= "):
            fields = text.split(" ")
            if len(fields) != 5:
                raise Difference(f"an annotation without READ: {text}")
            ctime = fields[3] if fields[3].strip("-") == "" else seconds(fields[3])
            read = fields[4] if fields[4] == "-" else int(fields[4])
            state = (int(fields[1]), seconds(fields[2]), ctime, read)
            size += state[0]
        elif not text.startswith("#"):
            escaped = text.startswith("\\")
            digest, name = text[escaped : escaped + 128], text[escaped + 130 :]
            lines[unescape(name) if escaped else name] = Line(digest, *state)
    expected = f"#end files={len(lines)} bytes={size} sha512={hashlib.sha512(body).hexdigest()}"
    if seal.decode() != expected:
        raise Difference(f"the seal is not {expected}")
    if list(lines) != sorted(lines, key=os.fsencode):
        raise Difference("the lines are not in order")
    return lines


class Found:
    """What the tree has under a name."""

    def __init__(self, path):
        status = os.lstat(path)
        self.mode = status.st_mode & 0o777
        self.size, self.mtime, self.ctime = status.st_size, status.st_mtime_ns, status.st_ctime_ns
        with open(path, "rb") as file:
            self.digest = hashlib.sha512(file.read()).hexdigest()


class Tree:
    """All that a walk would find."""

    def __init__(self, root):
        self.files, self.others, self.closed, self.empty = {}, set(), set(), {}
        self.exists = os.path.lexists(root)
        if self.exists:
            self.look(root)

    def look(self, path):
        if os.path.islink(path) or not (os.path.isdir(path) or os.path.isfile(path)):
            self.others.add(path)
        elif os.path.isfile(path):
            self.files[path] = Found(path)
        else:
            self.others.add(path)
            status = os.lstat(path)
            if status.st_mode & 0o777 == 0:
                self.closed.add(path)
                return
            names = os.listdir(path)
            if not names:
                self.empty[path] = status.st_mtime_ns
            for name in names:
                self.look(os.path.join(path, name))


def same_mtime(one, other):
    return one == other or any(one == other - other % unit or other == one - one % unit for unit in UNITS)


def parents(name):
    while os.path.dirname(name):
        name = os.path.dirname(name)
        yield name


class Foretold:
    """What a run on this tree has to do with these lines."""

    def __init__(self, lines, tree, root, written, options, update):
        self.lines, self.tree, self.root, self.update = lines, tree, root, update
        self.written, self.options = written, options
        self.words = {}
        for name, line in lines.items():
            self.words[name] = self.word_of_listed(name, line)
        for name, found in tree.files.items():
            if name not in lines:
                self.words[name] = "UNREADABLE" if found.mode == 0 else "NEW"
        self.unread = bool(tree.closed or not tree.exists or "UNREADABLE" in self.words.values())

    def is_below(self, name):
        return name == self.root or name.startswith(self.root + "/")

    def word_of_listed(self, name, line):
        if not self.is_below(name):
            return "OUTSIDE"
        found = self.tree.files.get(name)
        return self.word_of_found(line, found) if found else self.word_of_gone(name)

    def word_of_found(self, line, found):
        if self.update and line.is_known_of(found):
            return "SAME"
        if found.mode == 0:
            return "UNREADABLE"
        if line.digest == found.digest:
            return "SAME"
        if self.is_edit(line, found):
            return "CHANGED"
        differs = line.mtime == found.mtime and line.ctime not in ("-", found.ctime)
        return "CORRUPT (ctime differs)" if differs else "CORRUPT"

    @staticmethod
    def is_edit(line, found):
        """Whether contents that differ are an edit, or the times prove nothing; not if they were corrupt before."""
        if line.read == "-":
            return False
        constant = line.mtime // SECOND in (0, 1) and line.ctime != found.ctime
        return not same_mtime(line.mtime, found.mtime) or line.ctime == "--" or constant

    def word_of_gone(self, name):
        if not self.tree.exists:
            return "UNREADABLE"
        above = list(parents(name))
        if any(each in self.tree.closed for each in above):
            return "UNREADABLE"
        if "missing" in self.options:
            return "MISSING"
        if name in self.tree.others:
            return "UNREADABLE"
        for each in above:
            if os.path.islink(each):
                return "UNREADABLE"
            if each in self.tree.empty and not self.was_emptied(each):
                return "UNREADABLE"
        return "MISSING"

    def was_emptied(self, folder):
        """Whether its mtime is later than all times of what was listed in it."""
        for name, line in self.lines.items():
            if not name.startswith(folder + "/"):
                continue
            read = 0 if line.read == "-" else line.read * SECOND
            known = {"-": read or self.written, "--": line.mtime}.get(line.ctime, line.ctime)
            if max(line.mtime, known, read) >= self.tree.empty[folder]:
                return False
        return True

    def is_kept(self, name):
        """Whether the line of a file that is gone stays; if it was moved, the new name has its digest."""
        if "append-only" in self.options or name in self.may_be:
            return True
        return self.unread and "missing" not in self.options and name not in self.moved

    def refusal(self):
        if self.lines and not any(map(self.is_below, self.lines)) and "new" not in self.options:
            return "lists nothing below any PATH"
        below = [name for name in self.lines if self.is_below(name)]
        if "append-only" in self.options or len(below) <= 50:
            return None
        lost = 0
        for name in below:
            word = self.words[name]
            lost += word == "MISSING" and not self.is_kept(name) and "missing" not in self.options and \
                name not in self.moved
            lost += "changed" not in self.options and (
                word == "CHANGED" and name not in self.sources and name not in self.may_be and
                name not in self.renamed or name in self.copied)
        return " lines, " if lost > len(below) / 2 else None

    def dry_refusal(self):
        """What stamps alone prove: nothing that is new or altered has the size of what is lost."""
        below = [name for name in self.lines if self.is_below(name)]
        if not below or "append-only" in self.options or len(below) <= 50:
            return self.refusal()
        sizes = set()
        for name, found in self.tree.files.items():
            line = self.lines.get(name)
            if not line or (line.size, line.mtime) != (found.size, found.mtime):
                sizes.add(found.size)
        lost = 0
        for name in below:
            line, found = self.lines[name], self.tree.files.get(name)
            gone = self.words[name] == "MISSING" and not self.is_kept(name) and "missing" not in self.options
            other = found and found.size != line.size and self.is_edit(line, found) and "changed" not in self.options
            lost += bool((gone or other) and (line.size == 0 or line.size not in sizes))
        return " lines, " if lost > len(below) / 2 else None

    # What was moved and copied is not foretold but verified: of several candidates any may be the one.
    moved, copied, sources = frozenset(), frozenset(), {}
    # Lines were kept as they are the last with their digest.
    last = False
    # Files that are corrupt and were renamed, each with the line that it may have had; and the lines that are kept
    # for them.
    renamed, may_be, successors, marked = {}, frozenset(), {}, frozenset()

    def find_renamed(self):
        """Contents from nowhere with size and mtime of a line of another name."""
        ordered = sorted(self.words.items(), key=lambda each: os.fsencode(each[0]))
        groups, unreads = collections.defaultdict(list), set()
        for name, word in ordered:
            found = self.tree.files.get(name)
            unread = word == "UNREADABLE" and found is not None
            other = word.startswith(("NEW", "CHANGED", "CORRUPT")) and name not in self.sources
            if (unread or other) and found.size:
                groups[found.size, found.mtime].append(name)
                unreads.update([name] if unread else [])
        shared = collections.Counter(line.mtime for line in self.lines.values())
        self.renamed, successors = {}, {}
        for name, word in ordered:
            line = self.lines.get(name)
            if not line or (line.size, line.mtime) not in groups or not self.proves(name, word, shared[line.mtime]):
                continue
            used = name in self.moved or name in self.sources.values()
            for file in groups[line.size, line.mtime]:
                if file in unreads:
                    if file != name and not used and (word.startswith("CHANGED") or name in self.sources):
                        successors.setdefault(name, []).append(file)
                    continue
                if file == name or self.tree.files[file].digest == line.digest:
                    continue
                if self.words[file].startswith("CORRUPT") and (word != "MISSING" or name in self.moved):
                    continue
                successors.setdefault(name, []).append(file)
                if file not in self.renamed or (self.is_gone(name) and not self.is_gone(self.renamed[file])):
                    self.renamed[file] = name
        self.renamed = {file: name for file, name in self.renamed.items() if not self.words[file].startswith("CORRUPT")}
        self.successors = successors
        # Lines that are written as those of corrupt files: they are read the next time.
        self.marked = {name for name, files in successors.items() if not unreads.issuperset(files) and
            (self.words[name] != "SAME" or self.renamed.get(files[0]) == name)}
        self.may_be = set()
        for name, line in self.lines.items():
            replaced = self.words[name] == "MISSING" or (self.words[name].startswith("CHANGED") and
                name not in self.renamed) or name in self.copied or (name in self.sources)
            used = name in self.moved or name in self.sources.values()
            suspect = self.words[name] == "MISSING" and line.read == "-" and "missing" not in self.options
            files = successors.get(name, [])
            stays = suspect if not files else (not unreads.issuperset(files) and "corrupt" not in self.options or
                not unreads.isdisjoint(files) and "changed" not in self.options)
            if replaced and not used and "append-only" not in self.options and stays:
                self.may_be.add(name)

    def is_gone(self, name):
        return self.words[name] != "SAME" and not (self.words[name] == "MISSING" and name in self.moved)

    def proves(self, name, word, shared):
        """Whether size and mtime of a line tell that it is that of another file."""
        line = self.lines[name]
        if line.ctime == "--" or line.mtime // SECOND in (0, 1):
            return False
        return shared <= 8 and (line.mtime % SECOND != 0 or self.is_gone(name))

    def verify(self, said, hidden=()):
        """Hold what was said of each name against the words."""
        self.sources = {name: other for name, (word, other) in said.items() if other and word != "CORRUPT"}
        self.moved = {other for word, other in said.values() if word == "MOVED"}
        self.copied = {name for name, (word, _) in said.items() if word == "COPIED"}
        self.find_renamed()
        for name in sorted(set(said) | set(self.words)):
            word, other = said.get(name, (None, None))
            expected = self.words.get(name)
            if name in self.renamed:
                if (word, other) != ("CORRUPT", self.renamed[name]):
                    raise Difference(f"{name!r} is {self.renamed[name]!r}, corrupt, and is said to be {word} {other}")
            elif other:
                self.verify_source(name, word, other, expected)
            elif expected == "MISSING" and name in self.moved:
                if word:
                    raise Difference(f"{name!r} was moved, and is {word}")
            elif word != (None if expected in ("SAME", "OUTSIDE") or expected in hidden else expected):
                raise Difference(f"{name!r} is {expected}, and is said to be {word}")
            elif expected == "NEW" and word:
                self.verify_new(name)

    def verify_source(self, name, word, other, expected):
        digest = self.tree.files[name].digest if name in self.tree.files else None
        if other not in self.lines or self.lines[other].digest != digest or digest == EMPTY:
            raise Difference(f"{name!r} is not what {other!r} was")
        if expected != "NEW" and not (expected or "").startswith(("CHANGED", "CORRUPT")):
            raise Difference(f"{name!r} is {expected}, and is said to be {word}")
        if expected != "NEW" and name not in self.sources.values():
            raise Difference(f"what {name!r} was is lost, and it is said to be {word}")
        gone = self.words[other] == "MISSING" or other in self.sources
        if (word == "MOVED") != gone:
            raise Difference(f"{name!r} is {word} from {other!r}, which is {self.words[other]}")
        if word == "MOVED" and list(self.sources.values()).count(other) > 1:
            raise Difference(f"{other!r} was moved twice")

    def verify_new(self, name):
        digest = self.tree.files[name].digest
        for other, line in self.lines.items():
            if digest == EMPTY or line.digest != digest:
                continue
            if self.words[other] == "SAME" or (self.words[other] == "MISSING" and other not in self.moved):
                raise Difference(f"{name!r} is NEW, and was {other!r}")

    def kept(self, name):
        """The old line, as it is written."""
        line = self.lines[name]
        corrupt = name in self.marked or (self.words[name].startswith("CORRUPT") and name not in self.sources)
        return line.suspect() if corrupt or name in self.renamed else line

    def renewed(self):
        """Name -> the old Line, or what was found."""
        renewed = {}
        for name, word in self.words.items():
            old, found = self.lines.get(name), self.tree.files.get(name)
            if word == "MISSING":
                if self.is_kept(name):
                    renewed[name] = self.kept(name)
            elif word == "SAME":
                renewed[name] = found
            elif word in ("UNREADABLE", "OUTSIDE"):
                if old:
                    renewed[name] = self.kept(name)
            elif name in self.renamed:
                if "corrupt" in self.options:
                    renewed[name] = found
                elif old:
                    renewed[name] = self.kept(name)
            elif name in self.may_be:
                renewed[name] = self.kept(name)
            elif word.startswith("CORRUPT") and "corrupt" not in self.options and name not in self.sources:
                renewed[name] = self.kept(name)
            elif old and "append-only" in self.options:
                renewed[name] = self.kept(name)
            else:
                renewed[name] = found
        while self.keep_last(renewed):
            pass
        return renewed

    def keep_last(self, renewed):
        """Keep lines whose contents are only in files that keep another line. Whether there were such lines."""
        listed = {line.digest for line in renewed.values()}
        elsewhere = {self.tree.files[name].digest for name, line in renewed.items()
            if isinstance(line, Line) and name in self.tree.files and self.tree.files[name].mode}
        more = False
        for name, line in self.lines.items():
            word = self.words[name].split()[0].lower()
            lost = renewed.get(name) is not line and line.digest not in listed and line.digest in elsewhere
            if lost and line.digest != EMPTY and word not in self.options:
                renewed[name] = line
                more = self.last = True
        return more

    def status(self, trouble):
        words = set(self.words.values()) - {"SAME", "OUTSIDE"}
        if trouble or (not self.update and "UNREADABLE" in words):
            return 2
        if not self.update:
            return 1 if words else 0
        corrupt = any(word.startswith("CORRUPT") and name not in self.sources for name, word in self.words.items())
        told = "append-only" in self.options and any(
            word != "NEW" for word in words) or "UNREADABLE" in words
        renamed = self.may_be or (self.renamed and "corrupt" not in self.options)
        return 1 if told or self.last or renamed or (corrupt and ("corrupt" not in self.options)) else 0


class Model:
    def __init__(self, program, folder, seed, steps):
        self.program, self.random, self.steps = program, random.Random(seed), steps
        self.root, self.manifest = "tree", "sums"
        self.journal = ".sums.treesum-journal"
        self.lines, self.log = None, []
        # When the first of the runs began whose records may be in the journal.
        self.pending = None
        self.counts = dict.fromkeys(("edit", "update", "audit", "kill", "resume", "refused", "dry refused"), 0)
        # How often each word was said.
        self.words = collections.Counter()
        self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self.fresh = 0
        os.chdir(folder)
        os.chmod(".", 0o777)
        os.mkdir(self.root)

    # Edits. Each is told in the log.

    def note(self, *what):
        self.log.append(" ".join(map(repr, what)))

    def content(self):
        if self.random.random() < 0.1:
            return b""
        self.fresh += 1
        # Some contents come twice.
        return b"%d\n" % (self.random.randrange(1 + self.fresh // 4) if self.random.random() < 0.2 else self.fresh)

    def folders(self):
        found = [self.root]
        for path, names, _ in os.walk(self.root):
            found += [os.path.join(path, name) for name in names if not os.path.islink(os.path.join(path, name))]
        return sorted(path for path in found if os.path.isdir(path))

    def files(self):
        found = []
        for path, _, names in os.walk(self.root):
            found += [os.path.join(path, name) for name in names]
        return sorted(path for path in found if os.path.isfile(path) and not os.path.islink(path))

    def any_file(self):
        """Some are left alone most of the time, so that their times settle."""
        path = self.random.choice(self.files() or [None])
        if path and os.path.basename(path)[0] in "fgh" and self.random.random() < 0.93:
            path = self.random.choice(self.files())
        if path and os.path.basename(path)[0] in "fgh" and self.random.random() < 0.8:
            return None
        return path

    def a_name(self):
        name = self.random.choice("abcdefgh") + self.random.choice(["", "1", "\n", "\\", "\r", " x"])
        return os.path.join(self.random.choice(self.folders()), name)

    def a_time(self):
        return self.random.choice([0, SECOND, OLD + self.random.randrange(100) * SECOND,
            OLD + self.random.randrange(10**6) * 1234567, 2_500_000_000 * SECOND])

    def write(self):
        path = self.a_name()
        if os.path.lexists(path):
            return
        with open(path, "wb") as file:
            file.write(self.content())
        if self.random.random() < 0.6:
            time_ns = self.a_time()
            os.utime(path, ns=(time_ns, time_ns))
        self.note("write", path)

    def write_many(self):
        if len(self.files()) > 60:
            return
        folder = os.path.join(self.random.choice(self.folders()), "many")
        if os.path.lexists(folder):
            return
        os.mkdir(folder)
        for number in range(60):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(self.content())
        self.note("write many", folder)

    def edit(self):
        path = self.any_file()
        if path:
            with open(path, "wb") as file:
                file.write(self.content())
            self.note("edit", path)

    def edit_many(self):
        for path in self.files():
            if self.random.random() < 0.7:
                with open(path, "wb") as file:
                    file.write(self.content())
        self.note("edit many")

    def damage(self):
        path = self.any_file()
        if path:
            before = os.lstat(path)
            with open(path, "wb") as file:
                file.write(self.content())
            unit = self.random.choice((1,) + UNITS)
            mtime = before.st_mtime_ns - before.st_mtime_ns % unit
            os.utime(path, ns=(mtime, mtime))
            self.note("damage", path, unit)

    def damage_renamed(self):
        """One byte is another one, the times are as they were, and the file has another name."""
        path, other = self.any_file(), self.a_name()
        if not path or os.path.isdir(other) or path == other:
            return
        before = os.lstat(path)
        with open(path, "r+b") as file:
            file.write(self.random.choice((b"x", b"y")) if before.st_size else b"")
        os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
        if os.path.isfile(other) and self.random.random() < 0.5:
            os.rename(other, "tmp")
            os.rename(path, other)
            os.rename("tmp", path)
        elif os.path.isfile(other) or not os.path.lexists(other):
            os.rename(path, other)
        self.note("damage and rename", path, other)

    def touch(self):
        path = self.any_file()
        if path:
            time_ns = self.a_time()
            os.utime(path, ns=(time_ns, time_ns))
            self.note("touch", path)

    def rename(self):
        path, other = self.any_file(), self.a_name()
        if path and (os.path.isfile(other) or not os.path.lexists(other)):
            os.rename(path, other)
            self.note("rename", path, other)

    def exchange(self):
        one, other = self.any_file(), self.any_file()
        if one and other and one != other:
            os.rename(one, "tmp")
            os.rename(other, one)
            os.rename("tmp", other)
            self.note("exchange", one, other)

    def copy(self):
        path, other = self.any_file(), self.a_name()
        fits = not os.path.lexists(other) or (os.path.isfile(other) and path and not os.path.samefile(path, other))
        if path and path != other and fits:
            self.random.choice([shutil.copy, shutil.copy2])(path, other)
            self.note("copy", path, other)

    def supplant(self):
        """What a file has comes under another name, whose mtime stays, and goes from its own."""
        path, other = self.any_file(), self.any_file()
        if path and other and path != other and not os.path.samefile(path, other):
            before = os.lstat(other).st_mtime_ns
            shutil.copyfile(path, other)
            os.utime(other, ns=(before, before))
            if self.random.random() < 0.6:
                os.remove(path)
            else:
                with open(path, "wb") as file:
                    file.write(self.content())
            self.note("supplant", path, other)

    def link(self):
        path, other = self.any_file(), self.a_name()
        if path and not os.path.lexists(other):
            os.link(path, other)
            self.note("link", path, other)

    def remove(self):
        path = self.any_file()
        if path:
            os.remove(path)
            self.note("remove", path)

    def replace(self):
        path = self.any_file()
        if path:
            os.remove(path)
            self.random.choice([os.mkdir, os.mkfifo, lambda path: os.symlink("nowhere", path)])(path)
            self.note("replace", path)

    def make_folder(self):
        path = self.a_name()
        if path.count("/") < 4 and not os.path.lexists(path):
            os.mkdir(path)
            self.note("mkdir", path)

    def rename_folder(self):
        path, other = self.random.choice(self.folders()), self.a_name()
        if path != self.root and not os.path.lexists(other) and not other.startswith(path + "/"):
            os.rename(path, other)
            self.note("rename", path, other)

    def remove_folder(self):
        path = self.random.choice(self.folders())
        if path != self.root:
            shutil.rmtree(path)
            self.note("rmtree", path)

    def empty_folder(self):
        path = self.random.choice(self.folders())
        if path != self.root or self.random.random() < 0.1:
            for name in os.listdir(path):
                each = os.path.join(path, name)
                shutil.rmtree(each) if os.path.isdir(each) and not os.path.islink(each) else os.remove(each)
            self.note("empty", path)

    def unmount(self):
        """A folder is as it was before something was mounted on it; or a link is in its place."""
        path = self.random.choice(self.folders())
        shutil.rmtree(path)
        if path != self.root and self.random.random() < 0.2:
            os.symlink("elsewhere", path)
        else:
            os.mkdir(path)
            os.utime(path, ns=(OLD, OLD))
        self.note("unmount", path)

    def close(self):
        path = self.any_file() if self.random.random() < 0.6 else self.random.choice(self.folders())
        if path:
            os.chmod(path, 0)
            self.note("close", path)

    def open_all(self):
        for path in self.folders():
            if os.lstat(path).st_mode & 0o777 == 0:
                os.chmod(path, 0o755)
        for path in self.files():
            if os.lstat(path).st_mode & 0o777 == 0:
                os.chmod(path, 0o644)
        self.note("open all")

    def move_root(self):
        other = "tree2" if self.root == "tree" else "tree"
        os.rename(self.root, other)
        self.root = other
        self.note("move the tree to", other)

    edits = [(write, 14), (write_many, 0.4), (edit, 8), (edit_many, 0.3), (damage, 5), (damage_renamed, 2), (touch, 4), (rename, 6),
        (exchange, 2), (copy, 4), (supplant, 2), (link, 2), (remove, 4), (replace, 1), (make_folder, 4),
        (rename_folder, 2), (remove_folder, 0.4), (empty_folder, 0.6), (unmount, 0.5), (close, 0.7),
        (open_all, 6), (move_root, 0.15)]

    # Runs.

    def start(self, arguments):
        self.note(*arguments)
        return subprocess.Popen([self.program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={"LC_ALL": "C", "PATH": os.environ["PATH"],
                "TEST_DIR": os.environ.get("TEST_DIR", "")}, **self.user)

    @staticmethod
    def read(path):
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    @staticmethod
    def said(output):
        """Name -> (word, other name)."""
        said = {}
        for text in output.decode().split("\n")[:-1]:
            escaped = text.startswith("\\")
            name, rest = text[escaped:].rsplit(": ", 1)
            word, _, other = rest.partition(" from ")
            if escaped:
                name, other = unescape(name), unescape(other)
            if name in said:
                raise Difference(f"{name!r} is told twice")
            said[name] = (word, other or None)
        return said

    def verify_said(self, foretold, out, err, hidden=()):
        said = self.said(out)
        self.words.update(f"{word} from" if other else word for word, other in said.values())
        try:
            foretold.verify(said, hidden)
        except Difference as difference:
            raise Difference(f"{difference}\n{err.decode()}") from None

    def verify_times(self, name, line, found, begun, ended):
        """Whether a line's times are those of the file, and kept where they were not too young."""
        if (line.digest, line.size, line.mtime) != (found.digest, found.size, found.mtime):
            raise Difference(f"the line of {name!r} is {line}, not what was found")
        if line.ctime not in ("-", "--", found.ctime):
            raise Difference(f"the ctime of {name!r} is {line.ctime}, not {found.ctime}")
        possible = set()
        for now in (begun, ended):
            young = found.mtime > now - 2 * SECOND and not found.mtime > now + 60 * SECOND
            possible.add("--" if young else "-" if found.ctime > now - 2 * SECOND else found.ctime)
        if len(possible) == 1 and line.ctime not in possible:
            raise Difference(f"the ctime of {name!r} is {line.ctime}, not {possible}")

    def verify_read(self, name, line, foretold, ended):
        """Whether READ is when the file was read: by this run, or by an interrupted one; or is that of the old line."""
        old, found = foretold.lines.get(name), foretold.tree.files[name]
        if name in foretold.marked and foretold.words[name] == "SAME":
            if line.read != "-":
                raise Difference(f"{name!r} was read at {line.read}, and may be corrupt under another name")
            return
        known = bool(old) and old.is_known_of(found)
        # A clock of whole seconds may be a tick late.
        first, last = (self.pending - SECOND // 100) // SECOND, ended // SECOND
        if known and not foretold.reread and line.read == old.read:
            return
        interrupted = self.pending < foretold.begun
        if not first <= line.read <= last or (known and not foretold.reread and not interrupted):
            raise Difference(f"{name!r} was read at {line.read}, not {old and old.read} or from {first} to {last}")

    def verify_manifest(self, foretold, begun, ended):
        renewed = foretold.renewed()
        lines = parse(self.read(self.manifest))
        for name in sorted(set(lines) | set(renewed)):
            if name not in lines or name not in renewed:
                raise Difference(f"{name!r} is listed: {name in lines}, and should be: {name in renewed}")
            if isinstance(renewed[name], Line):
                if lines[name] != renewed[name]:
                    raise Difference(f"the line of {name!r} is {lines[name]}, not {renewed[name]}")
            else:
                self.verify_times(name, lines[name], renewed[name], begun, ended)
                self.verify_read(name, lines[name], foretold, ended)
        self.lines = lines

    def prepare(self, options, update):
        tree = Tree(self.root)
        written = os.stat(self.manifest).st_mtime_ns if self.lines is not None else 0
        return Foretold(self.lines or {}, tree, self.root, written, options, update)

    def is_trouble(self, foretold):
        """Whether the answer is not complete: something is unknown besides the lines of single files."""
        doubted = any(word == "UNREADABLE" and name not in foretold.tree.files and name not in foretold.tree.others
            for name, word in foretold.words.items())
        return bool(foretold.tree.closed) or not foretold.tree.exists or doubted

    def run_audit(self):
        if self.lines is None:
            return
        self.counts["audit"] += 1
        foretold = self.prepare(set(), False)
        process = self.start([f"--audit={self.manifest}", self.root])
        out, err = process.communicate()
        self.verify_said(foretold, out, err)
        elsewhere = all(word == "OUTSIDE" for name, word in foretold.words.items() if name in foretold.lines)
        void = elsewhere and bool(foretold.lines)
        expected = foretold.status(self.is_trouble(foretold) or void)
        self.expect_status(process.returncode, expected, err)

    def expect_status(self, status, expected, err):
        if status != expected:
            raise Difference(f"the status is {status}, not {expected}: {err.decode()}")

    def choose_options(self):
        options = set()
        if self.random.random() < 0.25:
            options |= set(self.random.sample(["new", "missing", "changed", "corrupt"], self.random.randrange(1, 5)))
        elif self.random.random() < 0.1:
            options.add("append-only")
        return options

    def kill(self, process, size):
        """At a random moment, or as soon as the journal, of `size` bytes before, has the record of another file."""
        if self.random.random() < 0.5:
            time.sleep(self.random.random() * 0.012)
        else:
            while process.poll() is None and self.journal_size() <= size + RUN:
                pass
        process.kill()

    def journal_size(self):
        try:
            return max(os.stat(self.journal).st_size, HEADER)
        except FileNotFoundError:
            return HEADER

    def run_interrupted(self):
        """An update that is killed; then, before or after other edits, comes one that ends."""
        self.run_update(killed=True)
        if self.random.random() < 0.5:
            self.run_update()

    def run_update(self, killed=False):
        options = self.choose_options()
        accepted = ",".join(sorted(options - {"append-only"}))
        arguments = [f"--update={self.manifest}", self.root]
        arguments += [f"--accept={accepted}"] if accepted else []
        arguments += ["--append-only"] if "append-only" in options else []
        dry = not killed and self.random.random() < 0.1
        backup = self.random.random() < 0.2
        reread = not dry and self.random.random() < 0.15
        arguments += ["--dry-run"] if dry else []
        arguments += ["--backup"] if backup else []
        arguments += ["--reread=0"] if reread else []
        before, kept = self.read(self.manifest), self.read("sums~")
        foretold = self.prepare(options, True)
        journal = self.journal_size()
        self.counts["resume"] += not dry and journal > HEADER + RUN
        begun = time.time_ns()
        foretold.begun, foretold.reread = begun, reread
        if not dry and self.pending is None:
            self.pending = begun
        process = self.start(arguments)
        if killed:
            self.kill(process, journal)
        out, err = process.communicate()
        ended = time.time_ns()
        self.counts["kill" if killed and process.returncode == -signal.SIGKILL else "update"] += 1
        if dry:
            return self.verify_dry(foretold, before, process.returncode, out, err, options)
        if process.returncode == -signal.SIGKILL:
            return self.verify_killed(foretold, before, begun, ended)
        if self.was_refused(process, foretold, out, err, before):
            return
        self.verify_said(foretold, out, err, ("NEW",) if before is None else ())
        if before is not None and foretold.refusal():
            raise Difference(f"not refused, though it {foretold.refusal()}")
        self.verify_manifest(foretold, begun, ended)
        if os.path.lexists(self.journal):
            raise Difference("the journal is still there")
        self.pending = None
        self.expect_status(process.returncode, foretold.status(self.is_trouble(foretold)), err)
        if backup and before is not None:
            self.verify_backup(foretold.lines, before, kept)

    def verify_backup(self, lines, before, kept):
        """The old manifest stays if any name or digest is another one; otherwise an older backup does."""
        same = {name: line.digest for name, line in lines.items()} == \
            {name: line.digest for name, line in self.lines.items()}
        if self.read("sums~") != (kept if same else before):
            raise Difference("the backup is not the old manifest")

    def was_refused(self, process, foretold, out, err, before):
        """Whether it was refused, and may have been: what was moved nobody has told then."""
        reason = foretold.refusal()
        refused = reason and process.returncode == 2 and not out and reason in err.decode()
        if refused and self.read(self.manifest) != before:
            raise Difference("refused, and written")
        self.counts["refused"] += bool(refused)
        return refused

    def verify_dry(self, foretold, before, status, out, err, options):
        """From stamps alone: all that is not known is to be read, what is missing to be dropped."""
        if self.read(self.manifest) != before:
            raise Difference("a dry run has altered the manifest")
        # It opens no file, and so does not learn which of them cannot be read.
        foretold.unread = bool(foretold.tree.closed or not foretold.tree.exists or any(word == "UNREADABLE" and
            name not in foretold.tree.files for name, word in foretold.words.items()))
        reason = foretold.dry_refusal()
        if reason:
            if status != 2 or out or reason not in err.decode():
                raise Difference(f"a dry run does not refuse what {reason}: {err.decode()}")
            self.counts["dry refused"] += 1
            return
        expected = {}
        for name, found in foretold.tree.files.items():
            line = foretold.lines.get(name)
            if not line or not line.is_known_of(found):
                expected[name] = "to be read"
        for name, word in foretold.words.items():
            if name not in foretold.tree.files and word in ("MISSING", "UNREADABLE"):
                suspect = foretold.lines[name].read == "-" if name in foretold.lines else False
                dropped = word == "MISSING" and not foretold.is_kept(name) and \
                    not (suspect and "missing" not in options)
                expected[name] = "to be dropped" if dropped else word
        said = {name: word for name, (word, _) in self.said(out).items()}
        if said != expected:
            raise Difference(f"a dry run says {said}, not {expected}: {err.decode()}")

    def verify_killed(self, foretold, before, begun, ended):
        if self.read(self.manifest) == before:
            return
        # It had come to its end: what was moved nobody has told.
        lines = parse(self.read(self.manifest))
        for name, line in lines.items():
            found = foretold.tree.files.get(name)
            old = foretold.lines.get(name)
            # It may have been found to be corrupt, or to have become a corrupt file of another name.
            if not found and (not old or line not in (old, old.suspect())):
                raise Difference(f"the line of {name!r}, which is gone, is {line}, not {old}")
            if found and line != old and not (old and line == old.suspect() and old.digest != found.digest):
                self.verify_times(name, line, found, begun, ended)
                self.verify_read(name, line, foretold, ended)
        self.lines = lines

    # The manifest in other hands.

    def other_algorithm(self):
        """A manifest of digests that are as long, or None where few files can be read."""
        found = Tree(self.root)
        names = [name for name, file in found.files.items() if file.mode]
        lines = b""
        for name in names:
            with open(name, "rb") as file:
                digest = hashlib.sha3_512(file.read()).hexdigest()
            start = "\\" if escape(name) != name else ""
            lines += os.fsencode(f"{start}{digest}  {escape(name)}\n")
        return lines if len(names) >= 3 else None

    def spoil(self):
        before = self.read(self.manifest)
        if not before:
            return
        other = self.other_algorithm()
        data, message = self.random.choice([
            (other or b"", "none of" if other else "is empty"),
            (b"", "is empty"),
            (before[: self.random.randrange(1, len(before) - 1)], ""),
            (before.replace(b"a", b"b", 1), ""),
            (b"".join(line + b"\n" for line in before.splitlines() if line[:1] != b"#") + b"x\n", "improperly formatted"),
        ])
        if data == before:
            return
        self.note("spoil", message)
        with open(self.manifest, "wb") as file:
            file.write(data)
        # What it reads before it refuses is in the journal.
        self.pending = self.pending or time.time_ns()
        process = self.start([f"--update={self.manifest}", self.root])
        out, err = process.communicate()
        if process.returncode != 2 or out or message not in err.decode() or self.read(self.manifest) != data:
            raise Difference(f"a spoiled manifest: status {process.returncode}, {err.decode()}")
        self.counts["refused"] += 1
        with open(self.manifest, "wb") as file:
            file.write(before)

    def step(self):
        choice = self.random.random()
        if choice < 0.13:
            self.run_update()
        elif choice < 0.16:
            self.run_audit()
        elif choice < 0.19:
            self.run_interrupted()
        elif choice < 0.195:
            self.spoil()
        else:
            self.counts["edit"] += 1
            names, weights = zip(*self.edits)
            self.random.choices(names, weights)[0](self)

    def run(self, limit):
        for number in range(self.steps):
            if time.monotonic() > limit:
                print(f"no more time after step {number}")
                return True
            try:
                self.step()
            except Difference as difference:
                print(f"step {number}: {difference}")
                print("the last steps:", *self.log[-12:], sep="\n  ")
                return False
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=10**6, help="no step is begun later")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("program")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    model = Model(os.path.realpath(arguments.program), arguments.folder, arguments.seed, arguments.steps)
    sound = model.run(time.monotonic() + arguments.seconds)
    for counts in (model.counts, model.words):
        print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
