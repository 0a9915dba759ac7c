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
JOINS = no_layer("it joins results; expected one result a layer, or sums of two of equal shape")
PARTS = no_layer("it takes a part of a result; expected layers that take all of it")
RECURRENT = no_layer("it is recurrent; expected layers that take an image at once, such as Linear and Conv2d")
PRODUCTS = no_layer("it multiplies two results, as attention does; expected products with constants")
NORMS = no_layer("it takes statistics of each image; a BatchNorm's are constant")
CURVES = no_layer("expected ReLU, ReLU6, LeakyReLU, PReLU, Hardtanh, Sigmoid, Hardsigmoid, Tanh, GELU or Softmax in its place")

TABLE = [
    Entry(products.linear, "linear", onnx={"Gemm": onnx.gemm}),
    Entry(products.matrix_product, "matmul", "mm", onnx={"MatMul": torch.matmul}),
    Entry(lambda layers, input, other: products.matrix_product(layers, other, input), "rmatmul"),
    Entry(products.convolution, "conv2d", onnx={"Conv": onnx.conv}),
    Entry(products.batch_norm, "batch_norm", onnx={"BatchNormalization": onnx.batch_norm}),
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
    Entry(activations.softmax, "softmax", onnx={"Softmax": onnx.softmax}),
    Entry(activations.log_softmax, "log_softmax", onnx={"LogSoftmax": onnx.log_softmax}),
    Entry(pools.max_pool, "max_pool2d", onnx={"MaxPool": onnx.max_pool}),
    Entry(pools.adaptive_max_pool, "adaptive_max_pool2d", onnx={"GlobalMaxPool": onnx.global_max_pool}),
    Entry(pools.avg_pool, "avg_pool2d", onnx={"AveragePool": onnx.avg_pool}),
    Entry(pools.adaptive_avg_pool, "adaptive_avg_pool2d", onnx={"GlobalAveragePool": onnx.global_avg_pool}),
    Entry(pools.mean, "mean", onnx={"ReduceMean": onnx.mean}),
    Entry(activations.dropout, "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout",
          "feature_alpha_dropout", onnx={"Dropout": onnx.dropout}),
    Entry(shapes.move, *shapes.NAMES, onnx={
        "Reshape": onnx.reshape, "Flatten": onnx.flatten, "Squeeze": onnx.squeeze, "Unsqueeze": onnx.unsqueeze,
        "Transpose": onnx.transpose,
    }),
    Entry(activations.alias, "contiguous", "detach", "clone", "to", "float", "double", "half", "bfloat16", "type", "type_as",
          "data", "cpu", "alias", "requires_grad", "positive", "pos", onnx={"Identity": onnx.identity, "Cast": onnx.cast}),
    Entry(arithmetic.add, "add", "radd", onnx={"Add": torch.add}),
    Entry(arithmetic.subtract, "sub", "subtract", onnx={"Sub": torch.sub}),
    Entry(arithmetic.subtract_from, "rsub"),
    Entry(arithmetic.multiply, "mul", "multiply", "rmul", onnx={"Mul": torch.mul}),
    Entry(arithmetic.divide, "div", "divide", "true_divide", "truediv", onnx={"Div": torch.div}),
    Entry(lambda layers, input, other=1: arithmetic.divide(layers, other, input), "rdiv", "rtruediv", "reciprocal"),
    Entry(arithmetic.negate, "neg", "negative", onnx={"Neg": torch.neg}),
    # What is often met and not taken, with what to do instead.
    Entry(JOINS, "cat", "concat", "concatenate", "stack", "hstack", "vstack", onnx={"Concat": onnx.concat}),
    Entry(PARTS, "split", "chunk", "unbind", "narrow", "select", "index_select", "tensor_split",
          onnx={"Split": None, "Slice": onnx.part, "Gather": onnx.gather}),
    Entry(RECURRENT, "lstm", "gru", "rnn_tanh", "rnn_relu", onnx={"LSTM": None, "GRU": None, "RNN": None}),
    Entry(PRODUCTS, "bmm", "einsum", "baddbmm", "scaled_dot_product_attention", "multi_head_attention_forward"),
    Entry(NORMS, "layer_norm", "group_norm", "instance_norm",
          onnx={"LayerNormalization": None, "InstanceNormalization": None, "GroupNormalization": None}),
    Entry(CURVES, "elu", "selu", "celu", "silu", "hardswish", "softplus", "mish", "softsign",
          "glu", "logsigmoid", "log_sigmoid", "exp", "abs", "pow", "sqrt", "log", "erf",
          onnx={"Elu": None, "Selu": None, "HardSwish": None, "Softplus": None, "Mish": None, "Erf": torch.erf, "Exp": torch.exp, "Sqrt": torch.sqrt, "Pow": torch.pow,
                "Abs": torch.abs, "Log": torch.log}),
    Entry(no_layer("write it as a ReLU, `relu`, or as a sign, `Sign` of binary.py"), "where", "ge", "gt", "le", "lt", "eq",
          "ne", "maximum", "minimum"),
    Entry(no_layer("as the last step leave it out, since the class is where a file's result is largest; for max(x, 0) take relu"),
          "argmax", "max", "topk", onnx={"ArgMax": None}),
    Entry(shapes.pad, "pad", onnx={"Pad": onnx.pad}),
]

BY_NAME = {name: entry for entry in TABLE for name in entry.names}
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
    for value, result in zip(step.results, [made]):
        results[value] = result
