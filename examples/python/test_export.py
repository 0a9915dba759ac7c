#!/usr/bin/env python3
"""Tests of the exporter. With `--write DIR` it also writes small networks and what PyTorch makes of some images, which
the Rust tests read."""

import os
import struct
import sys
import tempfile
import unittest

import torch
from torch import nn
from torch.nn import functional as F

import model_file
from binary import BinaryConv2d, BinaryLinear, Sign
from export import Unsupported, export
from test_attention import Attention
from test_channels import Channels, drawn
from test_files import Files, Library, Messages
from test_layers import Activations, Arithmetic, Networks, Nothing
from test_onnx import Onnx
from test_outputs import Outputs
from test_parts import Parts
from test_pools import Pools
from test_sequences import Sequences
from test_shapes import Random, Sizes
from testing import Case, randomised

# The tests of other files, which run with those of this one.
OTHERS = (Files, Library, Messages, Activations, Arithmetic, Networks, Nothing, Onnx, Outputs, Parts, Pools,
          Random, Sequences, Sizes)


class Residual(nn.Module):
    """Two branches that meet, one of them through a convolution of its own."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 6, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(6)
        self.second = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(6, affine=False)
        self.narrow = nn.Conv2d(6, 4, 3, stride=2, padding=1)
        self.short = nn.Conv2d(6, 4, 1, stride=2)
        self.relu = nn.ReLU()
        self.out = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.norm1(self.first(x)))
        x = self.relu(self.norm2(self.second(x)) + x)
        x = self.relu(torch.add(self.short(x), self.narrow(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.out(x.view(x.size(0), -1))


class Functional(nn.Module):
    """Everything as functions, and a norm over what is flattened."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, (2, 3), stride=(1, 2), dilation=(2, 1))
        self.norm = nn.BatchNorm1d(3 * 3 * 2)
        self.fc1 = nn.Linear(3 * 3 * 2, 7)
        self.fc2 = nn.Linear(7, 4)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv(x)), (2, 2), stride=(2, 2))
        x = F.dropout(torch.flatten(x, 1), 0.3, self.training)
        x = torch.clamp(self.norm(x), -1.5, 2.0)
        x = F.gelu(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)


class Attending(nn.Module):
    """Patches as tokens at places of their own, norms of images and of tokens, parts that are joined, and attention."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(2, 8, 2, stride=2)
        self.groups = drawn(nn.GroupNorm(2, 8))
        self.narrow = nn.Conv2d(9, 6, 1)
        self.places = nn.Parameter(torch.randn(1, 12, 6))
        self.norm = drawn(nn.LayerNorm(6))
        self.attention = drawn(nn.MultiheadAttention(6, 3, batch_first=True))
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        x = self.groups(self.patches(x))
        x = self.narrow(torch.cat([x[:, 5:], x[:, :6].flip(3)], 1))
        x = x.flatten(2).transpose(1, 2) + self.places
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return self.out(x[:, 3:].mean(1))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(20, 9), nn.ReLU(), nn.Linear(9, 5), nn.Sigmoid(), nn.Linear(5, 3))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=(1, 2), bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1), nn.Conv2d(6, 8, 3, padding="same", groups=2), nn.ReLU6(),
        nn.AvgPool2d(2), nn.Dropout(0.2), nn.Flatten(), nn.Linear(48, 10), nn.ReLU(), nn.Linear(10, 4),
    )


def binarized():
    return nn.Sequential(
        BinaryConv2d(2, 5, 3, bias=False), nn.BatchNorm2d(5), Sign(), nn.MaxPool2d(2), nn.Flatten(),
        BinaryLinear(20, 11), nn.BatchNorm1d(11), Sign(), BinaryLinear(11, 3),
    )


# Name, module, shape of an image, pixels, half precision.
NETWORKS = [
    ("mlp", mlp, (1, 4, 5), {"scale": 1 / 255, "shift": 0.0}, False),
    ("cnn", cnn, (3, 8, 9), {"scale": 1 / 127.5, "shift": -1.0}, False),
    ("cnn_half", cnn, (3, 8, 9), {"scale": 1 / 255, "shift": 0.0}, True),
    ("residual", Residual, (2, 7, 6), {"threshold": 100}, False),
    ("functional", Functional, (1, 9, 9), {"drop_bits": 4}, False),
    ("binarized", binarized, (2, 7, 7), {"threshold": 128}, False),
    ("attending", Attending, (2, 6, 8), {"scale": 1 / 127.5, "shift": -1.0}, False),
]


def make(build, half):
    """A network with weights and statistics drawn at random."""
    torch.manual_seed(7)
    module = build()
    with torch.no_grad():
        for part in randomised(module).modules():
            if half and isinstance(part, (nn.Linear, nn.Conv2d)):
                part.weight.copy_(part.weight.half().float())
    return module


def numbers(pixels, pixel):
    """What enters a network."""
    if "threshold" in pixel:
        return (pixels >= pixel["threshold"]).float()
    if "drop_bits" in pixel:
        return (pixels >> pixel["drop_bits"]).float()
    return pixels.float() * pixel["scale"] + pixel["shift"]


def write_all(directory):
    for name, build, shape, pixel, half in NETWORKS:
        module = make(build, half)
        export(module, os.path.join(directory, f"{name}.safetensors"), shape, pixel, half, check=False)
        pixels = torch.randint(0, 256, (12, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            outputs = module(numbers(pixels, pixel))
        expected = {
            "pixels": model_file.Tensor("U8", pixels.shape, bytes(pixels.flatten().tolist())),
            "outputs": model_file.reals(outputs.flatten().tolist(), outputs.shape),
        }
        model_file.write(os.path.join(directory, f"{name}.expected.safetensors"), expected)


class Tests(Case):
    def test_a_list_of_layers_keeps_its_order_names_and_geometry(self):
        tensors, description = self.exported(make(cnn, False), (3, 8, 9))
        layers = description["layers"]
        self.assertEqual([layer["type"] for layer in layers], [
            "conv2d", "batch_norm", "relu", "max_pool2d", "conv2d", "relu6", "avg_pool2d", "dropout", "flatten",
            "linear", "relu", "linear",
        ])
        self.assertEqual(layers[0], {
            "name": "0", "type": "conv2d", "size": [3, 3], "stride": [1, 1], "padding": [1, 2], "dilation": [1, 1],
            "groups": 1, "bias": False,
        })
        self.assertEqual(layers[4]["padding"], [1, 1])
        self.assertEqual(tensors["4.weight"].shape, [8, 3, 3, 3])
        self.assertEqual(tensors["4.weight"].dtype, "F32")
        self.assertNotIn("0.bias", tensors)

    def test_a_residual_network_goes_back_and_adds(self):
        _, description = self.exported(make(Residual, False), (2, 7, 6))
        layers = {layer["name"]: layer for layer in description["layers"]}
        self.assertEqual(layers["add"]["layer"], "relu")
        self.assertEqual(layers["back_to_relu_1"]["layer"], "relu_1")
        self.assertEqual(layers["add_1"]["layer"], "short")

    def test_weights_of_one_and_minus_one_are_packed(self):
        tensors, _ = self.exported(make(binarized, False), (2, 7, 7))
        self.assertEqual((tensors["0.weight_bits"].dtype, tensors["0.weight_bits"].shape), ("U8", [5, 3]))
        self.assertEqual(tensors["5.weight_bits"].shape, [11, 3])
        layer = nn.Linear(9, 1)
        layer.weight.data = torch.tensor([[1.0, -1, -1, 1, 1, -1, 1, -1, 1]])
        tensors, _ = self.exported(nn.Sequential(layer), (9,))
        self.assertEqual(tensors["0.weight_bits"].data, bytes([0b10011010, 0b10000000]))

    def test_half_precision_halves_weights_and_refuses_what_it_cannot_hold(self):
        tensors, _ = self.exported(make(mlp, True), (1, 4, 5), half=True)
        self.assertEqual((tensors["1.weight"].dtype, tensors["1.bias"].dtype), ("F16", "F32"))
        module = mlp()
        module[3].weight.data[0, 0] = 70000
        with self.assertRaises(Unsupported) as caught:
            self.exported(module, (1, 4, 5), half=True)
        self.assertIn("layer `3` (Linear): has a number as large as 70000, which half", str(caught.exception))

    def test_numbers_that_are_none_are_refused_by_the_name_of_their_layer(self):
        for number in (float("nan"), float("inf")):
            module = mlp()
            module[3].weight.data[0, 0] = number
            self.refused(module, (1, 4, 5), "layer `3` (Linear)", "finite")
            module = make(cnn, False)
            module[1].running_mean[2] = number
            self.refused(module, (3, 8, 9), "layer `1` (BatchNorm2d)", "finite")
            module = make(binarized, False)
            module[5].weight.data[0, 0] = number
            self.refused(module, (2, 7, 7), "layer `5` (BinaryLinear)", "finite")

    def test_bounds_that_are_not_given_are_those_of_the_function(self):
        class Bounded(nn.Module):
            def forward(self, x):
                return F.hardtanh(F.hardtanh(x, -0.5), max_val=0.25)

        class Unbounded(nn.Module):
            def forward(self, x):
                return F.hardtanh(x)

        bounds = [(layer["low"], layer["high"]) for layer in self.exported(Bounded(), (4,))[1]["layers"]]
        self.assertEqual(bounds, [(-0.5, 1.0), (-1.0, 0.25)])
        layer = self.exported(Unbounded(), (4,))[1]["layers"][0]
        self.assertEqual((layer["type"], layer["low"], layer["high"]), ("clip", -1.0, 1.0))

    def test_a_dropout_that_is_left_on_is_refused(self):
        class AlwaysDropped(nn.Module):
            def forward(self, x):
                return F.dropout(x, 0.5)

        self.refused(AlwaysDropped(), (4,), "dropout left on")

    def test_what_no_file_can_describe_is_named(self):
        self.refused(nn.Sequential(nn.Linear(4, 4), nn.Softsign()), (4,), "layer `1` (Softsign)")
        self.refused(nn.Sequential(nn.Bilinear(4, 4, 2)), (4,), "does not take images")
        self.refused(nn.Sequential(nn.Fold((4, 4), 2)), (4, 9), "layer `0` (Fold)")
        self.refused(nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")), (1, 5, 5), "reflect")
        self.refused(nn.Sequential(nn.Linear(5, 5)), (1, 5, 5), "layer `0` (Linear)", "flatten")

        class Product(nn.Module):
            def forward(self, x):
                return x @ x.t()

        class Parts(nn.Module):
            def forward(self, x):
                return torch.take(x, torch.tensor([0, 1]))

        class Branch(nn.Module):
            def forward(self, x):
                return x if x.sum() > 0 else -x

        self.refused(Product(), (4,), "layer `matmul`")
        self.refused(Parts(), (4,), "layer `take`", "split")
        self.refused(Branch(), (4,), "no straight line")
        self.refused(mlp(), (1, 4, 6), "does not take images of shape [1, 4, 6]")
        self.refused(nn.Sequential(nn.LogSoftmax(1)), (4,), "has no layers")

    def test_a_layer_by_itself_is_a_network(self):
        _, description = self.exported(nn.Conv2d(1, 2, 3), (1, 5, 5))
        self.assertEqual([layer["type"] for layer in description["layers"]], ["conv2d"])

    def test_the_module_stays_in_its_mode(self):
        module = mlp().train()
        self.exported(module, (1, 4, 5))
        self.assertTrue(module.training and module[2].training)

    def test_networks_give_the_same_from_their_files(self):
        for name, build, shape, _, half in NETWORKS:
            with self.subTest(name):
                self.right(make(build, half), shape, half=half)

    def test_a_file_is_read_as_it_was_written(self):
        tensors = {"a": model_file.reals([1.0, -2.5], [2]), "b": model_file.Tensor("U8", [3], b"abc")}
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "x.safetensors")
            model_file.write(path, tensors, {"version": 1}, {"key": "value"})
            found, metadata = model_file.read(path)
        self.assertEqual(metadata, {"key": "value", "ringshare": '{"version":1}'})
        self.assertEqual(struct.unpack("<2f", found["a"].data), (1.0, -2.5))
        self.assertEqual(found["b"].data, b"abc")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--write":
        write_all(sys.argv[2])
    else:
        unittest.main()
