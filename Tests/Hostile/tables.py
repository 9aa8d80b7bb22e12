"""Tables, JSON lines, labels and templates."""

import json
import os

from trial import Case, EITHER, REFUSED


def tables(picture):
    """Name, bytes of a table, what is expected."""
    head = b"filepath,title\n"
    row = picture.encode() + b",a red circle\n"
    other = picture.encode() + b",a blue square\n"
    yield "good", head + row + other, EITHER
    yield "empty", b"", REFUSED
    yield "head-alone", head, REFUSED
    yield "line-endless", b"a" * 50_000_000, REFUSED
    yield "caption-endless", head + picture.encode() + b"," + b"red " * 10_000_000, REFUSED
    yield "path-endless", head + b"x" * 10_000_000 + b",a\n", REFUSED
    yield "nul", head + bytes(1_000_000), REFUSED
    yield "nul-path", head + b"a\0b.png,a\n", REFUSED
    yield "quote-open", head + b'"' + row * 100_000, REFUSED
    yield "quotes", head + b'"' * 10_000_001, REFUSED
    yield "columns-head", b"a," * 1_000_000 + b"filepath,title\n", REFUSED
    yield "columns-row", head + b"a," * 1_000_000 + b"\n", REFUSED
    yield "columns-empty", b"," * 10_000_000, REFUSED
    yield "bom", b"\xef\xbb\xbf" + head + row + row, EITHER
    for form in ("utf-16", "utf-16-be", "utf-32"):
        yield form, (head + row).decode().encode(form), REFUSED
    yield "utf-8", head + picture.encode() + b",\xff\xfe\xc0\x80\n", EITHER
    yield "returns", (head + row + row).replace(b"\n", b"\r"), EITHER
    yield "marks", head + picture.encode() + b",a" + "\u0301".encode() * 1_000_000 + b"\n", EITHER
    yield "marks-separator", head + picture.encode() + b"," + "\u0301".encode() * 1_000_000 + b",x\n", EITHER
    yield "lines-empty", b"\n" * 20_000_000, REFUSED
    for label, path in {
        "passwd": "/etc/passwd",
        "folder": "/",
        "up": "../" * 2000,
        "empty": "",
        "dot": ".",
        "zeros": "/dev/zero",
        "terminal": "/dev/tty",
        "standard-input": "/dev/stdin",
        "slashes": "/" * 100_000,
        "url": "file:///etc/passwd",
        "home": "~/x",
        "escape": "\x1b[31m",
        "memory": "/proc/self/mem",
    }.items():
        yield f"path-{label}", head + path.encode() + b",a\n" + row, REFUSED
    yield "path-fifo", head + b"fifo,a\n" + row, REFUSED
    yield "path-itself", head + b"path-itself.csv,a\n" + row, REFUSED
    yield "same-columns", b"filepath,filepath\na,b\n", REFUSED


def json_lines(picture):
    good = json.dumps({"image": picture, "captions": ["a red circle", "a circle"]}).encode() + b"\n"
    yield "good", good * 2, EITHER
    yield "deep", b"[" * 1_000_000 + b"\n", REFUSED
    yield "deep-objects", b'{"image":' * 100_000 + b"\n", REFUSED
    yield "nul", bytes(100_000), REFUSED
    yield "unterminated", b'{"image": "' + b"a" * 10_000_000, REFUSED
    yield "array", b"[]\n", REFUSED
    yield "number", b"1e999\n", REFUSED
    yield "keys-many", json.dumps({f"k{i}": 1 for i in range(300_000)}).encode() + b"\n", REFUSED
    yield "key-long", json.dumps({"k" * 10_000_000: 1}).encode() + b"\n", REFUSED
    yield "captions-many", json.dumps({"image": picture, "captions": ["a"] * 1_000_000}).encode() + b"\n" + good, EITHER
    yield "captions-none", json.dumps({"image": picture, "captions": []}).encode() + b"\n", REFUSED
    yield "captions-wrong", json.dumps({"image": picture, "captions": [1, None]}).encode() + b"\n", REFUSED
    yield "image-wrong", b'{"image": 5, "caption": "a"}\n', REFUSED
    yield "surrogate", b'{"image": "\\ud800", "caption": "\\udfff"}\n', REFUSED
    yield "utf-16", good.decode().encode("utf-16"), REFUSED
    yield "bom", b"\xef\xbb\xbf" + good * 2, EITHER
    yield "path-fifo", b'{"image": "fifo", "caption": "a"}\n' + good, REFUSED
    yield "path-nul", b'{"image": "a\\u0000b", "caption": "a"}\n' + good, REFUSED


def label_files():
    """Name and bytes, for labels and for templates."""
    yield "endless", b"a" * 50_000_000
    yield "one", b"red {}\n"
    yield "nul", bytes(100_000)
    yield "nul-two", b"a {}\0\nb {}\n"
    yield "utf-16", "a {}\nb {}\n".encode("utf-16")
    yield "utf-8", b"\xff {}\n\xfe {}\n"
    yield "lines", b"\n" * 10_000_000
    yield "spaces", b" " * 10_000_000
    yield "many", b"".join(b"a %d {}\n" % i for i in range(3_000_000))
    yield "same", b"a {}\na {}\n"
    yield "braces", b"{}" * 1_000_000 + b"\n" + b"{}\n"
    yield "marks", b"a {}\n" + "\u0301".encode() * 1_000_000 + b"{}\n"
    yield "long-word", b"a {}\n" + b"b" * 1_000_000 + b"{}\n"
    yield "without", b"red\nblue\n"


def cases(workshop, folder):
    """Tables through training and retrieval, labels and templates through classification."""
    os.mkfifo(folder / "fifo")
    for suffix, files in [("csv", tables(workshop.picture)), ("jsonl", json_lines(workshop.picture))]:
        for name, data, expect in files:
            path = folder / f"{name}.{suffix}"
            path.write_bytes(data)
            named = "" if name.startswith("path") else path.name
            yield Case(
                f"tables, {suffix}", name, ["evaluate", "retrieval", workshop.model, "--data", path], named, expect
            )
            yield Case(
                f"tables, {suffix}",
                f"{name}, train",
                ["train", workshop.training, "--data", path, "--steps", "1", "--batch-size", "2", "-o", "OUT/o"],
                named,
                EITHER,
                ("o",),
            )
            path.unlink()
    for name, data in label_files():
        path = folder / f"{name}.txt"
        path.write_bytes(data)
        yield Case("labels", name, ["classify", workshop.model, workshop.picture, "--labels", path])
        yield Case(
            "templates",
            name,
            ["evaluate", "zero-shot", workshop.model, "--data", workshop.data, "--labels", "a,b", "--templates", path],
        )
        yield Case(
            "captions, learnt",
            name,
            ["vocabulary", "--captions", path, "--size", "514", "-o", "OUT/o"],
            str(path),
            EITHER,
            ("o",),
        )
        path.unlink()
    for label, value in {
        "commas": "," * 100_000,
        "braces": "{" * 100_000,
        "range": "x{0..99999999999999999999}.tar",
        "ranges": "x{0..999}{0..999}{0..999}.tar",
        "backwards": "x{9..0}.tar",
        "stars": "*" * 50_000,
        "stars-deep": "*/" * 20,
        "colons": ":" * 100_000,
        "minus": "x{-5..5}.tar",
        "question": "?" * 5000,
        "empty": "",
        "nested": "{a,{b,c}}" * 12,
        "stars-names": "/usr/lib/*a*a*a*a*a*a*a*a*a*a*b",
    }.items():
        yield Case("patterns", label, ["evaluate", "retrieval", workshop.model, "--data", value], expect=REFUSED)
