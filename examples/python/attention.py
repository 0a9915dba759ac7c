"""Products of two results as matrices, and attention made of them.

Heads are parts of the channels: an image `[h·m, T, 1]` holds h matrices `[T, m]`. The product of one with another that is
transposed is the image `[S, T, h]`, whose channels a softmax takes.
"""

import math

import torch

import channels
from graph import Result, refuse

WHAT = ("takes results of shapes {0} and {1}; expected matrices [heads, rows, columns] that are parts of the channels of images,"
        " as queries, keys and values of attention are")


def matrices(layers, result, rows_of_heads):
    """Makes a result `[h, T, m]` an image `[h·m, T, 1]`, or one `[m, T, h]`. Returns whether it can."""
    places = channels.one_image(result, layers)
    if places is None:
        return False
    heads, rows, columns = places.shape
    wide = places.permute(2, 1, 0)
    if rows_of_heads and layers.shapes[result.layer] == [columns, rows, heads] and \
            torch.equal(wide.flatten(), torch.arange(places.numel())):
        result.places, result.shape, result.partial = None, [columns, rows, heads], False
        return True
    flat = places.permute(0, 2, 1).reshape(heads * columns, rows, 1)
    return channels.image_of(layers, result, flat, [heads * columns, rows, 1])


def product(layers, one, other):
    """The product of results `[h, T, m]` and `[h, m, S]`, or without heads."""
    what = WHAT.format(one.shape, other.shape)
    full = layers.step.results[0].shape[1:]
    for result in (one, other):
        layers.free(result)
        refuse(len(result.shape) not in (2, 3), what)
    one, other = (result.of(result.layer) for result in (one, other))
    if len(one.shape) == 2:
        for result in (one, other):
            places = channels.one_image(result, layers)
            refuse(places is None, what)
            lay(layers, result, places[None])
    refuse(one.shape[0] != other.shape[0], what)
    heads, rows, inner = one.shape
    columns = other.shape[2]
    # As keys, whose rows are multiplied, or as values.
    transposed = other.of(other.layer)
    places = channels.one_image(other, layers)
    refuse(places is None, what)
    lay(layers, transposed, places.transpose(1, 2))
    is_transposed = matrices(layers, transposed, False)
    if is_transposed:
        other = transposed
    else:
        refuse(not matrices(layers, other, False), what)
    refuse(not matrices(layers, one, True), what)
    layers.go_to(one)
    shape = [columns, rows, heads] if is_transposed else [heads * columns, rows, 1]
    made = layers.push("matmul", layer=other.layer, heads=heads, transposed=is_transposed, shape=shape)
    places = torch.arange(heads * rows * columns)
    if is_transposed:
        places = places.reshape(columns, rows, heads).permute(2, 1, 0)
    else:
        places = places.reshape(heads, columns, rows).permute(0, 2, 1)
    return channels.laid(layers, made.layer, places.reshape(full))


def lay(layers, result, places):
    """Gives a result the places of one image."""
    other = channels.laid(layers, result.layer, places)
    result.shape, result.places, result.moved = other.shape, other.places, other.moved
    result.partial = result.partial or places.numel() != math.prod(layers.shapes[result.layer])


def matrix_product(layers, input, other):
    if isinstance(input, Result) and isinstance(other, Result):
        return product(layers, input, other)
    return channels.matrix_product(layers, input, other)


def scaled_dot_product_attention(layers, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None,
                                 enable_gqa=False):
    refuse(attn_mask is not None or is_causal, "has a mask, which no file can describe")
    refuse(dropout_p, "drops at random (dropout_p); take 0 in evaluation")
    refuse(not all(isinstance(part, Result) for part in (query, key, value)), "takes constants; expected results")
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if len(query.shape) == 2:
        for part in (query, key, value):
            refuse(part.places is None and len(part.shape) != 2, WHAT.format(query.shape, key.shape))
    key = of_places(layers, key, lambda places: places.transpose(-2, -1))
    scores = shaped(layers, [*query.shape[:-1], key.shape[-1]], lambda: product(layers, query, key))
    last = channels.Last(layers, scores)
    depth = layers.shapes[last.image.layer][0]
    scaled = channels.affine(layers, last.image, torch.full([depth], factor), None)
    weights = last.back(layers.push("softmax", like=scaled))
    return shaped(layers, [*query.shape[:-1], value.shape[-1]], lambda: product(layers, weights, value))


def of_places(layers, result, function):
    """A result whose places a function moved."""
    places = channels.one_image(result, layers)
    refuse(places is None, WHAT.format(result.shape, result.shape))
    made = result.of(result.layer)
    lay(layers, made, function(places))
    return made


def shaped(layers, shape, function):
    """What a function appends for the step as if its result had a shape."""
    step = layers.step
    kept, step.results = step.results, [Shape([layers.images, *shape])]
    try:
        return function()
    finally:
        step.results = kept


class Shape:
    """A value's shape."""

    def __init__(self, shape):
        self.shape = shape


def projected(layers, input, name, weight, bias):
    """A linear layer of tokens `[T, images, C]`: the result `[T, C]`."""
    refuse(input.places is None or input.places.dim() != 3 or input.places.shape[1] != layers.images,
           f"takes the shape {input.shape}; expected tokens [images, T, C], with batch_first=True")
    tokens = Result(input.layer, [len(input.places), input.places.shape[2]], input.name)
    tokens.places, tokens.partial, tokens.moved = input.places.transpose(0, 1), input.partial, input.moved
    layer = layers.step.layer
    layers.step.layer = f"{layer}.{name}"
    try:
        return channels.linear(layers, tokens, weight.float(), None if bias is None else bias.float())
    finally:
        layers.step.layer = layer


def multi_head_attention(layers, query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v,
                         add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None,
                         need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None,
                         k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True,
                         is_causal=False):
    refuse(attn_mask is not None or key_padding_mask is not None or is_causal, "has a mask, which no file can describe")
    refuse(training and dropout_p, "drops at random (training=True)")
    refuse(any(part is not None for part in (bias_k, bias_v, static_k, static_v)) or add_zero_attn,
           "has keys or values of its own (bias_k, bias_v, add_zero_attn), which no file can describe")
    if use_separate_proj_weight:
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
    else:
        weights = in_proj_weight.chunk(3)
    biases = [None] * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    depth = embed_dim_to_check // num_heads
    refuse(not all(isinstance(part, Result) for part in (query, key, value)), "takes constants; expected results")
    # The scores are divided by the root of a head's columns, which the weights take in.
    weights, biases = ([None if v is None else v.double() / (math.sqrt(depth) if i == 0 else 1) for i, v in enumerate(all)]
                       for all in (weights, biases))
    if query is key and key is value:
        made = projected(layers, query, "projection", torch.cat(weights), None if in_proj_bias is None else torch.cat(biases))
        parts = [of_places(layers, made, lambda places, i=i: places[:, i * embed_dim_to_check:(i + 1) * embed_dim_to_check])
                 for i in range(3)]
    else:
        named = zip(("query", "key", "value"), (query, key, value), weights, biases)
        parts = [projected(layers, part, name, weight, bias) for name, part, weight, bias in named]
    parts = [of_places(layers, part, lambda places: places.unflatten(1, (num_heads, depth)).transpose(0, 1)) for part in parts]
    query, key, value = parts
    key = of_places(layers, key, lambda places: places.transpose(1, 2))
    scores = shaped(layers, [num_heads, query.shape[1], key.shape[2]], lambda: product(layers, query, key))
    last = channels.Last(layers, scores)
    scores = last.back(layers.push("softmax", like=last.image, name=f"{layers.step.layer}.softmax"))
    attended = shaped(layers, query.shape, lambda: product(layers, scores, value))
    tokens = of_places(layers, attended, lambda places: places.transpose(0, 1).flatten(1))
    out = channels.linear(layers, tokens, out_proj_weight, out_proj_bias)
    # As it was given.
    places = channels.one_image(out, layers)
    length = math.prod(layers.shapes[out.layer])
    out.places = (places + length * torch.arange(layers.images)[:, None, None]).transpose(0, 1)
    out.shape, out.moved, out.partial = list(out.places.shape[1:]), f"what {layers.step.label} gives, tokens first", False
    averaged = Result(out.layer, out.shape, out.name)
    averaged.blocked = f"takes the weights of {layers.step.label}; a file has the result alone, take need_weights=False"
    return [out, averaged]
