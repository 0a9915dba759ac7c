"""Layers with weights: products and norms."""

import torch

import parameters
from graph import Result, refuse
from pools import pair
from record import Unsupported


def constant(value, what):
    """A tensor of parameters."""
    if isinstance(value, Result):
        raise Unsupported(f"has {what} that depend on the images; a file's are the same for all of them")
    return value


def product(layers, weight, bias):
    """Tensors and options that linear layers and convolutions have in common."""
    tensors = parameters.weights(constant(weight, "weights"), layers.half)
    zeros = (weight == 0).sum().item()
    if 0 < 2 * zeros < weight.numel() and bool((weight.abs() == (weight != 0)).all()):
        layers.notes.append(
            f"`{layers.step.layer}` has weights -1, +1 and {zeros} times 0, which are written as numbers; with -1 and +1 alone,"
            " as those of BinaryLinear, they would take a bit each"
        )
    if constant(bias, "biases") is None:
        return tensors, {"bias": False}
    # In single precision always: they are few, and what is added up deserves it.
    return {**tensors, "bias": parameters.reals(bias)}, {}


def alike(places, images):
    """Whether the elements of all images were moved likewise, each within its own image."""
    rows, length = places.shape
    return rows == images and torch.equal(places, places[0] + length * torch.arange(images)[:, None])


def linear(layers, input, weight, bias=None):
    refuse(not isinstance(input, Result), "multiplies a constant by weights that depend on the images")
    weight = constant(weight, "weights").detach()
    if input.places is not None and not input.partial and len(input.shape) == 1 and alike(input.places, layers.images):
        # The order of what was moved is taken into the weights: column j is for the element that went to place j.
        weight = torch.empty_like(weight).index_copy_(1, input.places[0], weight)
        moved, input = input, Result(input.layer, weight.shape[1:], input.name)
        input.pooled, input.later = moved.pooled, moved.later
    if input.pooled is not None and input.places is None and len(input.shape) == 1:
        # The means that the weights are to be multiplied by are taken into them.
        places, fewer = input.pooled.shape
        weight = (weight.double().unflatten(1, (-1, places)) @ input.pooled).flatten(1)
        layers.notes.append(f"`{layers.step.layer}` takes the means before it into its weights, {fewer} places for {places}")
        input = Result(input.layer, weight.shape[1:], input.name)
    layers.vector(input)
    tensors, options = product(layers, weight, bias)
    return layers.push("linear", tensors, **options)


def convolution(layers, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    layers.image(input)
    size, dilation = list(constant(weight, "weights").shape[2:]), pair(dilation)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        spans = [d * (k - 1) for d, k in zip(dilation, size)]
        refuse(any(span % 2 for span in spans), "pads one side more than the other; take a kernel of odd size")
        padding = [span // 2 for span in spans]
    tensors, options = product(layers, weight, bias)
    return layers.push("conv2d", tensors, size=size, stride=pair(stride), padding=pair(padding), dilation=dilation,
                       groups=groups, **options)


def sequences(layers, input, weight, dims):
    """What a function of sequences `[C, L]` takes, as that of images takes it, and its numbers with those of the height."""
    weight = constant(weight, "weights").unsqueeze(2)
    return layers.sequence(input), weight, [[usual, pair(number)[-1]] for number, usual in dims]


def convolution1d(layers, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if padding == "valid":
        padding = 0
    elif padding == "same":
        span = pair(dilation)[-1] * (weight.shape[2] - 1)
        refuse(span % 2, "pads one side more than the other; take a kernel of odd size")
        padding = span // 2
    input, weight, (stride, padding, dilation) = sequences(layers, input, weight, ((stride, 1), (padding, 0), (dilation, 1)))
    return convolution(layers, input, weight, bias, stride, padding, dilation, groups)


def transposed(layers, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """With zeros between the places of an image and around it, a transposed convolution is one with the kernel turned round."""
    stride, padding, dilation, more = pair(stride), pair(padding), pair(dilation), pair(output_padding)
    weight = constant(weight, "weights").detach()
    channels, *sides = layers.image(input)
    _, each, *size = weight.shape
    begin = [d * (k - 1) - p for d, k, p in zip(dilation, size, padding)]
    spread = [(n - 1) * s + 1 + 2 * b + m for n, s, b, m in zip(sides, stride, begin, more)]
    # Weights `[in, out / groups, ...]` as `[out, in / groups, ...]`.
    weight = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1).flip((2, 3))
    name, shape = layers.step.layer, [channels, *spread]
    if stride == [1, 1] and more == [0, 0] and min(begin) >= 0:
        padding = begin
    else:
        apart = {"repeat": [1, *stride], "zeros_between": True} if stride != [1, 1] else {}
        layers.push("select", shape=shape, name=f"{name}_apart", size=shape, start=[0, *(-b for b in begin)], **apart)
        padding = [0, 0]
    tensors, options = product(layers, weight, bias)
    return layers.push("conv2d", tensors, size=size, stride=[1, 1], padding=padding, dilation=dilation, groups=groups, **options)


def transposed1d(layers, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    dims = ((stride, 1), (padding, 0), (output_padding, 0), (dilation, 1))
    input, weight, (stride, padding, more, dilation) = sequences(layers, input, weight, dims)
    return transposed(layers, input, weight, bias, stride, padding, more, groups, dilation)


def batch_norm(layers, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5,
               cudnn_enabled=True):
    refuse(running_mean is None, "keeps no running statistics; train it with track_running_stats=True")
    refuse(training, "takes the statistics of its batch (training=True); expected running ones")
    layers.each(input)
    refuse(input.places is not None or layers.shapes[input.layer][0] != input.shape[0],
           f"takes {input.moved or input.shape}; expected the channels first")
    options = {"eps": eps}
    tensors = {"running_mean": parameters.reals(running_mean), "running_var": parameters.reals(running_var)}
    if weight is None and bias is None:
        options["affine"] = False
    else:
        tensors["weight"] = parameters.reals(torch.ones_like(running_var) if weight is None else weight)
        tensors["bias"] = parameters.reals(torch.zeros_like(running_var) if bias is None else bias)
    return layers.push("batch_norm", tensors, like=input, **options)
