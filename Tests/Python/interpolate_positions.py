#!/usr/bin/env python3
"""usage: interpolate_positions.py OUTPUT.json

What PyTorch's interpolation makes of small grids of embeddings; `Fixtures/positions.json` is its output. Needs torch."""

import json
import sys

import torch

torch.manual_seed(0)
cases = []
for old, new in [(4, 6), (7, 12), (6, 4), (9, 2), (5, 5), (1, 3), (2, 3), (3, 1)]:
    grid = torch.randn(1, 2, old, old, dtype=torch.float64).float()
    for method in ["bilinear", "bicubic"]:
        result = torch.nn.functional.interpolate(
            grid.double(), size=(new, new), mode=method, align_corners=False, antialias=method == "bicubic"
        )
        cases.append(
            {
                "old": old,
                "new": new,
                "method": method,
                "input": grid[0].permute(1, 2, 0).flatten().tolist(),
                "output": [round(x, 9) for x in result[0].permute(1, 2, 0).flatten().tolist()],
            }
        )
with open(sys.argv[1], "w") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
