"""Captions that are long, nested, or no text."""

import json

from trial import Case, EITHER, FINE, REFUSED

MILLION = 1_000_000


def texts():
    """Name and caption."""
    yield "apostrophes", "'" * MILLION
    yield "spaces", " " * MILLION
    yield "letters", "a" * MILLION
    yield "digits", "1" * MILLION
    yield "words", "red " * (MILLION // 4)
    yield "marks", "a" + "\u0301" * MILLION
    yield "marks-mixed", "a" + "\u0301\u0323" * (MILLION // 2)
    yield "marks-of-a-letter", "\u00e1" + "\u0316" * MILLION
    yield "marks-decomposing", "\u0344\u0f73" * (MILLION // 2)
    yield "marks-of-zero-class", "a" + "\u20dd" * MILLION
    yield "joiners", "\U0001f468\u200d" * (MILLION // 4)
    yield "flags", "\U0001f1e6" * (MILLION // 4)
    yield "jamo", "\u1100" * (MILLION // 2)
    yield "ampersands", "&" * MILLION
    yield "entities", "&amp;" * (MILLION // 5)
    yield "entities-nested", "&" + "amp;" * 100_000
    yield "entities-nested-lt", "&" + "amp;" * 100_000 + "lt;"
    yield "entities-numbers", "&#" + "9" * MILLION + ";"
    yield "entities-hexadecimal", "&#x" + "f" * MILLION
    yield "entities-open", "&a" * (MILLION // 2)
    yield "less-than", "<" * MILLION
    yield "specials", "<|startoftext|>" * (MILLION // 15)
    yield "specials-half", "<|startoftext" * (MILLION // 13)
    yield "escapes", "\x1b[" * (MILLION // 2)
    yield "escapes-long", "\x1b[" + "1;" * (MILLION // 2)
    yield "escapes-nested", "\x1b[1" * (MILLION // 3)
    yield "lines", "\n" * MILLION
    yield "returns", "\r\n" * (MILLION // 2)
    yield "nul", "\0" * MILLION
    yield "ligatures", "\ufb03" * (MILLION // 3)
    yield "fullwidth", "\uff21" * (MILLION // 3)
    yield "expanding", "\ufdfa" * (MILLION // 3)
    yield "hangul", "\uac00" * (MILLION // 3)
    yield "dotted", "\u0130" * (MILLION // 3)
    yield "sigma", "\u03a3" * (MILLION // 3)
    yield "private", "\U0010ffff" * (MILLION // 4)
    yield "mixed-case", "aB1'\u00df\u4e00 " * (MILLION // 10)


def lines():
    """Name, bytes of standard input, what is expected."""
    yield "fifty-megabytes", b'"' + b"red circle " * 5_000_000 + b'"\n', EITHER
    yield "unterminated", b'"' + b"a" * 10_000_000, REFUSED
    yield "utf-8", b'"\xff\xfe\xc0\x80"\n', EITHER
    yield "surrogate", b'"\\ud800"\n', EITHER
    yield "surrogates", b'"' + b"\\ud800" * 100_000 + b'"\n', EITHER
    yield "surrogates-encoded", b'"\xed\xa0\x80"\n', EITHER
    yield "deep", b"[" * 100_000 + b"\n", REFUSED
    yield "number", b"1e999\n", REFUSED
    yield "nul", bytes(100_000), REFUSED
    yield "nul-line", b'"\0"\n', EITHER
    yield "utf-16", '"a"\n'.encode("utf-16"), REFUSED
    yield "bom", b'\xef\xbb\xbf"a"\n', EITHER
    yield "empty-lines", b"\n" * 1_000_000, EITHER
    yield "many", b'"a"\n' * 50_000, FINE


def cases(workshop, folder):
    """Each caption through tokenize, in every kind, and the lines as they are."""
    for name, text in texts():
        path = folder / name
        path.write_text(json.dumps(text) + "\n")
        for kind in ("openai", "open_clip", "hugging-face"):
            yield Case(
                "captions",
                f"{name}, {kind}",
                ["tokenize", "--vocabulary", workshop.vocabulary, "--kind", kind],
                expect=FINE,
                stdin=str(path),
            )
        path.unlink()
        short = text[:30_000].replace("\0", "")
        yield Case(
            "captions, embedded", name, ["embed", workshop.model, "--texts", short, "-o", "OUT/o"], outputs=("o",)
        )
    for name, data, expect in lines():
        path = folder / name
        path.write_bytes(data)
        yield Case(
            "captions, lines",
            name,
            ["tokenize", "--vocabulary", workshop.vocabulary],
            expect=expect,
            stdin=str(path),
            seconds=30 if len(data) > 20_000_000 else 5,
        )
    for name in ("a\udced\udca0\udc80", "\udcff\udcfe", "\x1b[31m", ""):
        yield Case(
            "captions, embedded", ascii(name), ["embed", workshop.model, "--texts", name, "-o", "OUT/o"], outputs=("o",)
        )
