"""The table of layers: which functions of PyTorch and which operators of ONNX the exporter takes, and as what.

A kind of layer is one entry of `TABLE`: a function that appends it, the names of PyTorch's functions and methods, without
underscores at their ends, and its operators of ONNX as functions of PyTorch. The appending function takes the list of
layers and then what PyTorch's function takes, results in place of tensors that depend on the images.
"""

import inspect

import torch
from torch.nn import functional as F

import activations
import arithmetic
import attention
import channels
import onnx_operators as onnx
import pools
import products
import shapes
from graph import refuse
from record import Unsupported, Value, mapped


class Entry:
    """A kind of layer."""

    def __init__(self, append, *names, onnx=None):
        self.append, self.names, self.onnx = append, names, onnx or {}


def no_layer(what):
    """What a file cannot describe, and what to do instead."""
    def append(layers, *_, **__):
        raise Unsupported(append.reason)

    append.reason = f"is no layer that a file can describe: {what}"
    return append


UNKNOWN = "is no layer that a file can describe; README.md lists those that are taken"
JOINS = no_layer("it joins results along a new dimension or the images; expected torch.cat of their channels, dim=1")
PARTS = no_layer("it takes parts of a result in an order of their own; expected slices, torch.split or torch.chunk")
RECURRENT = no_layer("it is recurrent; expected layers that take an image at once, such as Linear and Conv2d")
PRODUCTS = no_layer("it multiplies results in a way of its own; expected matmul, or scaled_dot_product_attention")
CURVES = no_layer(
    "expected ReLU, ReLU6, LeakyReLU, PReLU, ELU, SELU, CELU, SiLU, GELU, Mish, Hardswish, Softplus, Sigmoid, Hardsigmoid, Tanh,"
    " Hardtanh or Softmax in its place"
)

TABLE = [
    Entry(channels.linear_of_any, "linear", onnx={"Gemm": onnx.gemm}),
    Entry(attention.matrix_product, "matmul", "mm", "bmm", onnx={"MatMul": torch.matmul}),
    Entry(lambda layers, input, other: attention.matrix_product(layers, other, input), "rmatmul"),
    Entry(attention.scaled_dot_product_attention, "scaled_dot_product_attention"),
    Entry(attention.multi_head_attention, "multi_head_attention_forward"),
    Entry(products.convolution, "conv2d", onnx={"Conv": onnx.conv}),
    Entry(products.convolution1d, "conv1d"),
    Entry(products.transposed, "conv_transpose2d", onnx={"ConvTranspose": onnx.conv_transpose}),
    Entry(products.transposed1d, "conv_transpose1d"),
    Entry(products.batch_norm, "batch_norm", onnx={"BatchNormalization": onnx.batch_norm}),
    Entry(channels.layer_norm, "layer_norm", onnx={"LayerNormalization": onnx.layer_norm}),
    Entry(channels.rms_norm, "rms_norm"),
    Entry(channels.group_norm, "group_norm", onnx={"GroupNormalization": onnx.group_norm}),
    Entry(channels.instance_norm, "instance_norm", onnx={"InstanceNormalization": onnx.instance_norm}),
    Entry(activations.each("relu"), "relu", onnx={"Relu": F.relu}),
    Entry(activations.each("relu6"), "relu6"),
    Entry(activations.threshold, "threshold"),
    Entry(activations.clamp, "clamp", "clip", onnx={"Clip": onnx.clip}),
    Entry(lambda layers, input, min: activations.clamp(layers, input, min), "clamp_min"),
    Entry(lambda layers, input, max: activations.clamp(layers, input, None, max), "clamp_max"),
    Entry(activations.hardtanh, "hardtanh"),
    Entry(activations.sign, "sign", onnx={"Sign": torch.sign}),
    Entry(activations.each("sigmoid"), "sigmoid", onnx={"Sigmoid": torch.sigmoid}),
    Entry(activations.each("tanh"), "tanh", onnx={"Tanh": torch.tanh}),
    Entry(activations.leaky_relu, "leaky_relu", onnx={"LeakyRelu": onnx.leaky_relu}),
    Entry(activations.prelu, "prelu", onnx={"PRelu": onnx.prelu}),
    Entry(activations.hardsigmoid, "hardsigmoid", onnx={"HardSigmoid": onnx.hardsigmoid}),
    Entry(activations.gelu, "gelu", onnx={"Gelu": onnx.gelu}),
    Entry(activations.each("silu"), "silu"),
    Entry(activations.each("hardswish"), "hardswish", onnx={"HardSwish": F.hardswish}),
    Entry(activations.each("mish"), "mish", onnx={"Mish": F.mish}),
    Entry(activations.softplus, "softplus", onnx={"Softplus": F.softplus}),
    Entry(activations.log_sigmoid, "logsigmoid", "log_sigmoid"),
    Entry(activations.elu, "elu", onnx={"Elu": onnx.elu}),
    Entry(activations.selu, "selu", onnx={"Selu": onnx.selu}),
    Entry(activations.celu, "celu", onnx={"Celu": onnx.celu}),
    Entry(activations.softmax, "softmax", onnx={"Softmax": onnx.softmax}),
    Entry(activations.log_softmax, "log_softmax", onnx={"LogSoftmax": onnx.log_softmax}),
    Entry(pools.max_pool, "max_pool2d", onnx={"MaxPool": onnx.max_pool}),
    Entry(pools.adaptive_max_pool, "adaptive_max_pool2d", onnx={"GlobalMaxPool": onnx.global_max_pool}),
    Entry(pools.avg_pool, "avg_pool2d", onnx={"AveragePool": onnx.avg_pool}),
    Entry(pools.adaptive_avg_pool, "adaptive_avg_pool2d", onnx={"GlobalAveragePool": onnx.global_avg_pool}),
    Entry(pools.max_pool1d, "max_pool1d"),
    Entry(pools.avg_pool1d, "avg_pool1d"),
    Entry(pools.adaptive_pool1d(pools.adaptive_max_pool), "adaptive_max_pool1d"),
    Entry(pools.adaptive_pool1d(pools.adaptive_avg_pool), "adaptive_avg_pool1d"),
    Entry(channels.mean, "mean", onnx={"ReduceMean": onnx.mean}),
    Entry(activations.dropout, "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout",
          "feature_alpha_dropout", onnx={"Dropout": onnx.dropout}),
    Entry(shapes.move, *shapes.NAMES, onnx={
        "Reshape": onnx.reshape, "Flatten": onnx.flatten, "Squeeze": onnx.squeeze, "Unsqueeze": onnx.unsqueeze,
        "Transpose": onnx.transpose, "Slice": onnx.part, "Gather": onnx.gather, "Split": onnx.split,
    }),
    Entry(shapes.pad, "pad", onnx={"Pad": onnx.pad}),
    Entry(shapes.interpolate, "interpolate", "upsample", "upsample_nearest", onnx={"Resize": onnx.resize, "Upsample": onnx.upsample}),
    Entry(shapes.cat, "cat", "concat", "concatenate", onnx={"Concat": onnx.concat}),
    Entry(lambda layers, tensors: shapes.cat(layers, tensors, 1), "hstack"),
    Entry(activations.alias, "contiguous", "detach", "clone", "to", "float", "double", "half", "bfloat16", "type", "type_as",
          "data", "cpu", "alias", "requires_grad", "positive", "pos", onnx={"Identity": onnx.identity, "Cast": onnx.cast}),
    Entry(arithmetic.add, "add", "radd", onnx={"Add": torch.add}),
    Entry(arithmetic.subtract, "sub", "subtract", onnx={"Sub": torch.sub}),
    Entry(arithmetic.subtract_from, "rsub"),
    Entry(arithmetic.multiply, "mul", "multiply", "rmul", onnx={"Mul": torch.mul}),
    Entry(arithmetic.square, "square"),
    Entry(arithmetic.power, "pow", onnx={"Pow": torch.pow}),
    Entry(arithmetic.divide, "div", "divide", "true_divide", "truediv", onnx={"Div": onnx.divide}),
    Entry(lambda layers, input, other=1: arithmetic.divide(layers, other, input), "rdiv", "rtruediv", "reciprocal"),
    Entry(arithmetic.negate, "neg", "negative", onnx={"Neg": torch.neg}),
    # What is often met and not taken, with what to do instead.
    Entry(JOINS, "stack", "vstack", "row_stack", "dstack"),
    Entry(PARTS, "gather", "take", "masked_select", "roll", "pixel_shuffle", "pixel_unshuffle", onnx={"DepthToSpace": None}),
    Entry(RECURRENT, "lstm", "gru", "rnn_tanh", "rnn_relu", onnx={"LSTM": None, "GRU": None, "RNN": None}),
    Entry(PRODUCTS, "einsum", "baddbmm"),
    Entry(CURVES, "softsign", "glu", "exp", "abs", "sqrt", "log", "erf", "softshrink", "hardshrink", "tanhshrink",
          onnx={"Erf": torch.erf, "Exp": torch.exp, "Sqrt": torch.sqrt, "Abs": torch.abs, "Log": torch.log}),
    Entry(no_layer("write it as a ReLU, `relu`, or as a sign, `Sign` of binary.py"), "where", "ge", "gt", "le", "lt", "eq",
          "ne", "maximum", "minimum"),
    Entry(no_layer("as the last step leave it out, since the class is where a file's result is largest; for max(x, 0) take"
                   " relu, and over places adaptive_max_pool1d or adaptive_max_pool2d"),
          "argmax", "max", "topk", onnx={"ArgMax": None}),
]

BY_NAME = {name: entry for entry in TABLE for name in entry.names}
TWICE = [name for entry in TABLE for name in entry.names if BY_NAME[name] is not entry]
if TWICE:
    raise AssertionError(f"layers are in the table twice: {', '.join(TWICE)}")
OPERATORS = {operator: (entry, function) for entry in TABLE for operator, function in entry.onnx.items()}


def append(layers, step, results):
    """Appends what a step computes, and enters its results."""
    layers.step = step
    try:
        refuse(step.name not in BY_NAME, UNKNOWN)
        function = BY_NAME[step.name].append
        kwargs = {{"axis": "dim", "keepdims": "keepdim"}.get(key, key): value for key, value in step.kwargs.items()}
        args, kwargs = mapped((step.args, kwargs), Value, results.__getitem__)
        try:
            inspect.signature(function).bind(layers, *args, **kwargs)
        except TypeError as error:
            raise Unsupported(f"is called in a way that the exporter does not know: {error}") from None
        made = function(layers, *args, **kwargs)
    except Unsupported as error:
        raise Unsupported(f"{step.label}: {error}") from None
    for value, result in zip(step.results, made if isinstance(made, list) else [made]):
        results[value] = result
