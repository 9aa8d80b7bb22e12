#!/usr/bin/env python3
"""usage: check_checkpoint.py LAYOUT FOLDER INPUTS.safetensors OUTPUTS.safetensors

Loads what `clipgraph checkpoint` wrote into FOLDER with its own program (LAYOUT open_clip or hugging-face) and writes the features
and logits that it computes in float64 from `image` and `text`. Every tensor must find its place."""

import json
import sys

import torch
from safetensors.torch import load_file, save_file

layout, folder, inputs, outputs = sys.argv[1:]
feed = load_file(inputs)
image, text = feed["image"].double(), feed["text"].long()


def hugging_face():
    from transformers import CLIPModel

    model, info = CLIPModel.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    model = model.double().eval()
    given = model(input_ids=text, pixel_values=image)

    def features(found):
        return found if isinstance(found, torch.Tensor) else found.pooler_output

    return (features(model.get_image_features(pixel_values=image)), features(model.get_text_features(input_ids=text)),
            given.logits_per_image)


def open_clip_model():
    import open_clip

    # As a file of weights for a model of that configuration.
    configuration = json.load(open(folder + "/open_clip_config.json"))["model_cfg"]
    kind = open_clip.CustomTextCLIP if configuration.pop("custom_text", False) else open_clip.CLIP
    model = kind(**configuration)
    problems = open_clip.factory.load_checkpoint(model, folder + "/open_clip_model.safetensors", strict=True)
    assert not problems or not any(problems), problems
    # As a folder.
    created = open_clip.create_model("local-dir:" + folder)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, created.state_dict()[name]), name
    model = model.double().eval()
    image_features, text_features = model.encode_image(image), model.encode_text(text)
    normalised = [x / x.norm(dim=-1, keepdim=True) for x in (image_features, text_features)]
    logits = model.logit_scale.exp() * normalised[0] @ normalised[1].T
    if model.logit_bias is not None:
        logits = logits + model.logit_bias
    return image_features, text_features, logits


with torch.no_grad():
    results = hugging_face() if layout == "hugging-face" else open_clip_model()
names = ["image_features", "text_features", "logits_per_image"]
save_file({name: value.float().contiguous() for name, value in zip(names, results)}, outputs)
