"""safetensors whose headers lie."""

import json
import struct

from trial import Case, EITHER, FINE, REFUSED


def joined(header, data=b"", length=None):
    """A file of a header, as text or bytes, and data."""
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(shape, offsets, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def files(good):
    """Name, bytes, what is expected."""
    length = struct.unpack("<Q", good[:8])[0]
    header, data = json.loads(good[8 : 8 + length]), good[8 + length :]
    first = next(name for name in header if name != "__metadata__")
    yield "good", good, EITHER
    for at in {0, 1, 7, 8, 9, 100, length, length + 8, len(good) // 2, len(good) - 1}:
        yield f"cut-{at}", good[:at], REFUSED
    yield "tail", good + b"x", REFUSED
    for name, claimed in {
        "63": 1 << 63,
        "most": (1 << 64) - 1,
        "signed": (1 << 63) - 1,
        "hundred": 100 << 20,
        "ten": 10 << 20,
        "zero": 0,
        "one": 1,
    }.items():
        yield f"length-{name}", joined(b"{}", data, claimed), REFUSED
    most = (1 << 63) - 1
    for name, value in {
        "past-end": entry([1 << 20], [0, 4 << 20]),
        "negative": entry([1], [-4, 0]),
        "most": entry([1], [most - 3, most + 1]),
        "overflow": entry([1], [most, most + 4]),
        "backwards": entry([1], [4, 0]),
        "short": entry([4], [0, 8]),
        "long": entry([1], [0, 8]),
        "product": entry([1 << 32, 1 << 32], [0, 0]),
        "wraps": entry([1 << 33, 1 << 31], [0, 0]),
        "negative-shape": entry([-1], [0, -4]),
        "negative-product": entry([-2, -2], [0, 16]),
        "least": entry([-most - 1], [0, 0]),
        "many": entry([1] * 100_000, [0, 4]),
        "zero-times-most": entry([0, most, most], [0, 0]),
        "fraction": entry([1.5], [0, 6]),
        "large": entry([1e308], [0, 4]),
        "beyond": entry([1 << 80], [0, 4]),
        "dtype": entry([1], [0, 4], "F3"),
        "dtype-number": entry([1], [0, 4], 7),
        "shape-text": entry("a", [0, 4]),
        "shape-null": entry(None, [0, 4]),
        "offsets-three": entry([1], [0, 4, 8]),
        "offsets-none": entry([1], []),
        "offsets-text": entry([1], ["0", "4"]),
        "list": [],
        "number": 5,
        "null": None,
        "empty": {},
        "boolean": entry([True], [False, 4]),
    }.items():
        yield f"entry-{name}", joined({"a": value}, bytes(8)), REFUSED
        yield f"weight-{name}", joined({**header, first: value}, data), REFUSED
    yield "overlap", joined({"a": entry([2], [0, 8]), "b": entry([2], [4, 12])}, bytes(12)), REFUSED
    yield "hole", joined({"a": entry([1], [0, 4]), "b": entry([1], [8, 12])}, bytes(12)), REFUSED
    yield "same", joined({"a": entry([1], [0, 4]), "b": entry([1], [0, 4])}, bytes(4)), REFUSED
    twice = json.dumps(entry([1], [0, 4]))
    yield "duplicate", joined(f'{{"a":{twice},"a":{twice}}}'.encode(), bytes(4)), REFUSED
    yield "deep", joined(b'{"a":' * 100_000), REFUSED
    yield "deep-lists", joined(b"[" * 1_000_000), REFUSED
    yield "deep-closed", joined(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), REFUSED
    yield "names-many", joined({f"n{i}": entry([0], [0, 0]) for i in range(100_000)}), REFUSED
    yield "name-long", joined({"n" * 8_000_000: entry([0], [0, 0])}), REFUSED
    yield "name-nul", joined({"a\0b\n": entry([1], [0, 4])}, bytes(4)), REFUSED
    yield "header-nul", joined(bytes(1000)), REFUSED
    yield "header-spaces", joined(b" " * 10_000_000), REFUSED
    yield "header-utf-16", joined('{"a":1}'.encode("utf-16")), REFUSED
    yield "header-utf-8", joined(b'{"\xff\xfe":1}'), REFUSED
    yield "metadata-deep", joined(b'{"__metadata__":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), REFUSED
    yield "metadata-wrong", joined({"__metadata__": 3}), REFUSED
    yield "nothing", joined({}), REFUSED
    yield "nan", joined({**header}, b"\xff" * len(data)), EITHER


def cases(workshop, folder):
    """Each file as weights to convert, and as inputs of a graph."""
    with open(workshop.weights, "rb") as file:
        good = file.read()
    for index, (name, data, expect) in enumerate(files(good)):
        path = folder / f"{name}.safetensors"
        path.write_bytes(data)
        yield Case(
            "checkpoints", name, ["convert", path, "--config", "shapes", "-o", "OUT/o"], str(path), expect, ("o",)
        )
        if index % 3 == 0 or name.startswith("entry"):
            yield Case(
                "checkpoints, as inputs",
                name,
                ["run", workshop.model, "--inputs", path, "--outputs", "OUT/o"],
                "",
                EITHER,
                ("o",),
            )
        path.unlink()
    yield Case(
        "checkpoints", "control", ["convert", workshop.weights, "--config", "shapes", "-o", "OUT/o"], "", FINE, ("o",)
    )
