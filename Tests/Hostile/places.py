"""Paths that are no plain file: everything that takes a path refuses them, and waits for none of them."""

import os

from trial import Case, REFUSED

# Every argument that names a file to read: F is the hostile path, M a model, T its training file, P a picture,
# S features, V a vocabulary, W weights, D shards.
READERS = {
    "picture": ["preprocess", "F", "--size", "8", "-o", "OUT/o"],
    "embedded-picture": ["embed", "M", "--images", "F", "-o", "OUT/o"],
    "classified-picture": ["classify", "M", "F", "--labels", "a,b"],
    "model": ["inspect", "F"],
    "run-model": ["run", "F", "--inputs", "S", "--outputs", "OUT/o"],
    "inputs": ["run", "M", "--inputs", "F", "--outputs", "OUT/o"],
    "bench-inputs": ["bench", "M", "--tower", "image", "--inputs", "F"],
    "labels": ["classify", "M", "P", "--labels", "F"],
    "templates": ["evaluate", "zero-shot", "M", "--data", "D", "--labels", "a,b", "--templates", "F"],
    "table": ["evaluate", "retrieval", "M", "--data", "F", "--data-format", "csv"],
    "json-lines": ["evaluate", "retrieval", "M", "--data", "F", "--data-format", "jsonl"],
    "shard": ["evaluate", "retrieval", "M", "--data", "F", "--data-format", "webdataset"],
    "classes": ["evaluate", "linear-probe", "M", "--train-data", "F", "--test-data", "D"],
    "training-data": ["train", "T", "--data", "F", "--steps", "1", "-o", "OUT/o"],
    "training-file": ["train", "F", "--data", "D", "--steps", "1", "-o", "OUT/o"],
    "captions": ["vocabulary", "--captions", "F", "--size", "520", "-o", "OUT/o"],
    "merges": ["tokenize", "--vocabulary", "F"],
    "tokenizer": ["embed", "M", "--tokenizer", "F", "--texts", "a", "-o", "OUT/o"],
    "weights": ["convert", "F", "-o", "OUT/o"],
    "configuration": ["convert", "W", "--config", "F", "-o", "OUT/o"],
    "exported-configuration": ["export", "F", "-o", "OUT/o"],
    "exported-weights": ["export", "shapes", "--weights", "F", "-o", "OUT/o"],
    "metrics": ["plot", "F", "-o", "OUT/o"],
    "checkpoint": ["checkpoint", "F", "-o", "OUT/o"],
    "trainable": ["make-trainable", "F", "-o", "OUT/o"],
}


def cases(workshop, folder):
    """Each reader with each place."""
    fifo, loop, empty, nul = (str(folder / name) for name in ("fifo", "loop", "empty", "nul"))
    os.mkfifo(fifo)
    os.symlink("loop", loop)
    (folder / "empty").write_bytes(b"")
    (folder / "nul").write_bytes(bytes(4096))
    (folder / "directory").mkdir()
    sparse = folder / "sparse"
    with open(sparse, "wb") as file:
        file.truncate((3 << 29) + 5)
    places = {
        "fifo": fifo,
        "zeros": "/dev/zero",
        "null": "/dev/null",
        "loop": loop,
        "empty": empty,
        "nul": nul,
        "directory": str(folder / "directory"),
        "sparse": str(sparse),
        "missing": str(folder / "missing"),
        "beneath-a-file": empty + "/x",
        "long": str(folder / ("x" * 300)),
        "memory": "/proc/self/mem",
    }
    if os.geteuid() != 0:
        unreadable = folder / "unreadable"
        unreadable.write_bytes(b"x")
        unreadable.chmod(0)
        places["unreadable"] = str(unreadable)
    else:
        yield "unreadable files: root reads them all"
    letters = {
        "M": workshop.model,
        "T": workshop.training,
        "P": workshop.picture,
        "S": workshop.features,
        "V": workshop.vocabulary,
        "W": workshop.weights,
        "D": workshop.data,
    }
    for reader, words in READERS.items():
        for place, path in places.items():
            expect = REFUSED
            if place in ("empty", "nul", "null", "memory") and reader in ("merges", "captions", "metrics", "tokenizer"):
                expect = "either"  # a vocabulary of bytes alone; no captions yet
            if (
                place in ("missing", "long", "loop", "beneath-a-file", "fifo", "zeros", "null", "memory")
                and reader == "labels"
            ):
                expect = "either"  # a list of one label, then
            filled = [path if word == "F" else letters.get(word, word) for word in words]
            named = "" if place == "long" or reader == "labels" else path
            outputs = ("o",) if "OUT/o" in words else ()
            yield Case("places", f"{reader}, {place}", filled, named, expect, outputs)
