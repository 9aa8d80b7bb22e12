#!/usr/bin/env python3
"""usage: make_vocabulary_fixtures.py FOLDER

Writes the first merges of CLIP's vocabulary as vocab.json, merges.txt and tokenizer.json, and the identifiers that the library
tokenizers gives for some texts. Needs open_clip and transformers."""

import json
import pathlib
import sys
import tempfile

from open_clip.tokenizer import SimpleTokenizer
from transformers import CLIPTokenizerFast

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
standard = SimpleTokenizer()
merges = sorted(standard.bpe_ranks, key=standard.bpe_ranks.get)[:80]
tokens = sorted(standard.encoder, key=standard.encoder.get)[:512] + ["".join(pair) for pair in merges]
tokens += ["<|startoftext|>", "<|endoftext|>"]


def write(name, value, **options):
    (folder / name).write_text(json.dumps(value, **options), encoding="utf-8")


write("vocab.json", {token: number for number, token in enumerate(tokens)}, separators=(",", ":"))
lines = ["#version: 0.2"] + [" ".join(pair) for pair in merges]
(folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
tokenizer = CLIPTokenizerFast.from_pretrained(folder)
with tempfile.TemporaryDirectory() as saved:
    tokenizer.save_pretrained(saved)
    write("tokenizer.json", json.loads((pathlib.Path(saved) / "tokenizer.json").read_text()), separators=(",", ":"))
texts = ["a photo of the cat", "Naïve café", "日本語 😀", "it's 2021, isn't it?", "x² … “quoted”", ""]
rows = [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"]} for text in texts]
write("expected.json", rows, ensure_ascii=False, indent=0)
