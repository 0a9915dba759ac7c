"""Pools: maxima and means over windows.

A layer has windows of one size at equal distances. A pool whose windows differ, since they end where the image ends or are those
of an adaptive pool, is taken apart into runs of equal windows: each run is a pool of a part of the image, and their results,
with zeros around them, add up.
"""

import torch

import shapes
from graph import Result, refuse


def pair(value):
    """A number or a pair of them as a pair."""
    if isinstance(value, int):
        return [int(value)] * 2
    numbers = [int(v) for v in value]
    return numbers * 2 if len(numbers) == 1 else numbers


def places(layers):
    """Height and width of what a pool makes."""
    return ([1] + layers.step.results[0].shape[2:])[-2:]


def wide(value, height=1):
    """A number for the length of a sequence as a pair, for an image of height 1."""
    return [height, pair(value)[-1]]


def flat(layers, result):
    """An image of height 1 as a sequence `[C, L]`."""
    result.shape = layers.step.results[0].shape[1:]
    return result


def missing(input, made, size, stride, padding, dilation):
    """Rows and columns that the last places of a pool lack at the end of the image and its padding."""
    sides = zip(input.shape[1:], made, size, stride, padding, dilation)
    return [max(0, (m - 1) * s + d * (k - 1) + 1 - n - 2 * p) for n, m, k, s, p, d in sides]


def clipped(side, made, size, stride, padding, dilation):
    """The windows along a side, as first row and number of rows, without what lies beyond the image."""
    windows = []
    for place in range(made):
        rows = [place * stride - padding + dilation * i for i in range(size)]
        rows = [row for row in rows if 0 <= row < side]
        windows.append((rows[0], len(rows)))
    return windows


def adaptive(side, made):
    """The windows of an adaptive pool along a side."""
    starts = [place * side // made for place in range(made)]
    return [(start, -(-(place + 1) * side // made) - start) for place, start in enumerate(starts)]


def runs(windows):
    """Windows in runs of one size and one stride: first row, size, stride and number of each."""
    found = []
    for start, size in windows:
        if found:
            first, same, stride, count = found[-1]
            if same == size and (count == 1 or start == first + count * stride) and start > first:
                found[-1] = (first, size, stride if count > 1 else start - first, count + 1)
                continue
        found.append((start, size, 1, 1))
    return found


def along(layers, kind, input, name, sides, dilation):
    """Pools an image by runs of windows along its sides."""
    channels, *image = input.shape
    made = [sum(count for *_, count in side) for side in sides]
    total, done_rows = None, 0
    for row in sides[0]:
        done_columns = 0
        for column in sides[1]:
            run = row, column
            # The part of the image that the windows see.
            part = [(n - 1) * stride + d * (size - 1) + 1 for (_, size, stride, n), d in zip(run, dilation)]
            layers.go_to(input)
            if part != image:
                layers.push("select", shape=[channels, *part], name=f"{name}_part", size=[channels, *part],
                            start=[0, *(first for first, *_ in run)])
            options = {"dilation": dilation} if dilation != [1, 1] else {}
            places = [n for *_, n in run]
            piece = layers.push(kind, shape=[channels, *places], name=name, size=[size for _, size, *_ in run],
                                stride=[stride for *_, stride, _ in run], padding=[0, 0], **options)
            if places != made:
                piece = layers.push("select", shape=[channels, *made], name=f"{name}_padded", size=[channels, *made],
                                    start=[0, -done_rows, -done_columns])
            total = layers.push("add", shape=[channels, *made], name=f"{name}_sum", layer=total.layer) if total else piece
            done_columns += column[3]
        done_rows += row[3]
    return total


def pooled(layers, kind, input, name, windows, dilation=(1, 1)):
    """Pools an image by the windows along its two sides."""
    sides, dilation = [runs(side) for side in windows], list(dilation)
    if min(len(side) for side in sides) > 1:
        # Rows, then columns: fewer runs.
        input = along(layers, kind, input, f"{name}_rows", [sides[0], [(0, 1, 1, input.shape[2])]], [dilation[0], 1])
        sides, dilation = [[(0, 1, 1, input.shape[1])], sides[1]], [1, dilation[1]]
    return along(layers, kind, input, name, sides, dilation)


def max_pool(layers, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    size, stride, padding, dilation = pair(kernel_size), pair(stride or kernel_size), pair(padding), pair(dilation)
    layers.image(input)
    made = places(layers)
    down, right = missing(input, made, size, stride, padding, dilation)
    if (down or right) and dilation != [1, 1]:
        windows = [clipped(*side) for side in zip(input.shape[1:], made, size, stride, padding, dilation)]
        return pooled(layers, "max_pool2d", input, layers.step.layer, windows, dilation)
    if down or right:
        # A window that goes beyond the end (ceil_mode) sees the last row and column, so that it may see them twice.
        input = shapes.pad(layers, input, [0, right, 0, down], "replicate")
        input.name = f"{layers.step.layer}_edges"
        layers.image(input)
    return layers.push("max_pool2d", size=size, stride=stride, padding=padding, dilation=dilation)


def max_pool1d(layers, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    input, stride = layers.sequence(input), wide(stride or kernel_size)
    return flat(layers, max_pool(layers, input, wide(kernel_size), stride, wide(padding, 0), wide(dilation), ceil_mode))


def padded(layers, input, sides):
    """An image with zeros around it: left, right, top and bottom."""
    if not any(sides):
        return input
    input = shapes.pad(layers, input, sides)
    input.name = f"{layers.step.layer}_zeros"
    layers.image(input)
    return input


def avg_pool(layers, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):
    size, stride, padding = pair(kernel_size), pair(stride or kernel_size), pair(padding)
    layers.image(input)
    made = places(layers)
    down, right = missing(input, made, size, stride, padding, [1, 1])
    if divisor_override is not None:
        # The sum of what is there, whatever its number.
        if down or right:
            input = padded(layers, input, [padding[1], padding[1] + right, padding[0], padding[0] + down])
            padding = [0, 0]
        sums = layers.push("avg_pool2d", size=size, stride=stride, padding=padding)
        return layers.scale(sums, torch.tensor(size[0] * size[1] / divisor_override), torch.tensor(0.0))
    if not (down or right) and (count_include_pad or padding == [0, 0]):
        return layers.push("avg_pool2d", size=size, stride=stride, padding=padding)
    if count_include_pad:
        # Zeros around the image count, what lies beyond them does not.
        input, padding = padded(layers, input, [padding[1]] * 2 + [padding[0]] * 2), [0, 0]
    windows = [clipped(*side) for side in zip(input.shape[1:], made, size, stride, padding, [1, 1])]
    return pooled(layers, "avg_pool2d", input, layers.step.layer, windows)


def avg_pool1d(layers, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    input, stride = layers.sequence(input), wide(stride or kernel_size)
    return flat(layers, avg_pool(layers, input, wide(kernel_size), stride, wide(padding, 0), ceil_mode, count_include_pad))


def means(windows, side):
    """Means over windows as a matrix `[windows, side]`."""
    matrix = torch.zeros(len(windows), side, dtype=torch.float64)
    for row, (start, size) in zip(matrix, windows):
        row[start:start + size] = 1 / size
    return matrix


def adaptive_avg_pool(layers, input, output_size):
    _, *sides = layers.image(input)
    made = places(layers)
    if made == [1, 1]:
        return layers.push("global_avg_pool2d")
    windows = [adaptive(side, count) for side, count in zip(sides, made)]
    if not any(side % count for side, count in zip(sides, made)):
        return pooled(layers, "avg_pool2d", input, layers.step.layer, windows)
    # A linear layer behind a flatten takes the means into its weights.
    name, taken = layers.step.layer, Result(input.layer, input.shape)
    result = Result(input.layer, [input.shape[0], *made], name)
    result.pooled = torch.kron(*(means(one, side) for one, side in zip(windows, sides)))
    result.later = lambda: pooled(layers, "avg_pool2d", taken, name, windows)
    return result


def adaptive_max_pool(layers, input, output_size, return_indices=False):
    _, *sides = layers.image(input)
    windows = [adaptive(side, count) for side, count in zip(sides, places(layers))]
    return pooled(layers, "max_pool2d", input, layers.step.layer, windows)


def adaptive_pool1d(pool):
    def append(layers, input, output_size, return_indices=False):
        return flat(layers, pool(layers, layers.sequence(input), output_size))

    return append


def mean(layers, input, dim=None, keepdim=False, dtype=None):
    layers.free(input)
    shape = input.shape
    dims = sorted(d % (len(shape) + 1) for d in ([dim] if isinstance(dim, int) else dim or ()))
    base = layers.shapes[input.layer]
    rows = input.places is None and len(shape) == 2 and len(base) == 3 and base[0] == shape[0]
    if dims == [2] and rows:
        # Of an image whose places are one dimension.
        input = input.of(input.layer, base)
        dims = [2, 3]
    elif dims == [2] and len(shape) == 2:
        input, dims = layers.sequence(input), [2, 3]
    refuse(len(input.shape) != 3 or not set(dims) <= {2, 3} or not dims,
           "averages something else than the height, the width or both of an image [C, H, W], or the length of a sequence")
    layers.image(input)
    channels, height, width = input.shape
    size = [height if 2 in dims else 1, width if 3 in dims else 1]
    made = [channels, height // size[0], width // size[1]]
    if dims == [2, 3]:
        result = layers.push("global_avg_pool2d", shape=made)
    else:
        result = layers.push("avg_pool2d", shape=made, size=size, stride=size, padding=[0, 0])
    result.shape = layers.step.results[0].shape[1:]
    result.name = f"{result.layer}_flatten"
    return result
