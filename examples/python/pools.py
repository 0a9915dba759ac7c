"""Pools: maxima and means over windows."""

import torch

import shapes
from graph import Result, refuse


def pair(value):
    """A number or a pair of them as a pair."""
    if isinstance(value, int):
        return [int(value)] * 2
    numbers = [int(v) for v in value]
    return numbers * 2 if len(numbers) == 1 else numbers


def missing(input, made, size, stride, padding, dilation):
    """Rows and columns that the last places of a pool lack at the end of the image and its padding."""
    sides = zip(input.shape[1:], made, size, stride, padding, dilation)
    return [max(0, (m - 1) * s + d * (k - 1) + 1 - n - 2 * p) for n, m, k, s, p, d in sides]


def max_pool(layers, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    size, stride, padding, dilation = pair(kernel_size), pair(stride or kernel_size), pair(padding), pair(dilation)
    layers.image(input)
    down, right = missing(input, layers.step.results[0].shape[2:], size, stride, padding, dilation)
    if down or right:
        # A window that goes beyond the end (ceil_mode) sees the last row and column, so that it may see them twice.
        refuse(dilation != [1, 1], "has a dilation and places beyond the image (ceil_mode); do without one of them")
        input = shapes.pad(layers, input, [0, right, 0, down], "replicate")
        input.name = f"{layers.step.layer}_edges"
        layers.image(input)
    return layers.push("max_pool2d", size=size, stride=stride, padding=padding, dilation=dilation)


def avg_pool(layers, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):
    size, stride, padding = pair(kernel_size), pair(stride or kernel_size), pair(padding)
    refuse(padding != [0, 0] and not count_include_pad,
           "leaves what is padded out of the mean; take count_include_pad=True or no padding")
    layers.image(input)
    refuse(any(missing(input, layers.step.results[0].shape[2:], size, stride, padding, [1, 1])),
           "has places beyond the image (ceil_mode), which average fewer values; do without ceil_mode, or pad the images")
    pooled = layers.push("avg_pool2d", size=size, stride=stride, padding=padding)
    if divisor_override is None:
        return pooled
    factor = torch.tensor(size[0] * size[1] / divisor_override)
    return layers.scale(pooled, factor, torch.tensor(0.0))


def windows(size, places):
    """The means `[places, size]` that an adaptive pool takes along one side."""
    matrix = torch.zeros(places, size, dtype=torch.float64)
    for place in range(places):
        start, end = place * size // places, -(-(place + 1) * size // places)
        matrix[place, start:end] = 1 / (end - start)
    return matrix


def adaptive_avg_pool(layers, input, output_size):
    _, *sides = layers.image(input)
    made = layers.step.results[0].shape[2:]
    if made == [1, 1]:
        return layers.push("global_avg_pool2d")
    if not any(s % p for s, p in zip(sides, made)):
        return avg_pool(layers, input, [s // p for s, p in zip(sides, made)])
    result = Result(input.layer, [input.shape[0], *made], layers.step.layer)
    result.pooled = torch.kron(windows(sides[0], made[0]), windows(sides[1], made[1]))
    result.blocked = (
        f"takes what {layers.step.label} pooled from {sides} to {made}, windows of unlike sizes, which is not taken but by a"
        " linear layer behind a flatten; pool to sides that divide the image's"
    )
    return result


def adaptive_max_pool(layers, input, output_size, return_indices=False):
    _, *sides = layers.image(input)
    made = layers.step.results[0].shape[2:]
    refuse(any(s % p for s, p in zip(sides, made)),
           f"pools {sides} to {made}, windows of unlike sizes; pool to sides that divide the image's")
    return max_pool(layers, input, [s // p for s, p in zip(sides, made)])


def mean(layers, input, dim=None, keepdim=False, dtype=None):
    shape = input.shape
    dims = sorted(d % (len(shape) + 1) for d in ([dim] if isinstance(dim, int) else dim or ()))
    base = layers.shapes[input.layer]
    rows = input.places is None and len(shape) == 2 and len(base) == 3 and base[0] == shape[0]
    if dims == [2] and rows:
        # Of an image whose places are one dimension.
        input = input.of(input.layer, base)
        dims = [2, 3]
    refuse(len(input.shape) != 3 or not set(dims) <= {2, 3} or not dims,
           "averages something else than the height, the width or both of an image [C, H, W]")
    layers.image(input)
    channels, height, width = input.shape
    size = [height if 2 in dims else 1, width if 3 in dims else 1]
    made = [channels, height // size[0], width // size[1]]
    if dims == [2, 3]:
        pooled = layers.push("global_avg_pool2d", shape=made)
    else:
        pooled = layers.push("avg_pool2d", shape=made, size=size, stride=size, padding=[0, 0])
    pooled.shape = layers.step.results[0].shape[1:]
    pooled.name = f"{pooled.layer}_flatten"
    return pooled
