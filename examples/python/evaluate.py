"""Evaluates a file as docs/model-format.md says, in double precision: what the tests compare exported modules with."""

import json
import math
import struct

import torch
from torch.nn import functional as F

import model_file


def numbers(tensor):
    """A tensor of a file as one of PyTorch's."""
    letter = {"F32": "f", "F16": "e", "F64": "d", "I32": "i"}[tensor.dtype]
    values = struct.unpack(f"<{math.prod(tensor.shape)}{letter}", tensor.data)
    return torch.tensor(values, dtype=torch.float64).reshape(tensor.shape)


def signs(tensor, row):
    """Packed weights: rows of so many."""
    out, width = tensor.shape
    assert width == -(-row // 8), (width, row)
    rows = []
    for start in range(0, out * width, width):
        bits = "".join(f"{byte:08b}" for byte in tensor.data[start:start + width])
        assert "1" not in bits[row:]
        rows.append([1.0 if bit == "1" else -1.0 for bit in bits[:row]])
    return torch.tensor(rows, dtype=torch.float64)


def image(x):
    """A vector is an image of one place."""
    return x.reshape(*x.shape, 1, 1) if x.dim() == 2 else x


class Network:
    """A file's layers and tensors."""

    def __init__(self, path):
        self.tensors, metadata = model_file.read(path)
        self.description = json.loads(metadata["ringshare"])
        assert self.description["version"] == 1

    def get(self, name, key):
        return numbers(self.tensors[f"{name}.{key}"])

    def weight(self, name, shape):
        """Weights, plain or packed, the shape of each of whose rows is given."""
        if f"{name}.weight" in self.tensors:
            weight = self.get(name, "weight")
            assert list(weight.shape[1:]) == list(shape), (weight.shape, shape)
            return weight
        packed = signs(self.tensors[f"{name}.weight_bits"], math.prod(shape))
        return packed.reshape(-1, *shape)

    def __call__(self, images):
        """The result for numbers `[N, C, H, W]` or `[N, length]`, in PyTorch's order."""
        assert list(images.shape[1:]) == self.description["input"]["shape"]
        x = images.double()
        results = {"input": x}
        for layer in self.description["layers"]:
            layer = dict(layer)
            name, kind = layer.pop("name"), layer.pop("type")
            assert name not in results and 1 <= len(name) <= 256
            x = getattr(self, kind)(name, x, results, **layer)
            results[name] = x
        return x

    def conv2d(self, name, x, _, *, size=None, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=True):
        packed = f"{name}.weight" not in self.tensors
        size = size if packed else self.tensors[f"{name}.weight"].shape[2:]
        weight = self.weight(name, [x.shape[1] // groups, *size])
        return F.conv2d(image(x), weight, self.get(name, "bias") if bias else None, stride, padding, dilation, groups)

    def linear(self, name, x, _, *, bias=True):
        x = x.flatten(1) if x.shape[2:].numel() == 1 else x
        assert x.dim() == 2
        return F.linear(x, self.weight(name, x.shape[1:]), self.get(name, "bias") if bias else None)

    def batch_norm(self, name, x, _, *, eps=1e-5, affine=True):
        keys = ("running_mean", "running_var", "weight", "bias") if affine else ("running_mean", "running_var")
        mean, variance, scale, shift = [self.get(name, key) for key in keys] + [None, None] * (not affine)
        shape = [1, -1] + [1] * (x.dim() - 2)
        x = (x - mean.reshape(shape)) / torch.sqrt(variance + eps).reshape(shape)
        return x * scale.reshape(shape) + shift.reshape(shape) if affine else x

    def relu(self, _, x, __):
        return x.clamp(min=0)

    def relu6(self, _, x, __):
        return x.clamp(0, 6)

    def clip(self, _, x, __, *, low, high):
        assert low <= high
        return x.clamp(low, high)

    def leaky_relu(self, _, x, __, *, slope=0.01):
        return x.clamp(min=0) + slope * x.clamp(max=0)

    def sign(self, _, x, __):
        return torch.where(x >= 0, 1.0, -1.0).double()

    def sigmoid(self, _, x, __):
        return 1 / (1 + torch.exp(-x))

    def tanh(self, _, x, __):
        return torch.tanh(x)

    def gelu(self, _, x, __):
        return x / 2 * (1 + torch.erf(x / math.sqrt(2)))

    def gelu_tanh(self, _, x, __):
        return x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    def silu(self, _, x, __):
        return x / (1 + torch.exp(-x))

    def hardswish(self, _, x, __):
        return x * (x + 3).clamp(0, 6) / 6

    def mish(self, _, x, __):
        return x * torch.tanh(torch.log(1 + torch.exp(x)))

    def softplus(self, _, x, __):
        return torch.log(1 + torch.exp(x))

    def elu(self, _, x, __, *, alpha=1.0):
        return torch.where(x > 0, x, alpha * (torch.exp(x) - 1))

    def softmax(self, _, x, __):
        powers = torch.exp(x - x.amax(1, keepdim=True))
        return powers / powers.sum(1, keepdim=True)

    def means(self, x, groups):
        """The mean of the group of every element."""
        if groups is None:
            return x.mean(1, keepdim=True).expand_as(x)
        return x.unflatten(1, (groups, -1)).flatten(2).mean(2, keepdim=True).expand(-1, -1, x[0].numel() // groups).reshape(x.shape)

    def centre(self, _, x, __, *, groups=None):
        return x - self.means(x, groups)

    def inverse_rms(self, _, x, __, *, groups=None, eps=1e-5):
        return (self.means(x * x, groups) + eps) ** -0.5

    def matmul(self, _, x, results, *, layer, heads=1, transposed=False):
        def split(x):
            """`[heads, rows, columns]` of `[h·m, T, 1]` or of `[m, T, h]`."""
            x = image(x)
            if x.shape[3] == heads:
                return x.permute(0, 3, 2, 1)
            assert x.shape[3] == 1
            return x.squeeze(3).unflatten(1, (heads, -1)).transpose(2, 3)

        one, other = split(x), split(results[layer])
        made = one @ (other.transpose(2, 3) if transposed else other)
        return made.permute(0, 3, 2, 1) if transposed else made.transpose(2, 3).flatten(1, 2).unsqueeze(3)

    def scale_elements(self, name, x, _):
        return image(x) * self.get(name, "weight") + self.get(name, "bias")

    def reshape(self, _, x, __, *, size):
        return image(x).flatten(2).unflatten(2, size)

    def max_pool2d(self, _, x, __, *, size, stride=None, padding=(0, 0), dilation=(1, 1)):
        return F.max_pool2d(image(x), size, stride or size, padding, dilation)

    def avg_pool2d(self, _, x, __, *, size, stride=None, padding=(0, 0)):
        return F.avg_pool2d(image(x), size, stride or size, padding)

    def global_avg_pool2d(self, _, x, __):
        return image(x).mean((2, 3), keepdim=True)

    def flatten(self, _, x, __):
        return x.flatten(1)

    def dropout(self, _, x, __):
        return x

    def add(self, _, x, results, *, layer):
        other = results[layer]
        assert x.numel() == other.numel(), (x.shape, other.shape)
        return x + other.reshape(x.shape)

    def multiply(self, _, x, results, *, layer):
        other = results[layer]
        return x * other.reshape(x.shape) if x.numel() == other.numel() else image(x) * image(other)

    def concat(self, _, x, results, *, layers):
        parts = [image(part) for part in (x, *(results[layer] for layer in layers))]
        return torch.cat(parts, 1)

    def select(self, _, x, __, *, size, start=(0, 0, 0), step=(1, 1, 1), repeat=(1, 1, 1), groups=1, edges=False, zeros_between=False):
        x = image(x)
        x = x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
        for axis in range(3):
            side = x.shape[axis + 1]
            at = torch.tensor([(start[axis] + step[axis] * i) // repeat[axis] for i in range(size[axis])])
            inside = (at >= 0) & (at < side)
            if zeros_between:
                inside &= torch.tensor([(start[axis] + step[axis] * i) % repeat[axis] == 0 for i in range(size[axis])])
            x = x.index_select(axis + 1, at.clamp(0, side - 1))
            if not edges:
                x = x * inside.double().reshape([-1] + [1] * (2 - axis))
        return x

    def __getattr__(self, kind):
        if kind == "from":
            return lambda _, __, results, *, layer: results[layer]
        raise AttributeError(kind)
