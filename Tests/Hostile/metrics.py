"""Files of metrics that plot draws, and that a resumed run goes on with."""

import json

from trial import Case, EITHER, FINE, REFUSED


def files():
    """Name, bytes, what is expected."""
    line = {"step": 1, "loss": 2.5, "lr": 0.001, "scale": 14.3, "samples_per_second": 10.0, "data_wait": 0.0}

    def lines(**changes):
        return b"".join(json.dumps({**line, "step": step, **changes}).encode() + b"\n" for step in (1, 2, 3))

    yield "good", lines(), FINE
    for key in line:
        for label, value in {
            "most": (1 << 63) - 1,
            "beyond": 1 << 70,
            "minus": -1,
            "large": 1e308,
            "small": -1e308,
            "tiny": 5e-324,
            "text": "x",
            "null": None,
            "list": [],
            "zero": 0,
        }.items():
            yield f"{key}-{label}", lines(**{key: value}), EITHER
    yield "nan", lines(loss=float("nan")), EITHER
    yield "infinity", lines(loss=float("inf")), EITHER
    yield "steps-apart", b"".join(
        json.dumps({**line, "step": s}).encode() + b"\n" for s in (-(1 << 63), 0, (1 << 63) - 1)
    ), EITHER
    yield "losses-apart", b"".join(json.dumps({**line, "loss": s}).encode() + b"\n" for s in (-1e308, 1e308)), EITHER
    yield "rates-apart", b"".join(json.dumps({**line, "lr": s}).encode() + b"\n" for s in (0, 1e308)), EITHER
    yield "one", json.dumps(line).encode() + b"\n", EITHER
    yield "same-step", (json.dumps(line).encode() + b"\n") * 1000, EITHER
    yield "empty", b"", REFUSED
    yield "unfinished", json.dumps(line).encode(), REFUSED
    yield "nul", bytes(100_000) + b"\n", REFUSED
    yield "lines", b"\n" * 10_000_000, REFUSED
    yield "endless", b"a" * 50_000_000 + b"\n", REFUSED
    yield "deep", b"[" * 1_000_000 + b"\n", REFUSED
    yield "many", json.dumps(line).encode().join([b""] + [b"\n"] * 20_000), EITHER
    yield "unknown-keys", json.dumps({**line, **{f"k{i}": i for i in range(50_000)}}).encode() + b"\n", EITHER
    yield "utf-16", lines().decode().encode("utf-16"), REFUSED


def cases(workshop, folder):
    """Each file drawn."""
    for name, data, expect in files():
        path = folder / f"{name}.jsonl"
        path.write_bytes(data)
        yield Case("metrics", name, ["plot", path, "-o", "OUT/o.svg"], str(path), expect, ("o.svg",))
        path.unlink()
