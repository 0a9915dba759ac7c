"""Results whose channels are their last dimension, as those of tokens `[T, C]` and of images `[H, W, C]`, and norms.

A file's images have the channels first. What a layer does at each place alone it does whatever the order of the places, so
such a result needs no layer to be put in order: the layer takes the image behind it, and its own result lies as that does.
"""

import math

import torch

import parameters
import pools
import products
import selection
from graph import Result, refuse

LAST = "takes the shape {0}, whose last dimension is not the channels of an image, in which a file's layers work"


def one_image(result, layers):
    """Which elements of its layer's result of one image a result's are, or None."""
    if result.places is None:
        return torch.arange(math.prod(result.shape)).reshape(result.shape)
    return selection.of_one_image(result.places, layers.images, math.prod(layers.shapes[result.layer]))


def laid(layers, layer, places):
    """A layer's result in a shape of which these are the places of one image."""
    result = Result(layer, places.shape, layers.step.layer)
    length = math.prod(layers.shapes[layer])
    if not torch.equal(places.flatten(), torch.arange(length)):
        shifts = length * torch.arange(layers.images).reshape([-1] + [1] * places.dim())
        result.places = torch.where(places == selection.NONE, selection.NONE, places + shifts)
        result.moved = f"what {layers.step.label} gives, {result.shape}, whose channels are last"
    return result


def image_of(layers, result, places, shape):
    """Makes a result's elements, in the order of these of its layer's places, an image of a layer. Returns whether it can."""
    base = [*layers.shapes[result.layer], 1, 1][:3]
    # The image, or the same with its places as one row.
    for image in (base, [base[0], base[1] * base[2], 1]):
        in_order = shape == image and torch.equal(places.flatten(), torch.arange(math.prod(image)))
        if not in_order and selection.options(places.reshape(shape), image) is None:
            continue
        result.places, result.shape, result.partial = None, list(image), False
        layers.in_order(result)
        if image != base:
            layers.go_to(result)
            result.layer = layers.push("reshape", shape=image, size=image[1:], name=f"{result.layer}_rows").layer
        if not in_order:
            part = laid(layers, result.layer, places.reshape(shape))
            layers.select(part)
            result.layer, result.shape = part.layer, list(shape)
        return True
    return False


def rows(layers, result):
    """Tokens whose image has its places in one row."""
    places = one_image(result, layers)
    refuse(places is None or places.dim() < 2, LAST.format(result.shape))
    *lead, depth = places.shape
    made = result.of(result.layer)
    if not image_of(layers, made, places.movedim(-1, 0), [depth, math.prod(lead), 1]):
        return result
    return laid(layers, made.layer, torch.arange(places.numel()).reshape(depth, *lead).movedim(0, -1))


class Last:
    """A result with its channels last, which a layer is to take as an image."""

    def __init__(self, layers, input, message=LAST):
        layers.free(input)
        refuse(len(input.shape) < 2, message.format(input.shape))
        *self.lead, channels = input.shape
        self.layers, count = layers, math.prod(self.lead)
        places = one_image(input, layers)
        refuse(places is None, message.format(input.shape))
        places = places.movedim(-1, 0).reshape(channels, count)
        result = Result(input.layer, input.shape, layers.step.layer)
        expected = places[0] + count * torch.arange(channels)[:, None]
        same = layers.shapes[input.layer][0] == channels and torch.equal(places, expected)
        if same and torch.equal(places[0].sort().values, torch.arange(count)):
            self.where = places[0]
            layers.in_order(result)
        else:
            sides = self.lead if len(self.lead) == 2 else [count, 1]
            refuse(not image_of(layers, result, places, [channels, *sides]), message.format(input.shape))
            self.where = torch.arange(count)
        self.image = Result(result.layer, layers.shapes[result.layer])
        self.image.sole = input.sole
        layers.go_to(self.image)

    def back(self, image):
        """The result of a layer that took the image, with the channels last."""
        channels = self.layers.shapes[image.layer][0]
        places = self.where + len(self.where) * torch.arange(channels)[:, None]
        return laid(self.layers, image.layer, places.reshape(channels, *self.lead).movedim(0, -1))


def linear(layers, input, weight, bias=None):
    """A linear layer of every token, a convolution of single places."""
    last = Last(layers, input, "takes the shape {0}, whose last dimension is not the channels of an image or a sequence; for all numbers"
                               " at once put a flatten before it, torch.flatten(x, 1); a module of tokens [T, C] is exported as one"
                               " of sequences [C, T], with x.transpose(1, 2) before it")
    weight = products.constant(weight, "weights").detach()
    tensors, options = products.product(layers, weight[:, :, None, None], bias)
    shape = [len(weight), *layers.shapes[layers.last][1:]] if len(layers.shapes[layers.last]) == 3 else [len(weight), 1, 1]
    return last.back(layers.push("conv2d", tensors, size=[1, 1], shape=shape, **options))


def linear_of_any(layers, input, weight, bias=None):
    """A linear layer of vectors or of tokens."""
    is_tokens = isinstance(input, Result) and len(input.shape) > 1
    return (linear if is_tokens else products.linear)(layers, input, weight, bias)


def matrix_product(layers, input, other):
    refuse(not isinstance(input, Result), "multiplies by a matrix from the left; expected x @ matrix or F.linear(x, matrix)")
    refuse(other.dim() != 2, f"multiplies by a tensor of shape {list(other.shape)}; expected a matrix [in, out]")
    return linear_of_any(layers, input, other.t())


def is_vector(result, constant):
    """Whether a constant is a number for each of the last dimension of a result."""
    constant = torch.as_tensor(constant)
    rank, size = len(result.shape), constant.numel()
    return rank > 1 and (rank != 3 or result.places is not None) and 1 < size == result.shape[-1] == constant.shape[-1]


def scaled(layers, result, scale, shift):
    """x·scale + shift with a number for each of the last dimension, or one for all."""
    last = Last(layers, result)
    scale, shift = (torch.as_tensor(v).detach().double().reshape(-1).expand(result.shape[-1]) for v in (scale, shift))
    return last.back(affine(layers, last.image, scale, shift))


def is_elementwise(layers, result, *constants):
    """Whether constants of a result's whole shape differ from place to place, and its elements have places."""
    shape = [1, *result.shape]
    tensors = [torch.as_tensor(constant) for constant in constants]
    whole = [t for t in tensors if t.numel() > 1 and list(t.shape) in (shape, shape[1:])]
    if not whole or len(shape) < 3 or any(t.numel() > 1 and all(t is not w for w in whole) for t in tensors):
        return False
    if len(shape) == 4 and result.places is None:
        return any(bool((t.reshape(shape) != t.reshape(shape)[:, :, :1, :1]).any()) for t in whole)
    return one_image(result, layers) is not None


def scaled_elements(layers, result, scale, shift):
    """x·scale + shift with a number for every element."""
    layers.free(result)
    if len(result.shape) == 3 and result.places is None:
        layers.image(result)
        return elements(layers, result, scale, shift, result.shape)
    last = Last(layers, result)
    sides = layers.shapes[last.image.layer]

    def moved(constant):
        constant = torch.as_tensor(constant).detach().double()
        if constant.numel() == 1:
            return constant.reshape(())
        flat = constant.reshape(result.shape).movedim(-1, 0).reshape(result.shape[-1], -1)
        return torch.empty_like(flat).index_copy_(1, last.where, flat)

    return last.back(elements(layers, last.image, moved(scale), moved(shift), sides))


def elements(layers, image, scale, shift, shape):
    """An image times a number for every element, and with one added to each."""
    shape = [*shape, 1, 1][:3]
    scale, shift = (torch.as_tensor(v).detach().double() for v in (scale, shift))
    scale, shift = (v.expand(shape) if v.numel() == 1 else v.reshape(shape) for v in (scale, shift))
    latest = layers.descriptions[-1] if layers.descriptions else {}
    if image.sole and latest.get("name") == image.layer in layers.elements:
        before, offset = layers.elements[image.layer]
        scale, shift = before * scale, offset * scale + shift
        name = image.layer
        made = image.of(name)
    else:
        made = layers.push("scale_elements", like=image)
        name = made.layer
    layers.elements[name] = scale, shift
    layers.tensors.update({f"{name}.weight": parameters.reals(scale), f"{name}.bias": parameters.reals(shift)})
    return made


def normalised(layers, image, eps, weight, bias, groups=None):
    """An image whose groups of elements have mean 0 and variance 1, times a weight and with a bias for every channel."""
    groups = {} if groups is None else {"groups": groups}
    centred = layers.push("centre", like=image, name=f"{layers.step.layer}_centred", **groups)
    layers.push("inverse_rms", like=image, name=f"{layers.step.layer}_rms", eps=eps, **groups)
    made = layers.push("multiply", like=image, layer=centred.layer)
    return affine(layers, made, weight, bias)


def affine(layers, image, weight, bias):
    """An image times a weight and with a bias for every channel."""
    if weight is None and bias is None:
        return image
    channels = layers.shapes[image.layer][0]
    scale = torch.ones(channels) if weight is None else products.constant(weight, "weights").detach().double()
    shift = torch.zeros(channels) if bias is None else products.constant(bias, "biases").detach().double()
    made = layers.push("batch_norm", like=image, name=f"{layers.step.layer}_affine", eps=0.0)
    layers.norm(made.layer, scale.reshape(-1), shift.reshape(-1))
    return made


def layer_norm(layers, input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    rank = len(normalized_shape)
    if rank == 1 and len(input.shape) == 1:
        layers.whole(input)
        return normalised(layers, input, eps, weight, bias)
    if rank == 1:
        last = Last(layers, input)
        return last.back(normalised(layers, last.image, eps, weight, bias))
    refuse(list(normalized_shape) != list(input.shape),
           f"normalises the shape {list(normalized_shape)} of {input.shape}; expected the last dimension, which is the channels, or all")
    for values in (weight, bias):
        refuse(values is not None and bool((values != values.flatten(1)[:, :1].reshape(-1, *[1] * (rank - 1))).any()),
               "has weights or biases that differ from place to place; expected one for every channel (elementwise_affine=False)")
    layers.image(input)
    weight, bias = (values if values is None else values.flatten(1)[:, 0] for values in (weight, bias))
    return normalised(layers, input, eps, weight, bias, groups=1)


def rms_norm(layers, input, normalized_shape, weight=None, eps=None):
    refuse(len(normalized_shape) != 1, f"normalises the shape {list(normalized_shape)}; expected the last dimension")
    eps = torch.finfo(torch.float32).eps if eps is None else eps
    last = None if len(input.shape) == 1 else Last(layers, input)
    image = input if last is None else last.image
    layers.whole(image)
    layers.push("inverse_rms", like=image, name=f"{layers.step.layer}_rms", eps=eps)
    made = affine(layers, layers.push("multiply", like=image, layer=image.layer), weight, None)
    return made if last is None else last.back(made)


def mean(layers, input, dim=None, keepdim=False, dtype=None):
    dims = [dim] if isinstance(dim, int) else list(dim or ())
    if len(input.shape) != 2 or [d % 3 for d in dims] != [1] or input.places is None:
        return pools.mean(layers, input, dim, keepdim, dtype)
    # Of tokens.
    refuse(keepdim, "averages tokens and keeps their dimension; take keepdim=False")
    Last(layers, input)
    pooled = layers.push("global_avg_pool2d", shape=[input.shape[1], 1, 1])
    pooled.shape, pooled.name = input.shape[1:], f"{pooled.layer}_flatten"
    return pooled


def grouped(layers, input):
    """Goes to an image or a vector whose channels are to be grouped."""
    base = layers.shapes[input.layer]
    if len(input.shape) == 2 and input.places is None and len(base) == 3 and base[0] % input.shape[0] == 0:
        # An image whose groups were made one dimension, as ONNX has group normalisation.
        layers.in_order(input)
        layers.go_to(input)
    elif len(input.shape) == 3:
        layers.image(input)
    else:
        layers.vector(input)
        layers.in_order(input)
        layers.go_to(input)


def group_norm(layers, input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    grouped(layers, input)
    return normalised(layers, input, eps, weight, bias, num_groups)


def instance_norm(layers, input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                  momentum=0.1, eps=1e-5, cudnn_enabled=True):
    if not use_input_stats:
        return products.batch_norm(layers, input, running_mean, running_var, weight, bias, False, momentum, eps)
    grouped(layers, input)
    if len(input.shape) == 2 and layers.shapes[input.layer] == [input.shape[0], 1, input.shape[1]]:
        # A sequence.
        image = layers.sequence(input)
        layers.image(image)
        return pools.flat(layers, normalised(layers, image, eps, weight, bias, input.shape[0]))
    if len(input.shape) == 2:
        same = weight is None or bool((weight == 1).all() and (bias == 0).all())
        refuse(not same, f"normalises the shape {input.shape} with a weight for each row; expected an image [C, H, W]")
        weight = bias = None
    return normalised(layers, input, eps, weight, bias, input.shape[0])
