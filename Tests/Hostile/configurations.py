"""Configurations of models that no machine holds, or that mean nothing."""

import json

from trial import Case, EITHER, REFUSED

ABSURD = {
    "billion": 1_000_000_000,
    "million": 1_000_000,
    "zero": 0,
    "minus": -1,
    "most": (1 << 63) - 1,
    "beyond": 1 << 70,
    "large": 1e18,
    "float": 1e308,
    "fraction": 0.5,
    "text": "x",
    "null": None,
    "list": [],
    "object": {},
    "true": True,
}


def paths(value, path=()):
    """All places of a JSON value."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from paths(inner, (*path, key))
        yield (*path, key)


def changed(value, path, what):
    if not path:
        return what
    return {**value, path[0]: changed(value[path[0]], path[1:], what)}


def documents(good):
    """Name, bytes, what is expected."""
    for path in paths(good):
        for label, what in ABSURD.items():
            yield f"{'.'.join(path)}-{label}", json.dumps(changed(good, path, what)).encode(), EITHER
    text = json.dumps(good)
    yield "nan", text.replace(": 64", ": NaN", 1).encode(), EITHER
    yield "infinity", text.replace(": 64", ": Infinity", 1).encode(), EITHER
    yield "deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, REFUSED
    yield "deep-lists", b"[" * 10_000_000, REFUSED
    yield "long", b'{"a":"' + b"x" * 100_000_000 + b'"}', REFUSED
    yield "nul", bytes(1000), REFUSED
    yield "utf-16", text.encode("utf-16"), EITHER
    yield "bom", b"\xef\xbb\xbf" + text.encode(), EITHER
    yield "list", b"[1]", REFUSED
    yield "empty", b"", REFUSED
    yield "duplicate", text.replace("{", '{"vision_cfg": 1, ', 1).encode(), EITHER


def cases(workshop, folder):
    """Each as the model to export, and those of other programs beside weights."""
    own = json.loads((workshop.root / "models/shapes.json").read_text())
    for index, (name, data, expect) in enumerate(documents(own)):
        path = folder / f"{name}.json"
        path.write_bytes(data)
        yield Case(
            "configurations, export", name, ["export", path, "-o", "OUT/o"], str(path), expect, ("o",), seconds=8
        )
        if index % 3 == 0:
            yield Case(
                "configurations, convert",
                name,
                ["convert", workshop.weights, "--config", path, "-o", "OUT/o"],
                "",
                EITHER,
                ("o",),
            )
        path.unlink()
    beside = folder / "beside"
    beside.mkdir()
    source = workshop.fixtures / "checkpoints/huggingface-gelu"
    (beside / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    other = json.loads((source / "config.json").read_text())
    for index, (name, data, _) in enumerate(documents(other)):
        if index % 2 == 0:
            (beside / "config.json").write_bytes(data)
            yield Case("configurations, beside", name, ["convert", beside, "-o", "OUT/o"], str(beside), EITHER, ("o",))
