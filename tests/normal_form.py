#!/usr/bin/env -S python3 -IS
"""The table of src/manifest/normal_form.c, from what Python knows of Unicode; or names to try it on.

Usage: normal_form.py table | names FOLDER

`table` prints src/manifest/normal_form.inc. `names` makes a file for each character that is decomposed, in FOLDER/c
with its name composed, and in FOLDER/d with its name decomposed.
"""
import os
import sys
import unicodedata


def is_left_out(code):
    """Hangul is reckoned; compatibility ideographs are in no name that somebody types."""
    return 0xD800 <= code < 0xE000 or 0xAC00 <= code <= 0xD7A3 or 0xF900 <= code <= 0xFAFF


def decomposed():
    for code in range(0x80, 0x10000):
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<") and not is_left_out(code):
            codes = [int(part, 16) for part in parts.split()]
            yield code, codes[0], codes[1] if len(codes) > 1 else 0


def marks():
    first = last = kind = 0
    for code in range(0x80, 0x10001):
        now = unicodedata.combining(chr(code)) if code < 0x10000 else 0
        if now == kind and code == last + 1:
            last = code
            continue
        if kind:
            yield first, last, kind
        first, last, kind = code, code, now


def put(name, rows):
    print(f"static const struct {name} {name}s[] = {{")
    texts = ["{" + ", ".join(f"0x{number:x}" for number in row) + "}" for row in rows]
    for at in range(0, len(texts), 4):
        print("\t" + ", ".join(texts[at : at + 4]) + ",")
    print("};")


def main(what, folder=None):
    if what == "table":
        print(f"/* Unicode {unicodedata.unidata_version}; made by tests/normal_form.py. */")
        put("pair", decomposed())
        put("mark", marks())
        return
    for form, name in (("NFC", "c"), ("NFD", "d")):
        os.makedirs(os.path.join(folder, name))
        for code in [code for code, _, _ in decomposed()] + list(range(0xAC00, 0xD7A4, 97)):
            # Some are decomposed by both forms.
            text = unicodedata.normalize(form, f"{code:x}-{chr(code)}\u0323\u0301")
            with open(os.path.join(folder, name, text), "w", encoding="utf-8") as file:
                file.write(f"{form} {code}\n")


main(*sys.argv[1:])
