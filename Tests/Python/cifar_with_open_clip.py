#!/usr/bin/env python3
"""usage: cifar_with_open_clip.py CLIPGRAPH CIFAR.tar.gz FOLDER

Takes 50 steps with open_clip and with clipgraph on CIFAR-10: same initial weights, batches and recipe. Prints both losses and
the largest difference; fails where it is above 1e-3."""
import io
import json
import math
import random
import subprocess
import sys
import tarfile

import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

clipgraph, archive, folder = sys.argv[1:]
STEPS, BATCH, WARMUP, RATE = 50, 64, 10, 1e-3
torch.manual_seed(0)
torch.set_num_threads(2)
tower = {"layers": 3, "width": 128}
vision = {**tower, "image_size": 32, "patch_size": 8, "head_width": 64}
text = {**tower, "context_length": 16, "vocab_size": 49408, "heads": 2}
mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
configuration = {"embed_dim": 128, "vision_cfg": vision, "text_cfg": text}
with open(f"{folder}/open_clip_config.json", "w") as file:
    json.dump({"model_cfg": configuration, "preprocess_cfg": {"mean": mean, "std": std}}, file)
model = open_clip.CLIP(128, open_clip.CLIPVisionCfg(**vision), open_clip.CLIPTextCfg(**text))
weights = {name: array.contiguous() for name, array in model.state_dict().items() if name != "attn_mask"}
save_file(weights, f"{folder}/open_clip_model.safetensors")
chance, files = random.Random(0), {}
with tarfile.open(archive) as tar:
    for member in tar:
        if member.isfile() and member.name.startswith("train/"):
            files[member.name] = tar.extractfile(member).read()
names = sorted(files)
chance.shuffle(names)
tokenizer = open_clip.SimpleTokenizer(context_length=16)
templates = ["a photo of a {}.", "a small photo of the {}.", "one {} in the middle of the picture.", "a {}."]
batches = []
for step in range(STEPS):
    chosen = names[step * BATCH:(step + 1) * BATCH]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(files[n])).convert("RGB"), np.float32) / 255 for n in chosen])
    pixels = (pixels - np.float32(mean)) / np.float32(std)
    captions = [chance.choice(templates).format(n.split("/")[1]) for n in chosen]
    batches.append({"image": torch.tensor(pixels.transpose(0, 3, 1, 2).copy()), "text": tokenizer(captions).long()})


def run(*arguments):
    subprocess.run([clipgraph, *arguments], check=True, stdout=subprocess.DEVNULL)


def is_plain(name, parameter):
    return parameter.ndim < 2 or any(part in name for part in ("bn", "ln", "bias", "logit_scale"))


state, inputs, outputs = (f"{folder}/{name}" for name in ("state.onnx", "batch.safetensors", "out.safetensors"))
schedule = ["--lr", str(RATE), "--warmup", str(WARMUP), "--steps", str(STEPS)]
run("convert", folder, "-o", state, "--training", *schedule)
named = list(model.named_parameters())
groups = [
    {"params": [p for n, p in named if is_plain(n, p)], "weight_decay": 0.0},
    {"params": [p for n, p in named if not is_plain(n, p)], "weight_decay": 0.2},
]
optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), eps=1e-6)
loss_of, worst = open_clip.ClipLoss(), 0
model.train()
for step, batch in enumerate(batches):
    falling = RATE * 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))
    rate = RATE * (step + 1) / WARMUP if step < WARMUP else falling
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    theirs = loss_of(*model(batch["image"], batch["text"])[:3])
    theirs.backward()
    optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(0, math.log(100))
    save_file(batch, inputs)
    run("run", state, "--train", "--inputs", inputs, "--outputs", outputs, "--save", state)
    ours = load_file(outputs)["loss"].item()
    worst = max(worst, abs(ours - theirs.item()))
    print(step + 1, f"{theirs.item():.6f} {ours:.6f} {worst:.2e}", flush=True)
sys.exit(worst > 1e-3)
