#!/usr/bin/env python3
"""usage: siglip_loss.py

Prints open_clip's SigLipLoss of a small batch and PyTorch's gradients, as they stand in SigmoidLossTests. The features are
sin and cos of 1 + the element's number, and are normalised here; the scale is e to the power of log_scale."""

import torch
from open_clip.loss import SigLipLoss

rows, width = 5, 3
numbers = torch.arange(1, rows * width + 1, dtype=torch.float64)
image = numbers.sin().reshape(rows, width).requires_grad_()
text = numbers.cos().reshape(rows, width).requires_grad_()
log_scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
bias = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)

normalised = [torch.nn.functional.normalize(x, dim=1) for x in (image, text)]
loss = SigLipLoss()(*normalised, log_scale.exp(), bias)
loss.backward()

for name, value in [("loss", loss), ("image", image.grad), ("text", text.grad), ("log_scale", log_scale.grad), ("bias", bias.grad)]:
    print(name, ", ".join(f"{x:.8f}" for x in value.detach().flatten().tolist()))
