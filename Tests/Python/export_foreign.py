#!/usr/bin/env python3
"""usage: export_foreign.py OUT PICTURE…

Exports tiny CLIPs of Hugging Face and open_clip with PyTorch, each into a folder with the files that its program keeps beside
weights: OUT/hugging-face-KIND/model.onnx and OUT/open_clip-KIND/model.onnx. OUT/NAME.safetensors holds what the program itself
makes of the pictures and of CAPTIONS: image_features and text_features of length 1, and probabilities. OUT/vocabulary.gz is
CLIP's vocabulary."""

import gzip
import json
import os
import pathlib
import shutil
import sys

import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file

CAPTIONS = ["a photo of a cat", "a diagram", "it's “quoted” & naïve"]
out = pathlib.Path(sys.argv[1])
pictures = [Image.open(path).convert("RGB") for path in sys.argv[2:]]
vocabulary = pathlib.Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
shutil.copy(vocabulary, out / "vocabulary.gz")
torch.manual_seed(0)
torch.backends.mha.set_fastpath_enabled(False)


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def enlarge(model):
    """Random weights hardly tell inputs apart; larger ones do."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(3)
    return model.eval()


def write(folder, module, inputs, names, outputs, axes, **options):
    folder.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module, inputs, folder / "model.onnx", input_names=names, output_names=outputs, dynamic_axes=axes,
                      dynamo=False, **options)


def expect(name, image, text, scale):
    image, text = unit(image), unit(text)
    save_file({"image_features": image.contiguous(), "text_features": text.contiguous(),
               "probabilities": (scale * image @ text.T).softmax(-1).contiguous()}, out / f"{name}.safetensors")


def hugging_face():
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

    folder = out / "hugging-face"
    folder.mkdir(parents=True)
    merges = gzip.open(vocabulary).read().decode().split("\n")[1:49152 - 256 - 2 + 1]
    symbols = list(open_clip.tokenizer.bytes_to_unicode().values())
    symbols += [s + "</w>" for s in symbols] + ["".join(m.split()) for m in merges]
    symbols += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges))
    (folder / "vocab.json").write_text(json.dumps({s: i for i, s in enumerate(symbols)}))
    tokenizer = CLIPTokenizerFast(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"))
    tokenizer.save_pretrained(folder)
    for name in ["merges.txt", "vocab.json"]:
        if (folder / "tokenizer.json").exists() and (folder / name).exists():
            os.remove(folder / name)
    tower = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2)
    model = enlarge(CLIPModel(CLIPConfig(
        text_config=dict(tower, max_position_embeddings=20, vocab_size=49408, bos_token_id=49406, eos_token_id=49407),
        vision_config=dict(tower, image_size=48, patch_size=16), projection_dim=32)))
    model.config.save_pretrained(folder)
    processor = CLIPImageProcessor(size={"shortest_edge": 48}, crop_size={"height": 48, "width": 48},
                                   image_mean=[0.5, 0.4, 0.3], image_std=[0.2, 0.3, 0.25])
    processor.save_pretrained(folder)
    words = tokenizer(CAPTIONS, padding="max_length", max_length=20, return_tensors="pt")
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, pixel_values, attention_mask):
            made = self.model(input_ids=input_ids, pixel_values=pixel_values, attention_mask=attention_mask)
            return made.logits_per_image, made.logits_per_text, made.text_embeds, made.image_embeds

    batch = {"input_ids": {0: "text_batch", 1: "sequence"}, "pixel_values": {0: "image_batch"},
             "attention_mask": {0: "text_batch", 1: "sequence"}}
    inputs = (words.input_ids[:2], pixels[:2], words.attention_mask[:2])
    outputs = ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]
    with torch.no_grad():
        made = model(input_ids=words.input_ids, pixel_values=pixels, attention_mask=words.attention_mask)
        for kind, axes, opset in [("dynamic", batch, 17), ("static", None, 14)]:
            name = f"hugging-face-{kind}"
            shutil.copytree(folder, out / name)
            write(out / name / "onnx", Whole(), inputs, list(batch), outputs, axes, opset_version=opset)
            expect(name, made.image_embeds, made.text_embeds, model.logit_scale.exp())
    shutil.rmtree(folder)


def open_clip_model():
    configuration = {"embed_dim": 32,
                     "vision_cfg": {"image_size": 48, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
                     "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}}
    preprocessing = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.25], "interpolation": "bilinear", "resize_mode": "squash"}
    model = enlarge(open_clip.CLIP(**configuration))
    transform = open_clip.image_transform(48, is_train=False, mean=preprocessing["mean"], std=preprocessing["std"],
                                          interpolation="bilinear", resize_mode="squash")
    words = open_clip.tokenizer.SimpleTokenizer(context_length=20)(CAPTIONS)
    pixels = torch.stack([transform(picture) for picture in pictures])

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image, text):
            image, text = self.model.encode_image(image, normalize=True), self.model.encode_text(text, normalize=True)
            logits = self.model.logit_scale.exp() * image @ text.T
            return logits, logits.T

    with torch.no_grad():
        made = (model.encode_image(pixels), model.encode_text(words))
        name = "open_clip-logits"
        axes = {"image": {0: "image_batch"}, "text": {0: "text_batch"}}
        write(out / name, Logits(), (pixels[:2], words[:2]), ["image", "text"], ["logits_per_image", "logits_per_text"], axes,
              opset_version=17)
        (out / name / "open_clip_config.json").write_text(
            json.dumps({"model_cfg": configuration, "preprocess_cfg": preprocessing}))
        expect(name, *made, model.logit_scale.exp())


hugging_face()
open_clip_model()
