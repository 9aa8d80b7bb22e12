#!/usr/bin/env python3
"""usage: make_torch_fixtures.py FOLDER

Writes files of torch.save and torch.jit.save with what state_dicts hold seldom, and beside each a NAME.safetensors with the same
tensors as PyTorch sees them."""

import argparse
import collections
import datetime
import pathlib
import sys

import numpy
import torch
from safetensors.torch import save_file

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
generator = torch.manual_seed(7)


def random(*sizes):
    return torch.randn(*sizes, generator=generator)


def write(name, value, tensors, **options):
    torch.save(value, folder / f"{name}.pt", **options)
    save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")


# Views of one storage: transposed, cut out, stepped over, permuted, repeated; every element type.
base = random(6, 8)
views = {
    "visual.whole": base, "visual.transposed": base.t(), "visual.rows": base[2:5], "visual.columns": base[:, 1:7:2],
    "visual.scalar": base[3, 4], "visual.permuted": random(2, 3, 4, 5).permute(3, 1, 0, 2),
    "visual.channels_last": random(2, 3, 4, 4).to(memory_format=torch.channels_last), "visual.empty": base[:0],
    "visual.expanded": random(3, 1).expand(3, 4), "visual.half": random(5, 3).half().t(),
    "visual.bfloat": random(7).bfloat16()[::2], "visual.double": random(4).double(),
    "visual.long": torch.tensor([-1, 2**40]), "visual.int": torch.tensor([-3, 5], dtype=torch.int32),
    "visual.short": torch.tensor([-3, 5], dtype=torch.int16), "visual.char": torch.tensor([-3, 5], dtype=torch.int8),
    "visual.byte": torch.tensor([3, 250], dtype=torch.uint8), "visual.bool": torch.tensor([True, False]),
    "visual.unsigned": torch.tensor([1, 65535], dtype=torch.uint16),
    "visual.parameter": torch.nn.Parameter(random(3)),
}
write("views", views, views)
write("protocol5", collections.OrderedDict(views), views, pickle_protocol=5)

# A training checkpoint with all that programs put into it.
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
optimizer = torch.optim.AdamW(model.parameters())
model(random(5, 3)).sum().backward()
optimizer.step()
state = model.state_dict(prefix="module.visual.")
write(
    "training", {
        "epoch": 3, "name": "run", "best": numpy.float64(0.5), "history": numpy.arange(3.0), "when": datetime.datetime(2024, 1, 2),
        "args": argparse.Namespace(lr=1e-3, path=pathlib.PurePosixPath("x")), "state_dict": state,
        "optimizer": optimizer.state_dict(), "scheduler": collections.defaultdict(list, {"a": [1, 2.5, None]}),
        "random": torch.get_rng_state(), "device": torch.device("cpu"), "type": torch.float16, "sizes": torch.Size([1, 2]),
        "set": {1, 2}, "bytes": b"abc", "big": 1 << 100, "negative": -5, "complex": 1j,
    }, {key.removeprefix("module."): tensor for key, tensor in state.items()})


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(random(4, 2).half().t())
        self.register_buffer("running", random(3))

    def forward(self, x):
        return x


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Sequential(Inner(), Inner(), torch.nn.Linear(2, 2))
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))
        self.register_buffer("input_resolution", torch.tensor(64))
        self.listed = [1, 2, 3]

    def forward(self, x):
        return self.visual[0](x)


outer = Outer()
torch.jit.script(outer).save(str(folder / "script.pt"))
tensors = {key: tensor for key, tensor in outer.state_dict().items() if key != "input_resolution"}
save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, folder / "script.safetensors")
