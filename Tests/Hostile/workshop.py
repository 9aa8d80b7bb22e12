"""What all hostile files are made beside: a model, its training file, shards, a vocabulary."""

import struct
import subprocess
import zlib


class Workshop:
    """Good files that the program itself has made."""

    def __init__(self, program, folder, root):
        self.program, self.root = str(program), root
        self.fixtures = root / "Tests/Fixtures"
        self.model = str(root / "models/shapes.onnx")
        here = folder / "workshop"
        here.mkdir()
        self.data, self.training = str(here / "data"), str(here / "training.onnx")
        self.vocabulary, self.features = str(here / "shapes.bpe"), str(here / "features.safetensors")
        self.picture, self.weights = str(here / "good.png"), str(here / "weights.safetensors")
        (here / "good.png").write_bytes(png(8, 8, rows(8, 24)))
        self.call("dataset", "shapes", self.data, "--count", "32")
        self.call("vocabulary", "--captions", self.data, "--size", "560", "-o", self.vocabulary)
        self.call("make-trainable", self.model, "-o", self.training)
        self.call("checkpoint", self.model, "-o", self.weights)
        self.call("embed", self.model, "--images", self.picture, "-o", self.features)

    def call(self, *words):
        """Runs the program on good files."""
        subprocess.run(
            [self.program, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def chunk(name, data, length=None, crc=None):
    """A PNG chunk, with a false length or checksum where one is given."""
    good = zlib.crc32(name + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + name + data + struct.pack(">I", good)


def rows(height, width):
    """Rows without a filter, of some pattern."""
    return b"".join(b"\0" + bytes((x * 7 + y * 13) % 256 for x in range(width)) for y in range(height))


def header(width, height, depth=8, colour=2, interlace=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = chunk(b"IEND", b"")


def png(width, height, raw, depth=8, colour=2, before=b"", after=b""):
    """A PNG of given rows."""
    return SIGNATURE + header(width, height, depth, colour) + before + chunk(b"IDAT", zlib.compress(raw)) + after + END
