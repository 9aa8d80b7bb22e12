"""JPEG, PNG and WebP pictures that lie, bombs among them."""

import struct
import zlib

from trial import Case, EITHER, FINE, REFUSED
from workshop import END, SIGNATURE, chunk, header, png, rows


def zeros(count):
    """zlib's stream of that many zeros, without making them all at once."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [packer.compress(block) for _ in range(count >> 20)]
    return b"".join(parts) + packer.compress(bytes(count & 0xFFFFF)) + packer.flush()


def pngs():
    """Name, bytes, what is expected."""
    good = rows(8, 24)
    data = chunk(b"IDAT", zlib.compress(good))
    start = SIGNATURE + header(8, 8)
    yield "bomb-30000", SIGNATURE + header(30000, 30000, 1, 0) + chunk(b"IDAT", zeros(30000 * 3751)) + END, REFUSED
    yield "bomb-9000", SIGNATURE + header(9000, 9000, 1, 0) + chunk(b"IDAT", zeros(9000 * 1126)) + END, EITHER
    yield "bomb-16-bit", SIGNATURE + header(8000, 8000, 16, 6) + chunk(b"IDAT", zeros(8000 * 64001)) + END, EITHER
    yield "bomb-interlaced", SIGNATURE + header(8000, 8000, 8, 2, 1) + chunk(b"IDAT", zeros(8000 * 24100)) + END, EITHER
    yield "excess-rows", png(8, 8, good + bytes(64 << 20)), EITHER
    for name, width, height in [
        ("65535", 65535, 65535),
        ("most", 0x7FFFFFFF, 0x7FFFFFFF),
        ("more", 0xFFFFFFFF, 8),
        ("zero-width", 0, 8),
        ("zero-height", 8, 0),
        ("long", 1, 0x7FFFFFFF),
        ("wide", 0x7FFFFFFF, 1),
    ]:
        yield name, SIGNATURE + header(width, height) + data + END, REFUSED
    for depth, colour in [(3, 2), (16, 3), (1, 2), (8, 1), (8, 7), (0, 0), (255, 255)]:
        yield f"depth-{depth}-colour-{colour}", SIGNATURE + header(8, 8, depth, colour) + data + END, REFUSED
    for colour, channels in [(0, 1), (2, 3), (4, 2), (6, 4)]:
        yield f"16-bit-{colour}", png(8, 8, rows(8, 16 * channels), 16, colour), FINE
    palette = chunk(b"PLTE", bytes(6))
    yield "palette-beyond", png(8, 8, b"\0\xff\xfe\x80\x7f\x03\x02\x01\x00" * 8, 8, 3, palette), EITHER
    yield "palette-missing", png(8, 8, rows(8, 8), 8, 3), REFUSED
    yield "palette-odd", png(8, 8, rows(8, 8), 8, 3, chunk(b"PLTE", bytes(7))), EITHER
    yield "palette-long", png(8, 8, rows(8, 8), 8, 3, chunk(b"PLTE", bytes(3 * 300))), EITHER
    yield "wrong-crc-header", SIGNATURE + chunk(
        b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0), crc=1
    ) + data + END, REFUSED
    yield "wrong-crc-data", start + chunk(b"IDAT", zlib.compress(good), crc=1) + END, EITHER
    for name, length in {"most": 0xFFFFFFFF, "huge": 0x7FFFFFFF, "zero": 0}.items():
        yield f"chunk-{name}", start + chunk(b"IDAT", zlib.compress(good), length) + END, REFUSED
        yield f"text-chunk-{name}", start + chunk(b"tEXt", b"a\0b", length) + data + END, EITHER
    bomb = zeros(1 << 30)
    for name, body in {"zTXt": b"a\0\0" + bomb, "iTXt": b"a\0\1\0\0\0" + bomb, "iCCP": b"a\0\0" + bomb}.items():
        yield f"{name}-bomb", start + chunk(name.encode(), body) + data + END, EITHER
        yield f"{name}-bombs", start + chunk(name.encode(), body) * 20 + data + END, EITHER
    yield "iccp-garbage", png(8, 8, good, before=chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\xff" * 200))), FINE
    yield "chunks-endless", start + chunk(b"tEXt", b"a\0b") * 500_000 + data + END, EITHER
    yield "data-in-bytes", start + b"".join(chunk(b"IDAT", bytes([b])) for b in zlib.compress(good)) + END, FINE
    yield "data-empty-endless", start + chunk(b"IDAT", b"") * 500_000 + data + END, EITHER
    yield "apng", png(8, 8, good, before=chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))), EITHER
    orientation = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\xff\xff\0\0"
    yield "exif-absurd", png(8, 8, good, before=chunk(b"eXIf", orientation)), FINE
    yield "exif-far", png(8, 8, good, before=chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")), FINE
    yield "no-end", start + data, EITHER
    yield "filter-99", png(8, 8, bytes([99]) + good[1:]), EITHER
    whole = png(8, 8, good)
    for at in sorted({*range(0, 60), *range(60, len(whole), 7), len(whole) - 1}):
        yield f"cut-{at}", whole[:at], EITHER if at >= len(whole) - 12 else REFUSED


def jpegs(fixtures):
    whole = (fixtures / "jpeg-3x3-q96.jpg").read_bytes()
    for at in {*range(0, len(whole), max(1, len(whole) // 40)), len(whole) - 1}:
        yield f"cut-{at}", whole[:at], EITHER if at > len(whole) - 4 else REFUSED
    for name in ("jpeg-progressive.jpg", "jpeg-cmyk.jpg", "extra-cmyk.jpg"):
        data = (fixtures / name).read_bytes()
        yield f"{name}-whole", data, FINE
        yield f"{name}-half", data[: len(data) // 2], REFUSED

    def resized(data, height, width):
        at = next(i for i in range(len(data) - 1) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
        return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]

    progressive = (fixtures / "jpeg-progressive.jpg").read_bytes()
    for label, data in {"baseline": whole, "progressive": progressive}.items():
        for height, width in [(65500, 65500), (65500, 8), (9000, 9000), (5000, 5000), (0, 8), (8, 0)]:
            yield f"{label}-{height}x{width}", resized(data, height, width), (
                REFUSED if not height or not width else EITHER
            )
    scan = progressive.rindex(b"\xff\xda")
    last = progressive[scan:-2]
    for count in (400, 20_000):
        yield f"scans-{count}", progressive[:-2] + last * count + b"\xff\xd9", EITHER
        yield f"scans-{count}-large", resized(progressive, 8000, 8000)[:-2] + last * count + b"\xff\xd9", EITHER
    marker = lambda kind, body: b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body  # noqa: E731
    yield "comments", whole[:2] + marker(0xFE, b"x" * 65000) * 1000 + whole[2:], EITHER
    yield "comments-small", whole[:2] + marker(0xFE, b"") * 2_000_000 + whole[2:], EITHER
    yield "exif-many", whole[:2] + marker(0xE1, b"Exif\0\0" + b"x" * 65000) * 1000 + whole[2:], EITHER
    yield "exif-small-many", whole[:2] + marker(0xE1, b"") * 1_000_000 + whole[2:], EITHER
    for label, tiff in {
        "far": b"MM\0*\xff\xff\xff\xff",
        "value": b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\1\0\0\0\xff\xff",
        "empty": b"",
        "short": b"II*\0\x08\0\0\0\xff",
    }.items():
        yield f"exif-{label}", whole[:2] + marker(0xE1, b"Exif\0\0" + tiff) + whole[2:], FINE
    yield "icc-garbage", whole[:2] + marker(0xE2, b"ICC_PROFILE\0\xff\x00" + b"\xff" * 500) + whole[2:], FINE
    yield "fill-bytes", whole[:2] + b"\xff" * 10_000_000 + whole[2:], EITHER
    yield "length-zero", whole[:2] + b"\xff\xfe\0\0" + whole[2:], EITHER
    yield "tail", whole + bytes(50 << 20), EITHER
    yield "header-alone", b"\xff\xd8\xff", REFUSED


def webps(fixtures):
    for name in ("webp-lossy.webp", "webp-lossless.webp", "extra-animated.webp", "extra-animated-alpha.webp"):
        whole = (fixtures / name).read_bytes()
        yield f"{name}-whole", whole, FINE
        for at in {*range(0, 48, 3), *range(48, len(whole), len(whole) // 12), len(whole) - 1}:
            yield f"{name}-cut-{at}", whole[:at], REFUSED
        for size in (0, 4, 0xFFFFFFFF, 0xFFFFFFF6, 0x7FFFFFFF):
            yield f"{name}-riff-{size:x}", whole[:4] + struct.pack("<I", size) + whole[8:], EITHER
            yield f"{name}-chunk-{size:x}", whole[:16] + struct.pack("<I", size) + whole[20:], EITHER
    riff = lambda body: b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body  # noqa: E731
    lossy = (fixtures / "webp-lossy.webp").read_bytes()
    frame = lossy.index(b"\x9d\x01\x2a") + 3
    lossless = (fixtures / "webp-lossless.webp").read_bytes()
    signature = lossless.index(b"\x2f", 20)
    for size in (16383, 9000):
        yield f"lossy-{size}", lossy[:frame] + struct.pack("<HH", size, size) + lossy[frame + 4 :], EITHER
        bits = (size - 1) | (size - 1) << 14
        yield f"lossless-{size}", lossless[: signature + 1] + struct.pack("<I", bits) + lossless[
            signature + 5 :
        ], EITHER
    canvas = (
        lambda flags, w, h: b"VP8X"
        + struct.pack("<II", 10, flags)
        + (w - 1).to_bytes(3, "little")
        + (h - 1).to_bytes(3, "little")  # noqa: E731
    )
    for width, height in [(1 << 24, 1 << 24), (1 << 24, 1), (16384, 16384), (5000, 5000)]:
        yield f"canvas-{width}x{height}", riff(canvas(0, width, height) + lossy[12:]), EITHER
        yield f"animation-{width}x{height}", riff(
            canvas(2, width, height)
            + b"ANIM"
            + struct.pack("<IIH", 6, 0, 0)
            + b"ANMF"
            + struct.pack("<I", 16)
            + bytes(16)
        ), EITHER
    animated = (fixtures / "extra-animated.webp").read_bytes()
    frames = animated[animated.index(b"ANMF") :]
    yield "frames-endless", riff(animated[12:] + frames * (20_000_000 // len(frames))), EITHER
    yield "unknown-chunks", riff(lossy[12:] + (b"junk" + struct.pack("<I", 0)) * 1_000_000), EITHER
    yield "exif-absurd", riff(
        canvas(8, 8, 8) + lossy[12:] + b"EXIF" + struct.pack("<I", 8) + b"MM\0*\xff\xff\xff\xff"
    ), EITHER


def cases(workshop, folder):
    """Each picture through the readers of pictures."""
    fixtures = workshop.fixtures / "images"
    sets = [("png", pngs()), ("jpeg", jpegs(fixtures)), ("webp", webps(fixtures))]
    others = [
        ("gif", b"GIF89a" + bytes(50), REFUSED),
        ("nul", bytes(5000), REFUSED),
        ("text", b"hello", REFUSED),
        ("riff", b"RIFF\xff\xff\xff\xffWEBP", REFUSED),
    ]
    for suffix, files in [*sets, ("other", others)]:
        for index, (name, data, expect) in enumerate(files):
            path = folder / f"{name}.{suffix}"
            path.write_bytes(data)
            yield Case(
                f"pictures, {suffix}",
                name,
                ["preprocess", path, "--size", "32", "-o", "OUT/o"],
                str(path),
                expect,
                ("o",),
            )
            if index % 9 == 0 or "bomb" in name:
                yield Case(
                    f"pictures, {suffix}",
                    f"{name}, embedded",
                    ["embed", workshop.model, "--images", path, "-o", "OUT/o"],
                    str(path),
                    expect,
                    ("o",),
                )
            path.unlink()
