"""Vocabularies: merges, packed merges, tokenizer.json."""

import gzip
import json
import zlib

from trial import Case, EITHER, FINE, REFUSED


def packed(count):
    """A gzip file of that many zeros."""
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 24)
    parts = [packer.compress(block) for _ in range(count >> 24)]
    return b"".join(parts) + packer.flush()


def merges(good):
    """Name, bytes, what is expected."""
    whole = gzip.compress(good)
    bomb = packed(1 << 30)
    yield "bomb", bomb, REFUSED
    yield "bombs", bomb * 10, REFUSED
    yield "bomb-of-members", gzip.compress(b"") * 500_000, EITHER
    yield "bomb-of-lines", gzip.compress(b"\n" * 200_000_000, 1), EITHER
    for at in (2, 3, 9, 10, 20, len(whole) // 2, len(whole) - 8, len(whole) - 1):
        yield f"gzip-cut-{at}", whole[:at], REFUSED
    yield "gzip-checksum", whole[:-8] + bytes(4) + whole[-4:], REFUSED
    yield "gzip-flags", b"\x1f\x8b\x08\xff" + whole[4:], REFUSED
    yield "gzip-twice", gzip.compress(whole), EITHER
    yield "line-endless", b"a" * 100_000_000, REFUSED
    yield "line-spaces", b" " * 100_000_000, REFUSED
    yield "lines-endless", b"\n" * 100_000_000, EITHER
    yield "line-returns", b"\r" * 50_000_000, EITHER
    yield "utf-8", good + b"\xff\xfe \xc0\x80\n", REFUSED
    yield "nul", good + b"a\0 b\n", REFUSED
    yield "duplicate", good + good, REFUSED
    yield "three", good + b"a b c\n", REFUSED
    yield "ends-twice", good + b"a</w> b\n", REFUSED
    yield "utf-16", good.decode().encode("utf-16"), REFUSED
    yield "bom", b"\xef\xbb\xbf" + good, EITHER
    yield "crlf", good.replace(b"\n", b"\r\n"), FINE
    doubling = b"".join(b"a" * (1 << i) + b" " + b"a" * (1 << i) + b"\n" for i in range(25))
    yield "doubling", doubling, EITHER
    staircase = b"".join(b"a" * i + b" a\n" for i in range(1, 8000))
    yield "staircase", staircase, EITHER


def documents(good):
    """tokenizer.json, as name, text, what is expected."""
    whole = json.loads(good)
    yield "good", good, EITHER

    def changed(**parts):
        return json.dumps({**whole, "model": {**whole["model"], **parts}}).encode()

    vocabulary = whole["model"]["vocab"]
    first, second = list(vocabulary)[:2]
    yield "deep", b'{"model":' * 100_000 + b"1" + b"}" * 100_000, REFUSED
    yield "deep-list", b'{"model":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", REFUSED
    for name, value in {
        "list": [],
        "number": 3,
        "text": "x",
        "null": None,
        "lists": [[]],
        "numbers": {"a": 1e308},
        "negative": {**vocabulary, first: -1},
        "huge": {**vocabulary, first: 1 << 62},
        "beyond": {**vocabulary, first: 1 << 70},
        "twice": {**vocabulary, first: vocabulary[second]},
        "fraction": {**vocabulary, first: 0.5},
        "boolean": {**vocabulary, first: True},
        "one": {first: 0},
    }.items():
        yield f"vocab-{name}", changed(vocab=value), REFUSED
    for name, value in {
        "object": {},
        "numbers": [1, 2],
        "null": None,
        "text": "a b",
        "empty": [],
        "triples": [["a", "b", "c"]],
        "lines": ["a b\nc d"],
        "pairs-empty": [["", ""]],
        "nul": ["a \0"],
    }.items():
        yield f"merges-{name}", changed(merges=value), REFUSED
    for key, value in {
        "unk_token": 5,
        "type": 7,
        "end_of_word_suffix": 1,
        "continuing_subword_prefix": [],
        "dropout": 1e308,
    }.items():
        yield f"{key}-wrong", changed(**{key: value}), EITHER
    for name, value in {
        "numbers": [1],
        "object": {},
        "huge": [{"content": "x", "id": 1 << 62}],
        "negative": [{"content": "x", "id": -5}],
        "long": [{"content": "x" * 10_000_000, "id": 1}],
    }.items():
        yield f"added-{name}", json.dumps({**whole, "added_tokens": value}).encode(), EITHER
    yield "numbers", good.replace(b": 3,", b": 1e308,", 1), EITHER
    yield "digits", b'{"model":{"vocab":{"a":' + b"9" * 1_000_000 + b"}}}", REFUSED
    yield "many", json.dumps(
        {"model": {"vocab": {f"t{i}": i for i in range(1_000_000)}, "merges": []}}
    ).encode(), REFUSED
    yield "long-key", json.dumps({"x" * 20_000_000: {}}).encode(), REFUSED
    yield "nul", b"{" + bytes(5000), REFUSED
    yield "brace", b"{", REFUSED
    yield "surrogates", b'{"model":{"type":"\\ud800"}}', REFUSED
    yield "utf-16", good.decode().encode("utf-16"), REFUSED
    yield "duplicate-keys", b'{"model":1,' + good[1:], EITHER


def cases(workshop, folder):
    """Each vocabulary through tokenize and through a model's flag."""
    with open(workshop.vocabulary, "rb") as file:
        good = file.read()
    line = folder / "caption"
    line.write_bytes(b'"a red circle"\n"' + b"a" * 5000 + b'"\n')
    sets = [
        ("merges", merges(good)),
        ("json", documents((workshop.fixtures / "tokenizer/small/tokenizer.json").read_bytes())),
    ]
    for suffix, files in sets:
        for index, (name, data, expect) in enumerate(files):
            path = folder / f"{name}.{suffix}"
            path.write_bytes(data)
            # What has no model may be a vocab.json, beside which a merges.txt is looked for.
            named = str(folder) if suffix == "json" else str(path)
            yield Case(
                f"tokenizers, {suffix}", name, ["tokenize", "--vocabulary", path], named, expect, stdin=str(line)
            )
            if index % 4 == 0:
                yield Case(
                    f"tokenizers, {suffix}",
                    f"{name}, embedded",
                    ["embed", workshop.model, "--tokenizer", path, "--texts", "a", "-o", "OUT/o"],
                    str(path),
                    expect if expect == REFUSED else EITHER,
                    ("o",),
                )
            path.unlink()
