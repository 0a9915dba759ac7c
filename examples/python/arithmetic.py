"""Sums of results, and arithmetic with constants, which is a norm with numbers of its own for every channel."""

import math

import torch

import channels
import shapes
from graph import Result, refuse
from record import Unsupported


def number(value):
    """A constant that is one number, or None."""
    if isinstance(value, Result) or value is None:
        return None
    if not isinstance(value, torch.Tensor):
        return float(value)
    return value.flatten()[0].item() if value.numel() and bool((value == value.flatten()[0]).all()) else None


def channelwise(layers, result, constant):
    """A constant as one number, or as one for every channel of a result, whose shape it must not enlarge."""
    constant = torch.as_tensor(constant)
    if number(constant) is not None and constant.dim() <= 1 and constant.numel() == 1:
        return constant.flatten()[0].double()
    full = [layers.images, *result.shape]
    try:
        values = constant.double().expand(full)
    except RuntimeError:
        raise Unsupported(f"takes a constant of shape {list(constant.shape)} for {result.shape}; expected one for every channel")
    rank = len(result.shape)
    if result.places is not None and result.options(layers) is not None:
        # A part of an image is an image.
        layers.select(result)
    refuse(rank not in (1, 2, 3) or result.places is not None,
           f"takes a constant of shape {list(constant.shape)} for {result.shape}; expected one number")
    vector = values[0].flatten(1)[:, 0] if rank > 1 else values[0]
    same = values == vector.reshape([1, -1] + [1] * (rank - 1))
    refuse(not bool(same.all()), "takes a constant that differs from place to place; expected one number for every channel")
    return vector


def scaled(layers, result, scale, shift=0.0):
    """x·scale + shift with constants."""
    layers.free(result)
    if any(channels.is_vector(result, constant) for constant in (scale, shift)):
        return channels.scaled(layers, result, scale, shift)
    if channels.is_elementwise(layers, result, scale, shift):
        return channels.scaled_elements(layers, result, scale, shift)
    return layers.scale(result, channelwise(layers, result, scale), channelwise(layers, result, shift))


def times(layers, value, factor):
    """A result or a constant times a number."""
    if number(factor) == 1:
        return value
    refuse(isinstance(factor, Result), "scales a result by another")
    return scaled(layers, value, factor) if isinstance(value, Result) else torch.as_tensor(value) * factor


def broadcast(layers, *results, vectors=False):
    """Results with their elements repeated, so that all are of the same shape. vectors: except numbers for every channel."""
    for result in results:
        layers.free(result)
    shapes_ = [result.shape for result in results]
    full = layers.step.results[0].shape[1:]
    refuse(any(len(shape) != len(full) for shape in shapes_),
           f"takes results of shapes {shapes_[0]} and {shapes_[1]}; expected as many dimensions")
    refuse(vectors and len(full) not in (1, 2, 3),
           f"multiplies results of shape {full}; expected images [C, H, W], sequences [C, L] or vectors")

    def same(result):
        if result.shape == full:
            return result
        return shapes.moved_by(layers, result, lambda places: places.expand(layers.images, *full))

    def vector(result):
        is_vector = len(full) > 1 and result.shape == [full[0]] + [1] * (len(full) - 1)
        return result if is_vector else unrepeated(layers, same(result))

    if vectors:
        found = [vector(result) for result in results]
        # Of one factor; the product of two vectors would be one.
        if any(result.shape == full for result in found):
            return found
    results = [same(result) for result in results]
    # Tokens of unlike images, such as one of patches and one of a row of tokens.
    unlike = len({tuple(layers.shapes[result.layer]) for result in results}) > 1
    if unlike and all(result.places is not None and len(result.shape) > 1 for result in results):
        return [channels.rows(layers, result) for result in results]
    return results


def unrepeated(layers, result):
    """Numbers for every channel that were repeated for every place, as these numbers."""
    rank = len(result.shape)
    if result.places is None or rank == 1:
        return result
    vector = result.places[(..., *[slice(0, 1)] * (rank - 1))]
    length = math.prod(layers.shapes[result.layer])
    if not torch.equal(vector.expand_as(result.places), result.places) or length != result.shape[0]:
        return result
    return shapes.moved_to(layers, Result(result.layer, [length]), None, None, vector)


def square(layers, input):
    return multiply(layers, input, input)


def power(layers, input, exponent):
    refuse(isinstance(exponent, Result) or number(exponent) != 2, "is a power other than the square, which no file can describe")
    return square(layers, input)


def add(layers, input, other, alpha=1):
    other = times(layers, other, alpha)
    if isinstance(input, Result) and isinstance(other, Result):
        return layers.add(*broadcast(layers, input, other))
    if not isinstance(input, Result):
        input, other = other, input
    return scaled(layers, input, 1.0, other)


def subtract(layers, input, other, alpha=1):
    return add(layers, input, times(layers, other, alpha), alpha=-1)


def subtract_from(layers, input, other, alpha=1):
    return subtract(layers, other, input, alpha)


def multiply(layers, input, other):
    if isinstance(input, Result) and isinstance(other, Result):
        return layers.multiply(*broadcast(layers, input, other, vectors=True))
    if not isinstance(input, Result):
        input, other = other, input
    return scaled(layers, input, other)


def divide(layers, input, other, rounding_mode=None):
    refuse(isinstance(other, Result), "divides by a result; a file's divisors are constants")
    refuse(rounding_mode is not None, f"rounds its quotients ({rounding_mode})")
    return scaled(layers, input, 1 / torch.as_tensor(other).double())


def negate(layers, input):
    return scaled(layers, input, -1.0)
