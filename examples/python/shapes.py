"""Changes of shape and parts of results: no layers, but what a layer takes."""

import math

import torch
from torch.nn import functional as F

import channels
import selection
from graph import Result, refuse
from record import Unsupported, Value, mapped

NAMES = (
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "ravel", "permute",
    "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT", "expand", "expand_as", "getitem", "tile",
    "repeat", "channel_shuffle", "split", "chunk", "unbind", "narrow", "select", "index_select", "tensor_split", "flip",
    "repeat_interleave",
)


def move(layers, input, *args, **kwargs):
    """The result in another shape, or parts of it. Numbers are moved as the numbers of their places are, by the same function."""
    if not isinstance(input, Result):
        # A constant in the shape of a result, of which the step knows how many images it has.
        args, kwargs = mapped((layers.step.args[1:], layers.step.kwargs), Value, lambda other: torch.empty(other.shape))
        return layers.step.function(input, *args, **{key: value for key, value in kwargs.items() if key != "input"})
    args, kwargs = mapped((args, kwargs), Result, lambda other: torch.empty(layers.images, *other.shape))
    return moved_by(layers, input, lambda places: layers.step.function(places, *args, **kwargs))


def moved_by(layers, input, function):
    """What a function makes of a result, which moves its numbers."""
    if input.places is None:
        places = torch.arange(layers.images * math.prod(input.shape)).reshape(layers.images, *input.shape)
    else:
        # A copy, since the function may be one that works in place.
        places = input.places.clone(memory_format=torch.contiguous_format)
    made = function(places)
    if not isinstance(made, torch.Tensor):
        return [moved_to(layers, input, function, lambda all, i=i: all[i], part) for i, part in enumerate(made)]
    return moved_to(layers, input, function, lambda all: all, made)


def moved_to(layers, input, function, part, moved):
    """The result whose numbers are those of these places; a part of what a function made of another."""
    base = layers.shapes[input.layer]
    length = math.prod(base) if input.pooled is None else base[0] * len(input.pooled)
    result = input.of(input.layer, moved.shape[1:])
    result.name = layers.step.layer
    result.places = result.moved = None
    every = torch.arange(layers.images * length)
    if moved.dim() == 0 or len(moved) != layers.images:
        result.moved = (
            f"{list(moved.shape)}, which {layers.step.label} made of {layers.images} images of shape {input.shape}, so that"
            " rows are no images; keep the first dimension, as in x.view(x.size(0), -1)"
        )
    elif not torch.equal(moved.flatten(), every):
        result.moved = (
            f"what {layers.step.label} has moved: {result.shape} of {input.shape} in another order; a file has slices with a step,"
            " zeros around an image, repeated elements and shuffled groups of channels"
        )
    if result.moved:
        result.places = moved
        result.partial = not torch.equal(moved.flatten().sort().values, every)
    if result.partial and input.pooled is None and result.options(layers) is None and input.partial and input.options(layers) is not None:
        # A part in a shape that no layer selects: the part first.
        layers.select(input)
        again = part(function(torch.arange(layers.images * math.prod(input.shape)).reshape(layers.images, *input.shape)))
        return moved_to(layers, input, function, part, again)
    return result


def pad(layers, input, pad, mode="constant", value=None):
    refuse(mode not in ("constant", "replicate"), f"pads with `{mode}`; expected zeros, or the edges: mode 'replicate'")
    refuse(mode == "constant" and value, f"pads with {value}; expected zeros")
    # As reals, since edges of whole numbers are not repeated by PyTorch.
    options = {"value": selection.NONE} if mode == "constant" else {}
    return moved_by(layers, input, lambda places: F.pad(places.double(), pad, mode, **options).long())


def interpolate(layers, input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None,
                antialias=False):
    refuse(mode not in ("nearest", "nearest-exact"), f"interpolates ({mode}); expected mode='nearest', which repeats elements")
    return moved_by(layers, input, lambda places: F.interpolate(
        places.double(), size, scale_factor, mode, recompute_scale_factor=recompute_scale_factor).long())


def behind_constants(layers, tensors):
    """A result with constant tokens before it, as class tokens are: zeros to which they are added."""
    *constants, result = tensors
    count = sum(part.shape[1] for part in constants)
    row = torch.cat([part[:1] for part in constants], 1).double()
    refuse(any(bool((part != part[:1]).any()) for part in constants), "joins constants that differ from image to image")
    padded = moved_by(layers, result, lambda places: F.pad(places.double(), (0, 0, count, 0), value=selection.NONE).long())
    shift = torch.zeros(1, *padded.shape, dtype=torch.float64)
    shift[:, :count] = row
    return channels.scaled_elements(layers, padded, 1.0, shift)


def cat(layers, tensors, dim=0):
    tokens = isinstance(tensors[-1], Result) and len(tensors[-1].shape) == 2 and dim % 3 == 1
    if tokens and len(tensors) > 1 and not any(isinstance(part, Result) for part in tensors[:-1]):
        return behind_constants(layers, tensors)
    refuse(not all(isinstance(part, Result) for part in tensors), "joins a constant with results; expected results alone")
    ranks = {len(part.shape) for part in tensors}
    refuse(ranks not in ({1}, {2}, {3}) or dim % (ranks.pop() + 1) != 1,
           f"joins results of shapes {[part.shape for part in tensors]} along dimension {dim}; expected images [C, H, W], sequences [C, L] or vectors"
           " and their channels, dim=1")
    return tensors[0].of(tensors[0].layer) if len(tensors) == 1 else layers.join(tensors)
