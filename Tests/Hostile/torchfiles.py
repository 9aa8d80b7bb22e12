"""What torch.save wrote, damaged: archives and pickles."""

import io
import struct
import zipfile
import zlib

from trial import Case, EITHER, REFUSED

PROTOCOL = b"\x80\x02"


def archive(pickle, storages=(), method=zipfile.ZIP_STORED, folder="archive", version=b"3\n"):
    """A checkpoint of one pickle and storages of given bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr(f"{folder}/data.pkl", pickle)
        for index, data in enumerate(storages):
            file.writestr(f"{folder}/data/{index}", data)
        file.writestr(f"{folder}/version", version)
    return out.getvalue()


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def long(value):
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def numbers(values):
    return b"(" + b"".join(long(value) for value in values) + b"t"


def tensor(sizes, strides, count=4, offset=0, key="0", kind="FloatStorage"):
    """A tensor as torch.save spells it."""
    storage = b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + long(count) + b"tQ"
    arguments = (
        b"(" + storage + long(offset) + numbers(sizes) + numbers(strides) + b"\x89" + b"ccollections\nOrderedDict\n)RtR"
    )
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + arguments


def state(*values):
    """A dictionary of weights."""
    items = b"".join(text(f"w{index}") + value for index, value in enumerate(values))
    return PROTOCOL + b"}(" + items + b"u."


def pickles():
    """Name and pickle."""
    most, huge = (1 << 63) - 1, 1 << 62
    for name, value in {
        "good": tensor([2, 2], [2, 1]),
        "sizes-huge": tensor([huge, 4], [1, 1]),
        "sizes-product": tensor([1 << 32, 1 << 32], [0, 0]),
        "sizes-negative": tensor([-2, -2], [2, 1]),
        "sizes-broadcast": tensor([1 << 40], [0]),
        "sizes-broadcast-less": tensor([1 << 29], [0]),
        "strides-negative": tensor([2, 2], [-2, -1]),
        "strides-most": tensor([2, 2], [most, most]),
        "strides-least": tensor([2], [-most - 1]),
        "strides-overlap": tensor([2, 2], [1, 1]),
        "strides-short": tensor([2, 2], [1]),
        "offset-most": tensor([1], [1], offset=most),
        "offset-negative": tensor([1], [1], offset=-1),
        "count-huge": tensor([1], [1], count=huge),
        "count-most": tensor([1], [1], count=most),
        "count-negative": tensor([1], [1], count=-4),
        "rank": tensor([1] * 100_000, [1] * 100_000),
        "key-missing": tensor([1], [1], key="9"),
        "key-up": tensor([1], [1], key="../data.pkl"),
        "kind": tensor([1], [1], kind="Evil"),
        "beyond": tensor([1 << 70], [1]),
        "zero-times-most": tensor([0, most, most], [1, 1, 1]),
    }.items():
        yield f"tensor-{name}", state(value)
    yield "tensors-broadcast", state(*[tensor([1 << 26], [0])] * 20)
    yield "system", PROTOCOL + b"cos\nsystem\n" + text("touch /tmp/clipgraph-was-here") + b"\x85R."
    yield "system-stack", PROTOCOL + text("os") + text("system") + b"\x93" + text("true") + b"\x85R."
    yield "eval", PROTOCOL + b"cbuiltins\neval\n" + text("1") + b"\x85R."
    for opener, closer, label in [
        (b"]", b"a", "lists"),
        (b"", b"\x85", "tuples"),
        (b"}" + text("a"), b"s", "dictionaries"),
    ]:
        for depth in (10_000, 1_000_000):
            yield f"deep-{label}-{depth}", PROTOCOL + opener * depth + b"N" + closer * depth + b"."
    yield "marks", PROTOCOL + b"(" * 10_000_000 + b"."
    yield "memo-index", PROTOCOL + b"}r\xff\xff\xff\xff" + b"."
    yield "memo-absent", PROTOCOL + b"j\xff\xff\xff\x7f."
    yield "memo-large", PROTOCOL + b"".join(b"}r" + struct.pack("<I", i * 4001) + b"0" for i in range(300_000)) + b"}."
    yield "long4-negative", PROTOCOL + b"\x8b" + struct.pack("<i", -5) + b"abcde."
    yield "long4-most", PROTOCOL + b"\x8b" + struct.pack("<i", 0x7FFFFFFF) + b"."
    yield "long1-long", PROTOCOL + b"\x8a\xff" + b"\x7f" * 255 + b"."
    yield "text-most", PROTOCOL + b"X\xff\xff\xff\xff" + b"."
    yield "text8-most", PROTOCOL + b"\x8d" + b"\xff" * 8 + b"."
    yield "bytes8-most", PROTOCOL + b"\x8e" + b"\xff" * 7 + b"\x7f."
    yield "string-negative", PROTOCOL + b"T" + struct.pack("<i", -9) + b"."
    yield "frame", b"\x80\x04\x95" + b"\xff" * 8 + b"}."
    yield "protocol", b"\x80\xff}."
    yield "pop-empty", PROTOCOL + b"0."
    yield "mark-empty", PROTOCOL + b"t."
    yield "reduce-empty", PROTOCOL + b"R."
    yield "build-empty", PROTOCOL + b"b."
    yield "odd-items", PROTOCOL + b"}(Nu."
    yield "stop-missing", PROTOCOL + b"}"
    yield "stop-alone", PROTOCOL + b"."
    yield "unknown", PROTOCOL + b"\xee."
    yield "cyclic-list", PROTOCOL + b"]q\0h\0a."
    yield "cyclic-dictionary", PROTOCOL + b"}q\0" + text("state_dict") + b"h\0s."
    yield "cyclic-key", PROTOCOL + b"}q\0h\0Ns."
    yield "laughs", PROTOCOL + b"Nq\0" + b"h\0h\0\x86q\0" * 5000 + b"."
    yield "laughs-lists", PROTOCOL + b"]q\0" + b"](h\0h\0h\0h\0eq\0" * 5000 + b"."
    yield "laughs-dictionaries", PROTOCOL + b"}q\0" + (
        b"}(" + text("a") + b"h\0" + text("b") + b"h\0uq\0"
    ) * 5000 + b"."
    yield "duplicates", PROTOCOL + b"N" + b"2" * 10_000_000 + b"."
    yield "doubling", PROTOCOL + b"](N" + b"NNNNNNNN" * 100_000 + b"eq\0" + b"](h\0e" * 100 + b"."
    yield "self-extend", PROTOCOL + b"](NNNNNNNNe" + b"q\0" + b"(h\0h\0le" * 60 + b"."
    yield "ordered-copies", (
        PROTOCOL
        + b"]("
        + (text("a") + b"N\x86") * 200_000
        + b"eq\0]("
        + b"ccollections\nOrderedDict\nh\0\x85R" * 2000
        + b"e."
    )


def archives():
    """Name and bytes."""
    good = archive(state(tensor([2, 2], [2, 1])), [bytes(16)])
    for name, pickle in pickles():
        yield f"pickle-{name}", archive(pickle, [bytes(16)])
    for at in {0, 1, 4, 29, 30, 40, len(good) // 2, len(good) - 22, len(good) - 1}:
        yield f"zip-cut-{at}", good[:at]
    bomb = archive(state(tensor([1 << 28], [1], 1 << 28)), [bytes(1 << 30)], zipfile.ZIP_DEFLATED)
    yield "zip-bomb", bomb
    yield "zip-bomb-pickle", archive(PROTOCOL + bytes(1 << 29), (), zipfile.ZIP_DEFLATED)
    yield "zip-deflated", archive(state(tensor([2, 2], [2, 1])), [bytes(16)], zipfile.ZIP_DEFLATED)
    for folder in ("../../x", "/etc", "a\\b", "\xff", ""):
        yield f"zip-folder-{ascii(folder)}".replace("/", "_"), archive(
            state(tensor([2, 2], [2, 1])), [bytes(16)], folder=folder
        )
    end, central = good.rindex(b"PK\5\6"), good.index(b"PK\1\2")

    def patched(at, data):
        return good[:at] + data + good[at + len(data) :]

    for name, value in {"zero": 0, "most": 0xFFFFFFFF, "past": len(good) + 1, "large": 0x7FFFFFFF, "end": end}.items():
        field = struct.pack("<I", value)
        yield f"directory-offset-{name}", patched(end + 16, field)
        yield f"directory-size-{name}", patched(end + 12, field)
        yield f"entry-offset-{name}", patched(central + 42, field)
        yield f"entry-size-{name}", patched(central + 24, field)
        yield f"entry-packed-{name}", patched(central + 20, field)
    for value in (0, 0xFFFF):
        field = struct.pack("<H", value)
        yield f"count-{value}", patched(end + 8, field + field)
        yield f"name-length-{value}", patched(central + 28, field)
        yield f"extra-length-{value}", patched(central + 30, field)
        yield f"comment-length-{value}", patched(end + 20, field)
        yield f"local-name-{value}", patched(26, field)
        yield f"local-extra-{value}", patched(28, field)
    yield "method", patched(central + 10, b"\x63\0")
    yield "encrypted", patched(central + 8, b"\1\0")
    for name, value in {"most": (1 << 64) - 1, "signed": (1 << 63) - 1, "zero": 0, "past": len(good)}.items():
        record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, value, value, value, value)
        locator = b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
        yield f"zip64-{name}", good[:end] + record + locator + good[end:]
        yield f"zip64-locator-{name}", good[:end] + b"PK\6\7" + struct.pack("<IQI", 0, value, 1) + good[end:]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for index in range(60_000):
            file.writestr(f"a/{index}", b"")
    yield "entries-many", out.getvalue()
    yield "crc", good.replace(struct.pack("<I", zlib.crc32(bytes(16))), b"abcd")
    yield "comment", good[:-2] + b"\xff\xff" + bytes(65535)


def cases(workshop, folder):
    """Each file as weights to convert."""
    for name, data in archives():
        path = folder / f"{name}.pt"
        path.write_bytes(data)
        yield Case(
            "torch files", name, ["convert", path, "--config", "shapes", "-o", "OUT/o"], str(path), REFUSED, ("o",)
        )
        path.unlink()
    for name in ("protocol5.pt", "script.pt", "training.pt", "views.pt"):
        good = (workshop.fixtures / "checkpoints/torch" / name).read_bytes()
        for at in range(1, len(good), max(1, len(good) // 12)):
            path = folder / f"{at}-{name}"
            path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
            yield Case("torch files", path.name, ["convert", path, "-o", "OUT/o"], str(path), EITHER, ("o",))
            path.unlink()
