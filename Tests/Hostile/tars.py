"""Shards whose headers lie, whose members are none, and whose parts are absurd."""

import io
import struct
import tarfile

from trial import Case, EITHER, FINE, REFUSED


def member(name, data, kind=b"0", size=None, raw_size=None, link=b"", magic=b"ustar\x0000", checksum=None, prefix=b""):
    """One header and its data, padded; `raw_size` is the field of twelve bytes as it is."""
    header = bytearray(512)
    header[0 : len(name[:100])] = name[:100]
    header[100:108] = b"0000644\0"
    header[124:136] = raw_size if raw_size is not None else b"%011o\0" % (len(data) if size is None else size)
    header[136:148] = b"00000000000\0"
    header[156:157] = kind
    header[157 : 157 + len(link)] = link
    header[257 : 257 + len(magic)] = magic
    header[345 : 345 + len(prefix)] = prefix
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % (sum(header) if checksum is None else checksum)
    return bytes(header) + data + bytes(-len(data) % 512)


def archives(good):
    """Name, bytes, what is expected of training and of retrieval."""
    sample = member(b"a.png", good) + member(b"a.txt", b"a red circle")
    two = sample + member(b"b.png", good) + member(b"b.txt", b"a blue square")
    end = bytes(1024)
    yield "good", two + end, FINE
    yield "good-without-end", two, EITHER
    yield "zeros", bytes(10240), REFUSED
    yield "checksum", member(b"a.png", good, checksum=1) + end, REFUSED
    for name, field in {
        "octal-most": b"777777777777",
        "octal-eights": b"000000000088",
        "octal-minus": b"-00000000001",
        "blank": b" " * 12,
        "base-256-most": b"\x80" + b"\xff" * 11,
        "base-256-negative": b"\xff" * 12,
        "base-256-least": b"\xff" + bytes(11),
        "base-256-62-bits": b"\x80\0\0\0" + struct.pack(">Q", (1 << 63) - 1),
        "base-256-minus-512": b"\xff" * 10 + b"\xfe\0",
        "base-256-56-bits": b"\x80\0\0\0\0" + b"\x7f" * 7,
    }.items():
        yield f"size-{name}", sample + member(b"c.png", good, raw_size=field) + member(b"c.txt", b"x") + end, EITHER
    yield "size-past-end", sample + member(b"b.png", good, size=len(good) + 5000) + end, EITHER
    for kind in b"xg":
        letter = bytes([kind])
        yield f"pax-{letter.decode()}-claims", member(b"p", b"104857600 path=" + b"x" * 50, letter) + two + end, EITHER
        yield f"pax-{letter.decode()}-garbage", member(b"p", b"\xff" * 900, letter) + two + end, EITHER
        yield f"pax-{letter.decode()}-endless", member(b"p", b"12 path=a.b\n", letter) * 100_000 + two + end, EITHER
        yield f"pax-{letter.decode()}-long", member(
            b"p", b"20000013 path=" + b"y" * 20_000_000, letter
        ) + two + end, EITHER
        yield f"pax-{letter.decode()}-size", member(b"p", b"30 size=99999999999999999999\n", letter) + two + end, EITHER
    yield "pax-alone", member(b"p", b"12 path=a.b\n", b"x") + end, REFUSED
    yield "gnu-long", member(b"././@LongLink", b"z" * 30_000_000 + b".png\0", b"L") + two + end, EITHER
    yield "gnu-long-endless", member(b"././@LongLink", b"z\0", b"L") * 100_000 + two + end, EITHER
    yield "gnu-long-empty", member(b"././@LongLink", b"", b"L") + two + end, EITHER
    for kind in b"1234567SDKVNMA\xff":
        yield f"kind-{kind}", two + member(b"l.png", b"", bytes([kind]), link=b"/etc/passwd") + end, FINE
        yield f"kind-{kind}-sized", two + member(b"l.png", b"", bytes([kind]), size=1 << 32) + end, EITHER
    for label, name in {
        "nul": b"a\0b",
        "utf-8": b"\xff\xfe\xc0\x80",
        "up": b"../../../x",
        "absolute": b"/etc/x",
        "empty": b"",
        "dots": b"...",
        "slashes": b"////",
        "slash": b"/",
        "one": b"x",
        "newline": b"a\nb\x1b[31m",
    }.items():
        yield f"name-{label}", two + member(name + b".png", good) + member(name + b".txt", b"a cat") + end, FINE
        yield f"bare-{label}", two + member(name, good) + end, FINE
        yield f"prefix-{label}", two + member(b"n.png", good, prefix=name) + end, FINE
    yield "empty-members", member(b"e.png", b"") * 50_000 + two + end, EITHER
    yield "empty-samples", (member(b"e.png", b"") + member(b"e.txt", b"")) + two + end, EITHER
    yield "many-keys", b"".join(member(b"%d.txt" % i, b"x") for i in range(50_000)) + two + end, FINE
    yield "without-picture", member(b"a.txt", b"x") + end, REFUSED
    yield "without-caption", member(b"a.png", good) + end, REFUSED
    yield "same-key-twice", two + two + sample + sample + end, FINE
    yield "two-pictures", sample + member(b"a.jpg", b"nothing") + end, EITHER
    deep = b"[" * 100_000 + b"]" * 100_000
    for name, body in {
        "deep": deep,
        "deep-objects": b'{"a":' * 100_000,
        "wrong": b"[1,2",
        "numbers": b"[1e308,1e999,-1e999]",
        "long": b'{"a":"' + b"x" * 20_000_000 + b'"}',
        "utf-8": b'{"candidates":["\xff\xfe"]}',
        "nul": bytes(100),
    }.items():
        yield f"json-{name}", two + member(b"c.png", good) + member(b"c.txt", b"x") + member(
            b"c.json", body
        ) + end, EITHER
    for name, body in {
        "most": b"9223372036854775807",
        "large": b"99999999999999",
        "more": b"99999999999999999999",
        "minus": b"-1",
        "nan": b"nan",
        "text": b"cat",
        "empty": b"",
        "digits": b"1" * 10_000_000,
        "arabic": "١٢".encode(),
        "nul": bytes(9),
    }.items():
        classes = member(b"c.png", good) + member(b"c.txt", b"x") + member(b"c.cls", body)
        yield f"cls-{name}", sample + member(b"a.cls", b"0") + classes + end, EITHER
    yield "txt-line", member(b"a.png", good) + member(b"a.txt", b"red " * 12_500_000) + end, EITHER
    yield "txt-word", member(b"a.png", good) + member(b"a.txt", b"r" * 20_000_000) + end, EITHER
    yield "txt-nul", member(b"a.png", good) + member(b"a.txt", bytes(1_000_000)) + end, EITHER
    yield "txt-utf-8", member(b"a.png", good) + member(b"a.txt", b"\xff" * 1_000_000) + end, EITHER
    yield "picture-truncated", member(b"a.png", good[:40]) + member(b"a.txt", b"x") + end, REFUSED
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    yield "gzipped", buffer.getvalue(), REFUSED
    for at in (1, 100, 511, 512, 513, 700, len(sample) - 512, len(sample) + 1):
        yield f"cut-{at}", two[:at], REFUSED if at < 512 else EITHER


def cases(workshop, folder):
    """Each archive through training, retrieval, zero-shot, a probe and the learning of a vocabulary."""
    with open(workshop.picture, "rb") as file:
        good = file.read()
    for index, (name, data, expect) in enumerate(archives(good)):
        path = folder / f"{name}.tar"
        path.write_bytes(data)
        commands = [
            ("train", ["train", workshop.training, "--data", path, "--steps", "1", "--batch-size", "2", "-o", "OUT/o"])
        ]
        if index % 3 == 0 or name.startswith(("txt", "pax", "two")):
            commands.append(("retrieval", ["evaluate", "retrieval", workshop.model, "--data", path]))
        if name.startswith(("cls", "json")) or index % 5 == 0:
            commands.append(("zero-shot", ["evaluate", "zero-shot", workshop.model, "--data", path]))
            commands.append(
                ("labels", ["evaluate", "zero-shot", workshop.model, "--data", path, "--labels", "red,blue"])
            )
            commands.append(
                ("probe", ["evaluate", "linear-probe", workshop.model, "--train-data", path, "--test-data", path])
            )
        if name.startswith("txt") or index % 7 == 0:
            commands.append(("vocabulary", ["vocabulary", "--captions", path, "--size", "514", "-o", "OUT/o"]))
        for command, words in commands:
            known = expect if command in ("train", "vocabulary") and expect != REFUSED else EITHER
            known = REFUSED if command == "train" and expect == REFUSED else known
            yield Case(
                f"tars, {command}",
                name,
                words,
                str(path),
                known if command == "train" else EITHER,
                ("o",) if "OUT/o" in words else (),
            )
        path.unlink()
