"""Layers that change numbers one by one, or channels against each other."""

import math

import torch

import arithmetic
import channels
import products
from binary import sign as binary_sign
from graph import Result, refuse


def channels_only(layers, input, dim):
    """Checks that a function runs over the channels of an image, or over a vector."""
    rank = len(input.shape)
    # Without a dimension PyTorch takes the first of three, which are the images here, and else the second.
    over = (0 if rank == 2 else 1) if dim is None else dim % (rank + 1)
    refuse(rank not in (1, 2, 3) or over != 1, "runs over something else than the channels; expected dim=1")


def softmax(layers, input, dim=None, _stacklevel=3, dtype=None):
    rank = len(input.shape)
    if rank > 1 and dim is not None and dim % (rank + 1) == rank:
        last = channels.Last(layers, input)
        return last.back(layers.push("softmax", like=last.image))
    channels_only(layers, input, dim)
    layers.whole(input)
    return layers.push("softmax", like=input)


def log_softmax(layers, input, dim=None, _stacklevel=3, dtype=None):
    channels_only(layers, input, dim)
    result = input.of(input.layer)
    result.name = layers.step.layer
    result.ends = True
    result.blocked = (
        f"takes the result of {layers.step.label}, which can only be the last layer, where it changes no class and is left"
        " out; do without it here, or take softmax"
    )
    return result


def clamp(layers, input, min=None, max=None):
    # Infinite bounds are none.
    low, high = (None if v in (None, math.inf, -math.inf) else v for v in map(arithmetic.number, (min, max)))
    refuse(low is None and high is None, "has bounds that differ from place to place, or none; expected numbers")
    layers.each(input)
    if low == 0 and high is None:
        return layers.push("relu", like=input)
    if (low, high) == (0, 6):
        return layers.push("relu6", like=input)
    if low is not None and high is not None:
        refuse(low > high, f"has bounds {low:g} and {high:g}; expected the lower one first")
        return layers.push("clip", like=input, low=low, high=high)
    # max(x, a) = relu(x − a) + a, and min(x, b) = b − relu(b − x).
    sign, bound = torch.tensor(1.0 if high is None else -1.0), torch.tensor(low if high is None else high)
    apart = layers.scale(input, sign, -sign * bound)
    apart = layers.push("relu", like=layers.each(apart))
    return layers.scale(apart, sign, bound)


def hardtanh(layers, input, min_val=-1.0, max_val=1.0, inplace=False):
    return clamp(layers, input, min_val, max_val)


def threshold(layers, input, threshold, value, inplace=False):
    refuse(threshold != 0 or value != 0, f"has threshold {threshold} and value {value}; expected 0 and 0, a ReLU")
    return layers.push("relu", like=layers.each(input))


def gelu(layers, input, approximate="none"):
    return layers.push("gelu_tanh" if approximate == "tanh" else "gelu", like=layers.each(input))


def elu(layers, input, alpha=1.0, inplace=False):
    return layers.push("elu", like=layers.each(input), alpha=float(alpha))


def selu(layers, input, inplace=False):
    # The constants of PyTorch.
    curve = elu(layers, input, 1.6732632423543772848170429916717)
    return arithmetic.scaled(layers, curve, 1.0507009873554804934193349852946)


def celu(layers, input, alpha=1.0, inplace=False):
    refuse(alpha <= 0, f"has alpha {alpha:g}; expected a positive one")
    # α·(e^(x/α) − 1) where x is negative.
    return arithmetic.times(layers, elu(layers, arithmetic.times(layers, input, 1 / alpha)), alpha)


def softplus(layers, input, beta=1, threshold=20):
    # PyTorch's is x beyond the threshold, where ln(1 + e^t) is t up to e^−t.
    refuse(threshold < 10, f"has threshold {threshold:g}, below which it would jump; take 10 or more, such as the usual 20")
    curve = layers.push("softplus", like=layers.each(arithmetic.times(layers, input, beta)))
    return arithmetic.times(layers, curve, 1 / beta)


def log_sigmoid(layers, input):
    return arithmetic.negate(layers, softplus(layers, arithmetic.negate(layers, input)))


def leaky_relu(layers, input, negative_slope=0.01, inplace=False):
    return layers.push("leaky_relu", like=layers.each(input), slope=float(negative_slope))


def prelu(layers, input, weight):
    slopes = products.constant(weight, "slopes").detach()
    slopes = arithmetic.channelwise(layers, input, slopes.reshape(-1, *[1] * (len(input.shape) - 1)))
    # a·x + (1 − a)·max(x, 0), since the slopes are weights and stay secret.
    positive = layers.push("relu", like=layers.each(input))
    zero = torch.tensor(0.0)
    return layers.add(layers.scale(input, slopes, zero), layers.scale(positive, 1 - slopes, zero))


def hardsigmoid(layers, input, inplace=False):
    sixth, half = torch.tensor(1 / 6), torch.tensor(0.5)
    return layers.push("clip", like=layers.each(layers.scale(input, sixth, half)), low=0.0, high=1.0)


def sign(layers, input):
    result = layers.push("sign", like=layers.each(input))
    if layers.step.function is not binary_sign:
        gives = "0, as torch.sign does," if layers.step.function.__name__.strip("_") == "sign" else "another number"
        layers.notes.append(f"`{result.layer}` gives {gives} for 0; the exported layer gives +1")
    return result


def each(kind):
    """A layer without options that changes numbers one by one."""
    def append(layers, input, inplace=False):
        return layers.push(kind, like=layers.each(input))

    return append


def dropout(layers, input, p=0.5, training=True, inplace=False):
    refuse(training and p, "drops at random (training=True); is a dropout left on? Take training=self.training")
    if input.blocked or input.later:
        return input.of(input.layer)
    return layers.push("dropout", like=layers.each(input))


def alias(layers, input, *_, **__):
    refuse(not layers.step.results[0].floating, "makes whole numbers of its input; a file's are real")
    if not isinstance(input, Result):
        # A constant, of the kind of a result.
        return input
    return input.of(input.layer)
