"""Operators of ONNX as functions of PyTorch: inputs by place, attributes by name."""

import math

import torch
from torch.nn import functional as F

from record import Unsupported


def numbers(tensor):
    """A constant as Python's numbers."""
    return [tensor.item()] if tensor.dim() == 0 else tensor.tolist()


def ends(x, rank, pads, auto_pad, kernel, strides, dilations):
    """The padding at the beginning and at the end of every side."""
    if auto_pad not in ("NOTSET", "VALID", ""):
        pads = [0] * (2 * rank)
        for side, (size, k, s, d) in enumerate(zip(x.shape[2:], kernel, strides, dilations)):
            missing = max(0, (-(-size // s) - 1) * s + d * (k - 1) + 1 - size)
            least, most = missing // 2, missing - missing // 2
            pads[side], pads[side + rank] = (least, most) if auto_pad == "SAME_UPPER" else (most, least)
    pads = pads or [0] * (2 * rank)
    return list(pads[:rank]), list(pads[rank:])


def symmetric(x, rank, pads, auto_pad, kernel, strides, dilations, value=0.0):
    """The input and its padding; padded first if the two ends of a side differ."""
    begin, end = ends(x, rank, pads, auto_pad, kernel, strides, dilations)
    if begin == end:
        return x, begin
    both = [p for side in range(rank - 1, -1, -1) for p in (begin[side], end[side])]
    return F.pad(x, both, value=value), [0] * rank


def uncounted(pool, x, pads, auto_pad, kernel, strides, dilations, ceil_mode):
    """A pool that does not see its padding, as a function of PyTorch's padding and ceil_mode."""
    rank = len(kernel)
    begin, end = ends(x, rank, pads, auto_pad, kernel, strides, dilations)
    if begin == end:
        return pool(x, begin, bool(ceil_mode))
    # Windows that end with the image are those of ceil_mode, if there are as many.
    sides = zip(x.shape[2:], begin, end, kernel, strides, dilations)
    made = [(n + b + e - d * (k - 1) - 1) // s + 1 for n, b, e, k, s, d in sides]
    result = pool(x, begin, True)
    if list(result.shape[2:]) != made or ceil_mode:
        raise Unsupported(f"pads {begin} and {end} places, which no pool of PyTorch does; pad both ends alike")
    return result


def conv(x, w, b=None, *, strides=None, pads=None, dilations=None, group=1, auto_pad="NOTSET", kernel_shape=None):
    rank = w.dim() - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    x, padding = symmetric(x, rank, pads, auto_pad, list(w.shape[2:]), strides, dilations)
    function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[rank]
    return function(x, w, b, strides, padding, dilations, group)


def conv_transpose(x, w, b=None, *, strides=None, pads=None, dilations=None, group=1, auto_pad="NOTSET", kernel_shape=None,
                   output_padding=None, output_shape=None):
    rank = w.dim() - 2
    if output_shape or auto_pad not in ("NOTSET", "VALID", ""):
        raise Unsupported("says what shape it makes (output_shape or auto_pad); expected `pads` and `output_padding`")
    strides, dilations, more = strides or [1] * rank, dilations or [1] * rank, output_padding or [0] * rank
    pads = pads or [0] * (2 * rank)
    begin, end = list(pads[:rank]), list(pads[rank:])
    function = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[rank]
    if begin == end:
        return function(x, w, b, strides, begin, more, group, dilations)
    full = function(x, w, b, strides, 0, more, group, dilations)
    return full[(slice(None), slice(None), *(slice(b, n - e) for b, n, e in zip(begin, full.shape[2:], end)))]


def gemm(a, b, c=None, *, alpha=1.0, beta=1.0, transA=0, transB=0):
    if transA:
        a = a.t()
    weight = (b if transB else b.t()) * alpha if alpha != 1 else b if transB else b.t()
    if c is None or c.dim() == 1 and len(c) == len(weight):
        return F.linear(a, weight, c if c is None or beta == 1 else c * beta)
    return F.linear(a, weight) + c * beta


def batch_norm(x, scale, bias, mean, var, *, epsilon=1e-5, momentum=0.9, training_mode=0, spatial=1):
    return F.batch_norm(x, mean, var, scale, bias, bool(training_mode), 1 - momentum, epsilon)


def layer_norm(x, scale, bias=None, *, axis=-1, epsilon=1e-5, stash_type=1):
    return F.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def group_norm(x, scale, bias, *, num_groups, epsilon=1e-5, stash_type=1):
    if len(scale) != x.shape[1]:
        # Up to the 20th set of operators there was one for every group.
        scale, bias = (values.repeat_interleave(x.shape[1] // num_groups) for values in (scale, bias))
    return F.group_norm(x, num_groups, scale, bias, epsilon)


def instance_norm(x, scale, bias, *, epsilon=1e-5):
    return F.instance_norm(x, weight=scale, bias=bias, eps=epsilon)


def clip(x, low=None, high=None, *, min=None, max=None):
    low, high = (bound if bound is None else bound.item() for bound in (low, high))
    low, high = min if low is None else low, max if high is None else high
    if low is None and high is None:
        return x
    return torch.clamp(x, low, high)


def leaky_relu(x, *, alpha=0.01):
    return F.leaky_relu(x, alpha)


def prelu(x, slope):
    by_channel = list(slope.shape) == [x.shape[1], *[1] * (x.dim() - 2)]
    if slope.numel() != 1 and not by_channel:
        raise Unsupported(f"takes slopes of shape {list(slope.shape)}; expected one, or one for each channel,"
                          f" {[x.shape[1], *[1] * (x.dim() - 2)]}")
    return F.prelu(x, slope.reshape(-1))


def divide(x, y):
    whole = not x.is_floating_point() and not y.is_floating_point()
    return torch.div(x, y, rounding_mode="trunc") if whole else torch.div(x, y)


def elu(x, *, alpha=1.0):
    return F.elu(x, alpha)


def selu(x, *, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875):
    return F.elu(x, alpha) * gamma


def celu(x, *, alpha=1.0):
    return F.celu(x, alpha)


def hardsigmoid(x, *, alpha=0.2, beta=0.5):
    if math.isclose(alpha, 1 / 6, rel_tol=1e-4) and beta == 0.5:
        return F.hardsigmoid(x)
    return torch.clamp(x * alpha + beta, 0.0, 1.0)


def gelu(x, *, approximate="none"):
    return F.gelu(x, approximate=approximate)


def over(function, x, axis, opset):
    """A function over an axis; before the 13th set of operators over that one and all that follow, as one."""
    if opset >= 13:
        return function(x, -1 if axis is None else axis)
    axis = 1 if axis is None else axis
    if axis % x.dim() == x.dim() - 1:
        return function(x, axis)
    return function(x.flatten(axis), -1).view(x.shape)


def softmax(x, *, axis=None, opset):
    return over(lambda x, dim: F.softmax(x, dim=dim), x, axis, opset)


def log_softmax(x, *, axis=None, opset):
    return over(lambda x, dim: F.log_softmax(x, dim=dim), x, axis, opset)


def max_pool(x, *, kernel_shape, strides=None, pads=None, dilations=None, auto_pad="NOTSET", ceil_mode=0, storage_order=0):
    rank = len(kernel_shape)
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    function = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[rank]

    def pool(x, padding, ceil_mode):
        return function(x, kernel_shape, strides, padding, dilations, ceil_mode)

    return uncounted(pool, x, pads, auto_pad, kernel_shape, strides, dilations, ceil_mode)


def avg_pool(x, *, kernel_shape, strides=None, pads=None, dilations=None, auto_pad="NOTSET", ceil_mode=0,
             count_include_pad=0):
    rank = len(kernel_shape)
    if set(dilations or [1]) != {1}:
        raise Unsupported(f"has dilation {dilations}; expected a mean of neighbours")
    strides, dilations = strides or [1] * rank, [1] * rank
    function = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[rank]
    if count_include_pad:
        x, padding = symmetric(x, rank, pads, auto_pad, kernel_shape, strides, dilations)
        return function(x, kernel_shape, strides, padding, bool(ceil_mode))

    def pool(x, padding, ceil_mode):
        return function(x, kernel_shape, strides, padding, ceil_mode, False)

    return uncounted(pool, x, pads, auto_pad, kernel_shape, strides, dilations, ceil_mode)


def global_avg_pool(x):
    return F.adaptive_avg_pool2d(x, 1) if x.dim() == 4 else x.mean(list(range(2, x.dim())), keepdim=True)


def global_max_pool(x):
    return F.adaptive_max_pool2d(x, 1) if x.dim() == 4 else F.adaptive_max_pool1d(x, 1)


def mean(x, over=None, *, axes=None, keepdims=1, noop_with_empty_axes=0):
    axes = numbers(over) if over is not None else axes
    if not axes:
        axes = list(range(x.dim()))
    return x.mean(axes, keepdim=bool(keepdims))


def dropout(x, ratio=None, training=None, *, seed=0, is_test=1):
    return F.dropout(x, 0.5, bool(training.item()) if training is not None else False)


def reshape(x, shape, *, allowzero=0):
    wanted = numbers(shape)
    return torch.reshape(x, [x.shape[i] if n == 0 and not allowzero else n for i, n in enumerate(wanted)])


def flatten(x, *, axis=1):
    rows = 1
    for side in x.shape[:axis % (x.dim() + 1) if axis < 0 else axis]:
        rows *= side
    return torch.reshape(x, [rows, -1])


def squeeze(x, over=None, *, axes=None):
    axes = numbers(over) if over is not None else axes
    # Without axes all that are 1, except that of the images.
    axes = [axis for axis in range(1, x.dim()) if x.shape[axis] == 1] if axes is None else axes
    for axis in sorted((axis % x.dim() for axis in axes), reverse=True):
        x = torch.squeeze(x, axis)
    return x


def unsqueeze(x, over=None, *, axes=None):
    axes = numbers(over) if over is not None else axes
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = torch.unsqueeze(x, axis)
    return x


def transpose(x, *, perm=None):
    return torch.permute(x, perm or list(range(x.dim()))[::-1])


def identity(x):
    return x


TYPES = {1: torch.float32, 2: torch.uint8, 3: torch.int8, 5: torch.int16, 6: torch.int32, 7: torch.int64, 9: torch.bool,
         10: torch.float16, 11: torch.float64, 16: torch.bfloat16}


def cast(x, *, to, saturate=1):
    return x.to(TYPES[to])


def concat(*parts, axis):
    return torch.cat(parts, axis)


def gather(x, indices, *, axis=0):
    if indices.dim() == 0:
        return torch.select(x, axis, int(indices))
    return torch.index_select(x, axis, indices.flatten()).unflatten(axis, list(indices.shape))


def split(x, sizes=None, *, axis=0, split=None, num_outputs=None, outputs):
    sizes = numbers(sizes) if sizes is not None else split
    return torch.split(x, sizes or -(-x.shape[axis] // (num_outputs or outputs)), axis)


def resize(x, roi=None, scales=None, sizes=None, *, mode="nearest", coordinate_transformation_mode="half_pixel",
           nearest_mode="round_prefer_floor", axes=None, keep_aspect_ratio_policy="stretch", **_):
    known = {("asymmetric", "floor"): "nearest", ("half_pixel", "round_prefer_ceil"): "nearest-exact"}
    # Where sides are multiples, the middle of a pixel is never halfway between two.
    of_multiples = {(middle, by) for middle in ("half_pixel", "pytorch_half_pixel") for by in ("round_prefer_floor", "round_prefer_ceil")}
    way = (coordinate_transformation_mode, nearest_mode)
    if mode != "nearest":
        raise Unsupported(f"interpolates ({mode}); expected the mode nearest, which repeats elements")
    if keep_aspect_ratio_policy != "stretch":
        raise Unsupported(f"keeps the ratio of its sides ({keep_aspect_ratio_policy}); expected sizes or scales to stretch to")
    if axes is not None:
        # Of the others nothing changes.
        given = dict(zip((axis % x.dim() for axis in axes), numbers(scales if sizes is None else sizes)))
        every = torch.tensor([given.get(axis, 1 if sizes is None else side) for axis, side in enumerate(x.shape)])
        scales, sizes = (every, None) if sizes is None else (None, every)
    all_scales = None if sizes is not None else numbers(scales)
    sides = numbers(sizes) if sizes is not None else [int(n * s) for n, s in zip(x.shape, all_scales)]
    if sides[:2] != list(x.shape[:2]) or len(sides) != x.dim():
        raise Unsupported(f"makes {sides} of {list(x.shape)}; expected other rows and columns alone")
    if way not in known and (way not in of_multiples or any(a % b for a, b in zip(sides[2:], x.shape[2:]))):
        raise Unsupported(f"takes the nearest elements by {coordinate_transformation_mode} and {nearest_mode}; expected"
                          " asymmetric and floor, or half_pixel and sides that are multiples")
    if all_scales is not None:
        return F.interpolate(x, scale_factor=all_scales[2:], mode=known.get(way, "nearest"))
    return F.interpolate(x, sides[2:], mode=known.get(way, "nearest"))


def upsample(x, scales=None, *, mode="nearest", **options):
    scales = options.get("scales") if scales is None else numbers(scales)
    return resize(x, scales=torch.tensor(scales), mode=mode, coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def part(x, starts, ends, axes=None, steps=None):
    starts, ends = numbers(starts), numbers(ends)
    axes = list(range(len(starts))) if axes is None else numbers(axes)
    steps = [1] * len(starts) if steps is None else numbers(steps)
    for start, end, axis, step in zip(starts, ends, axes, steps):
        axis %= x.dim()
        if step < 0:
            x = torch.index_select(x, axis, torch.tensor(range(x.shape[axis])[start:end:step], dtype=torch.int64))
        else:
            x = x[(slice(None),) * axis + (slice(start, end, step),)]
    return x


def pad(x, pads=None, value=None, axes=None, *, mode="constant"):
    pads = numbers(pads)
    axes = list(range(x.dim())) if axes is None else numbers(axes)
    sides = {axis % x.dim(): (pads[i], pads[i + len(axes)]) for i, axis in enumerate(axes)}
    both = [p for axis in range(x.dim() - 1, -1, -1) for p in sides.get(axis, (0, 0))]
    while both[-2:] == [0, 0]:
        both = both[:-2]
    return F.pad(x, both, {"edge": "replicate"}.get(mode, mode), value.item() if value is not None and mode == "constant" else None)


def shape(x, *, start=0, end=None):
    return torch.tensor(list(x.shape)[start:end])


def full(dims, *, value=None):
    value = torch.zeros(1) if value is None else value
    return value.expand(numbers(dims)).clone()


def expand(x, dims):
    return x * torch.ones(numbers(dims), dtype=x.dtype)


# What computes sizes and other constants.
PLUMBING = {
    "Shape": shape, "ConstantOfShape": full, "Expand": expand, "Reciprocal": lambda x: 1 / x, "Floor": torch.floor,
    "Range": lambda start, end, step: torch.arange(start.item(), end.item(), step.item()),
    "Equal": torch.eq, "Where": torch.where, "Size": lambda x: torch.tensor(x.numel()),
    "ReduceProd": lambda x, axes=None, *, keepdims=1: x.prod().reshape([1] if keepdims else []),
}
