#!/usr/bin/env -S python3 -IS
"""Holds the lines that treesum --json prints against the schema, and against what it cannot say.

Usage: validate.py SCHEMA FILE

Prints, for each line: its type; its path in hexadecimal digits; its digest, or several with commas
between them, or its status; of what was moved or copied the other path; of an error its errno. What is not there is "-".
"""
import base64
import decimal
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, decimal.Decimal), "boolean": bool}


def refuse(why):
    raise ValueError(why)


def validate(value, schema, root):
    """The part of JSON Schema that the schema uses; and a key that it does not know is an error."""
    if "$ref" in schema:
        validate(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "const" in schema and value != schema["const"]:
        refuse(f"{value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        refuse(f"{value!r} is none of {schema['enum']}")
    if "type" in schema:
        kind = TYPES[schema["type"]]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            refuse(f"{value!r} is no {schema['type']}")
    for item in value if "items" in schema else []:
        validate(item, schema["items"], root)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        refuse(f"{value!r} does not match {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"]:
        refuse(f"{value!r} is too small")
    if "maximum" in schema and value > schema["maximum"]:
        refuse(f"{value!r} is too large")
    for key in schema.get("required", []):
        if key not in value:
            refuse(f"no {key}")
    if "properties" in schema:
        for key, member in value.items():
            patterns = [s for p, s in schema.get("patternProperties", {}).items() if re.search(p, key)]
            known = [schema["properties"][key]] if key in schema["properties"] else patterns
            if not known:
                refuse(f"unknown key {key}")
            for each in known:
                validate(member, each, root)
    if "oneOf" in schema:
        reasons = []
        for each in schema["oneOf"]:
            try:
                validate(value, each, root)
            except ValueError as error:
                reasons.append(str(error))
        if len(schema["oneOf"]) - len(reasons) != 1:
            refuse(f"not one of the alternatives: {reasons}")


def unique(pairs):
    if len(dict(pairs)) != len(pairs):
        refuse("a key is there twice")
    return dict(pairs)


def bytes_of(line, key):
    if key + "_base64" not in line:
        return line.get(key, "").encode()
    data = base64.b64decode(line[key + "_base64"], validate=True)
    try:
        data.decode()
    except UnicodeDecodeError:
        return data
    refuse("base64 of what is UTF-8")


def main(schema_file, file):
    with open(schema_file, encoding="utf-8") as opened:
        schema = json.load(opened)
    with open(file, "rb") as opened:
        text = opened.read()
    if text and not text.endswith(b"\n"):
        refuse("the last line is cut off")
    types = []
    for raw in text.split(b"\n")[:-1]:
        decoded = raw.decode("utf-8")
        if re.search("[\0-\x1f\x7f-\x9f]", decoded):
            refuse(f"a control character in {raw!r}")
        line = json.loads(decoded, object_pairs_hook=unique, parse_constant=refuse, parse_float=decimal.Decimal)
        validate(line, schema, schema)
        digests = [key for key in line if key not in ("type", "path", "path_base64", "size", "mtime")]
        if line["type"] == "file" and not digests:
            refuse("no digest")
        result = ",".join(line[key] for key in digests) if line["type"] == "file" else line.get("status", "-")
        other = bytes_of(line, "from").hex() or line.get("errno", "-")
        types.append(line["type"])
        print(line["type"], bytes_of(line, "path").hex() or "-", result, other)
    if not types or types.index("summary") != len(types) - 1:
        refuse("the last line, and only that, has to be the summary")
    if line["errors"] != types.count("error") or line["errors"] != sum(line["error_kinds"].values()):
        refuse("the summary counts other errors than there were")
    if line["skipped"] != sum(line["skipped_kinds"].values()):
        refuse("the kinds of what was skipped do not add up")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ValueError as error:
        sys.exit(f"validate.py: {error}")
