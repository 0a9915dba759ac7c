"""Changes of shape: no layers, but what a layer takes."""

import math

import torch

from graph import Result, refuse
from record import mapped

NAMES = (
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "ravel", "permute",
    "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "expand", "expand_as", "getitem", "tile",
    "repeat", "channel_shuffle",
)


def move(layers, input, *args, **kwargs):
    """The result in another shape. Numbers are moved as the numbers of their places are, by the same function."""
    if input.places is None:
        places = torch.arange(layers.images * math.prod(input.shape)).reshape(layers.images, *input.shape)
    else:
        # A copy, since the function may be one that works in place.
        places = input.places.clone()
    count = places.numel()
    args, kwargs = mapped((args, kwargs), Result, lambda other: torch.empty(layers.images, *other.shape))
    moved = layers.step.function(places, *args, **kwargs)
    refuse(moved.numel() != count, f"makes {list(moved.shape)} of {list(places.shape)}; expected all numbers, each of them once")
    result = input.of(input.layer, moved.shape[1:])
    result.name = layers.step.layer
    result.places = result.moved = None
    if moved.dim() == 0 or len(moved) != layers.images:
        result.moved = (
            f"{list(moved.shape)}, which {layers.step.label} made of {layers.images} images of shape {input.shape}, so that"
            " rows are no images; keep the first dimension, as in x.view(x.size(0), -1)"
        )
    elif not torch.equal(moved.flatten(), torch.arange(count)):
        result.moved = (
            f"what {layers.step.label} has moved: {result.shape} of {input.shape} in another order; no layer of a file moves"
            " numbers"
        )
    if result.moved:
        result.places = moved
    return result


def pad(layers, input, pad, mode="constant", value=None):
    refuse(mode != "constant", f"pads with `{mode}`, not with zeros; take padding_mode='zeros'")
    refuse(any(pad), "pads by itself; give the padding to the layer that follows it")
    return input.of(input.layer)
