"""Graph files: those of Tests/Python/hostile.py, ill-formed ones of a folder, and our own, damaged."""

import os
import pathlib
import shutil
import subprocess
import sys

import numpy

from trial import Case, EITHER, REFUSED

# What takes long to run, as it says.
LABORIOUS = ("fold-work",)


def tensors(path, name, shape):
    """A safetensors file of one input of ones."""
    import json
    import struct

    data = numpy.ones(shape, numpy.float32).tobytes()
    header = json.dumps({name: {"dtype": "F32", "shape": list(shape), "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


def hostile(workshop, folder):
    made = folder / "made"
    made.mkdir()
    script = workshop.root / "Tests/Python/hostile.py"
    done = subprocess.run([sys.executable, script, made], capture_output=True, text=True)
    if done.returncode != 0:
        yield f"the files of hostile.py: {done.stderr.strip().splitlines()[-1]}: make setup-tests"
        return
    inputs = {shape: tensors(folder / f"{shape[0]}.safetensors", "x", shape) for shape in [(2, 3, 8, 8), (1, 1, 1, 1)]}
    for path in sorted(made.glob("*.onnx")):
        given = inputs[(1, 1, 1, 1) if path.stem == "fold-bytes" else (2, 3, 8, 8)]
        words = ["run", path, "--inputs", given, "--outputs", "OUT/o"]
        named = str(path)
        yield Case("graphs, inspected", path.stem, ["inspect", path, "--optimized", "--memory"], named, EITHER)
        if path.stem.startswith(LABORIOUS):
            continue
        yield Case("graphs, run", path.stem, words, named, EITHER, ("o",))
        yield Case("graphs, unoptimized", path.stem, [*words, "--unoptimized"], named, EITHER, ("o",))
        yield Case("graphs, timed", path.stem, ["bench", path, "--tower", "image", "--rounds", "1"], named, EITHER)


def ill_formed(workshop, folder):
    """A folder with NAME/model.onnx each, with a table of expectations in README.md: set HOSTILE_GRAPHS to it."""
    source = os.environ.get("HOSTILE_GRAPHS")
    if not source:
        yield "ill-formed graphs of others: HOSTILE_GRAPHS names no folder of them"
        return
    source = pathlib.Path(source)
    expected = {}
    for line in (source / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4:
            expected[cells[1]] = cells[3]
    given = tensors(folder / "ill-formed.safetensors", "x", (2, 3))
    for path in sorted(source.glob("*/model.onnx")):
        name, said = path.parent.name, expected.get(path.parent.name, "")
        expect = REFUSED if said.startswith("reject at load") and "accept" not in said else EITHER
        words = ["run", path, "--inputs", given, "--outputs", "OUT/o"]
        yield Case("graphs of others", name, words, str(path), expect, ("o",))
        yield Case("graphs of others", f"{name}, unoptimized", [*words, "--unoptimized"], str(path), expect, ("o",))
        yield Case("graphs of others", f"{name}, inspected", ["inspect", path, "--optimized"], str(path), EITHER)
        timed = ["bench", path, "--tower", "image", "--rounds", "1"]
        yield Case("graphs of others", f"{name}, timed", timed, str(path), EITHER)
        yield Case(
            "graphs of others", f"{name}, trainable", ["make-trainable", path, "-o", "OUT/o"], str(path), EITHER, ("o",)
        )


def damaged(workshop, folder):
    """Our own model and training file, cut and with bytes flipped; a checkpoint that is resumed from is such a file."""
    random = numpy.random.default_rng(1)
    for kind, source in {"model": workshop.model, "training": workshop.training}.items():
        good = pathlib.Path(source).read_bytes()
        # Structure lies at the ends, weights between.
        spots = [*random.integers(0, 4000, 20), *random.integers(len(good) - 200_000, len(good), 40)]
        spots += [*random.integers(0, len(good), 10)]
        changes = {f"cut-{at}": good[:at] for at in (1, 100, 5000, len(good) // 2, len(good) - 100, len(good) - 1)}
        for at in map(int, spots):
            changes[f"flipped-{at}"] = good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :]
            changes[f"filled-{at}"] = good[:at] + b"\xff" * 9 + good[at + 9 :]
        for index, (name, data) in enumerate(changes.items()):
            path = folder / f"{kind}-{name}.onnx"
            path.write_bytes(data)
            if kind == "model":
                words, outputs = ["embed", path, "--images", workshop.picture, "--texts", "a", "-o", "OUT/o"], ("o",)
            else:
                words, outputs = [
                    "train",
                    path,
                    "--data",
                    workshop.data,
                    "--steps",
                    "2",
                    "--batch-size",
                    "4",
                    "-o",
                    "OUT/o",
                ], ("o",)
            # Weights that are no numbers are met in a step, whose error names its pictures.
            yield Case(f"graphs, {kind}", name, words, "", EITHER, outputs)
            if kind == "training" and index % 3 == 0:
                checkpoint = folder / "state.onnx"
                shutil.copyfile(path, checkpoint)
                yield Case(
                    "graphs, resumed",
                    name,
                    [
                        "train",
                        workshop.training,
                        "--data",
                        workshop.data,
                        "--steps",
                        "2",
                        "--batch-size",
                        "4",
                        "--resume",
                        "--checkpoint",
                        checkpoint,
                        "-o",
                        "OUT/o",
                    ],
                    "",
                    EITHER,
                    ("o",),
                )
            if index % 5 == 0:
                yield Case(f"graphs, {kind}", f"{name}, inspected", ["inspect", path, "--optimized"], str(path), EITHER)
            path.unlink()


def cases(workshop, folder):
    """All graph files."""
    yield from hostile(workshop, folder)
    yield from ill_formed(workshop, folder)
    yield from damaged(workshop, folder)
