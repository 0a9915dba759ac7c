"""Networks from ONNX: the same file as from PyTorch, or the numbers that ONNX says."""

import contextlib
import importlib.util
import os
import tempfile
import unittest
import warnings

import torch
from torch import nn
from torch.nn import functional as F

from export import Unsupported, export_onnx
from testing import Case, Of, randomised
from test_layers import SignLinear, StudyCnn, StudyMlp, log_softmax
from test_parts import shuffle

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    onnx = None


def network():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU6(), nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(6, 4, 3, groups=2), nn.Sigmoid(), nn.AvgPool2d(2, 1), nn.Dropout(), nn.Flatten(), nn.Linear(8, 9),
        nn.Hardtanh(-0.5, 0.75), nn.Linear(9, 4, bias=False), nn.Softmax(1),
    )


class Branches(nn.Module):
    """Sums, differences, constants and shapes."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.short = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.norm = nn.BatchNorm2d(4)
        self.out = nn.Linear(4, 3)
        self.register_buffer("mean", torch.randn(1, 1, 1))

    def forward(self, x):
        x = torch.tanh(self.first((x - self.mean) / 0.3081))
        x = F.relu(self.norm(x))
        x = self.second(x) + x - self.short(x)
        x = F.adaptive_avg_pool2d(F.gelu(x), 1)
        return 2 * self.out(x.view(x.size(0), -1).unsqueeze(2).squeeze(2))


def saved(module, shape, path, **options):
    """Writes a module as ONNX."""
    options = {"dynamo": False, **options}
    with warnings.catch_warnings(), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (torch.randn(2, *shape),), path, **options)


@unittest.skipUnless(onnx, "no package onnx")
class Onnx(Case):
    def converted(self, write, **options):
        """The network in the file made of the ONNX file that `write` writes."""
        with tempfile.TemporaryDirectory() as directory:
            source, path = os.path.join(directory, "net.onnx"), os.path.join(directory, "net.safetensors")
            write(source)
            self.before = os.listdir(directory)
            return self.written(path, export_onnx, source, path, **options)

    def same(self, module, shape, after=lambda outputs: outputs, **options):
        """Checks that a module's file from ONNX gives what the module gives. Returns its layers."""
        module = randomised(module)
        network = self.converted(lambda path: saved(module, shape, path, **options))
        self.equal(network, module, shape, after)
        return network.description["layers"]

    def test_modules_by_way_of_onnx_give_the_same(self):
        for options in ({}, {"opset_version": 11}, {"opset_version": 13, "do_constant_folding": False},
                        {"input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}},
                        {"training": torch.onnx.TrainingMode.PRESERVE}):
            with self.subTest(options):
                self.same(network(), (2, 8, 9), **options)
                self.same(Branches(), (1, 6, 6), **options)
                self.same(StudyCnn(), (1, 16, 16), after=log_softmax, **options)
                self.assertIn("left out", self.notes.getvalue())
                self.same(StudyMlp(), (1, 6, 6), **options)

    def test_layers_have_the_names_of_the_modules_and_the_same_tensors(self):
        module = randomised(StudyCnn())
        there = self.converted(lambda path: saved(module, (1, 16, 16), path))
        tensors, _ = self.exported(module, (1, 16, 16))
        self.assertEqual({name: tensor.data for name, tensor in tensors.items()},
                         {name: tensor.data for name, tensor in there.tensors.items()})

    def test_layers_in_modules_have_their_whole_names(self):
        block = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
        module = Of(lambda m, x: m.net(x).mean((2, 3)), net=nn.Sequential(Of(lambda m, x: m.block(x), block=block)))
        names = [layer["name"] for layer in self.same(module, (1, 5, 5))]
        self.assertEqual(names[:2], ["net.0.block.0", "net.0.block.2"])

    def test_gelu_is_one_layer_whatever_the_operators(self):
        for opset in (17, 20):
            layers = self.same(nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 2)), (4,), opset_version=opset)
            self.assertEqual(self.kinds(layers), ["linear", "gelu", "linear"])

    def test_curves_are_one_layer_each_whatever_the_operators(self):
        for curve, kinds in ((nn.SiLU(), ["silu"]), (nn.Mish(), ["mish"]), (nn.ELU(0.5), ["elu"]), (nn.Softplus(), ["softplus"]),
                             (nn.Hardswish(), ["hardswish"]), (nn.SELU(), ["elu", "batch_norm"]),
                             (nn.CELU(0.5), ["batch_norm", "elu", "batch_norm"])):
            for opset in (13, 18):
                with self.subTest(curve, opset=opset):
                    layers = self.same(nn.Sequential(nn.Linear(4, 3), curve, nn.Linear(3, 2)), (4,), opset_version=opset)
                    self.assertEqual(self.kinds(layers), ["linear", *kinds, "linear"])
        layers = self.same(nn.Sequential(nn.Linear(4, 3), nn.GELU("tanh")), (4,), opset_version=20)
        self.assertEqual(self.kinds(layers), ["linear", "gelu_tanh"])

    def test_norms_of_each_image(self):
        def forward(m, x):
            x = m.group(m.conv(x)) + m.instance(m.conv(x))
            return m.fc(m.layer(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)

        parts = {"group": nn.GroupNorm(2, 4), "instance": nn.InstanceNorm2d(4, affine=True), "layer": nn.LayerNorm(4)}
        module = Of(forward, conv=nn.Conv2d(2, 4, 3), fc=nn.Linear(4, 3), **parts)
        for opset in (17, 18):
            layers = self.same(module, (2, 6, 5), opset_version=opset)
            self.assertEqual(self.kinds(layers).count("inverse_rms"), 3)

    def test_parts_and_products_of_results(self):
        def squeezed(m, x):
            x = m.conv(F.pad(x, (0, 1, 2, 0)))
            x = x * F.hardsigmoid(m.scale(F.adaptive_avg_pool2d(F.interpolate(x, scale_factor=2), 1)))
            a, b = x.chunk(2, 1)
            return torch.cat([b, a[:, ::2] * 2, x.flip(1)], 1) ** 2

        module = Of(squeezed, conv=nn.Conv2d(2, 6, 3), scale=nn.Conv2d(6, 6, 1))
        for opset in (11, 13, 18):
            layers = self.same(module, (2, 5, 6), opset_version=opset)
            self.assertEqual(self.kinds(layers).count("multiply"), 2)
        self.same(nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)), (2, 5, 5))
        self.same(Of(lambda m, x: shuffle(m.conv(x), 2).relu(), conv=nn.Conv2d(4, 4, 1)), (4, 3, 3))

    def test_a_matrix_product_and_its_bias_are_one_layer(self):
        module = Of(lambda m, x: torch.relu(x @ m.w + m.b) @ m.v, w=torch.randn(4, 5), b=torch.randn(5), v=torch.randn(5, 3))
        self.assertEqual(self.kinds(self.same(module, (4,))), ["linear", "relu", "linear"])

    def test_signs_of_weights_are_packed(self):
        module = nn.Sequential(SignLinear(4, 3), Of(lambda m, x: torch.sign(x)), SignLinear(3, 2))
        network = self.converted(lambda path: saved(module, (4,), path))
        self.assertEqual(sorted(t.dtype for t in network.tensors.values()), ["F32", "F32", "U8", "U8"])
        self.equal(network, module, (4,))

    def test_shapes_computed_from_shapes_are_numbers(self):
        def forward(m, x):
            n, c, h, w = x.shape
            return m.fc(x.reshape(n, c * h * w))

        options = {"input_names": ["x"], "dynamic_axes": {"x": {0: "n", 2: "h"}}}
        module = Of(forward, fc=nn.Linear(24, 3))
        network = self.converted(lambda path: saved(module, (2, 3, 4), path, **options), shape=[2, 3, 4])
        self.equal(network, module, (2, 3, 4))
        with self.assertRaises(Unsupported) as caught:
            self.converted(lambda path: saved(module, (2, 3, 4), path, **options))
        self.assertIn("--shape", str(caught.exception))

    def test_what_is_refused_has_the_same_messages(self):
        for module, shape, words in (
            (Of(lambda m, x: torch.cat([x, x.relu()], 2)), (4, 2, 2), ("Concat", "joins results", "dim=1")),
            (Of(lambda m, x: x[:, [0, 1, 0, 3]]), (4,), ("has moved", "slices")),
            (nn.Sequential(nn.Linear(4, 4), nn.Softsign()), (4,), ("layer `1` (Abs)", "no layer")),
            (Of(lambda m, x: m.rnn(x.squeeze(1))[0], rnn=nn.LSTM(5, 3, batch_first=True)), (1, 4, 5), ("LSTM", "recurrent")),
            (nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(1), nn.Linear(3, 2)), (4,), ("can only be the last",)),
            (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")), (1, 5, 5), ("Pad", "reflect")),
        ):
            with self.assertRaises(Unsupported) as caught:
                self.converted(lambda path: saved(module, shape, path))
            for word in words:
                self.assertIn(word, str(caught.exception))

    @unittest.skipUnless(importlib.util.find_spec("onnxscript"), "no package onnxscript")
    def test_the_newer_way_from_pytorch_gives_the_same(self):
        for module, shape, after in ((network(), (2, 8, 9), lambda x: x), (Branches(), (1, 6, 6), lambda x: x),
                                     (StudyCnn(), (1, 16, 16), log_softmax), (StudyMlp(), (1, 6, 6), lambda x: x)):
            self.same(module, shape, after, dynamo=True, verbose=False)

    def graph(self, nodes, shape, opset=17, **constants):
        """Writes an ONNX file of nodes from `x` to `y`."""
        def write(path):
            initializers = [numpy_helper.from_array(value.numpy(), name) for name, value in constants.items()]
            inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])]
            outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
            graph = helper.make_graph(nodes, "net", inputs, outputs, initializers)
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), path)

        return write

    def test_operators_as_others_write_them(self):
        weight, bias, images = torch.randn(3, 4), torch.randn(3), (2, 5, 6)
        kernel, turned, rows = torch.randn(4, 2, 3, 3), torch.randn(2, 3, 3, 2), torch.randn(3, 2, 2)
        node = helper.make_node
        for nodes, shape, constants, module in (
            ([node("Gemm", ["x", "w", "b"], ["y"], alpha=0.5, beta=2.0, transB=1)], (4,), {"w": weight, "b": bias},
             Of(lambda m, x: 0.5 * x @ weight.t() + 2 * bias)),
            ([node("Gemm", ["x", "w"], ["y"])], (3,), {"w": weight}, Of(lambda m, x: x @ weight)),
            ([node("Clip", ["x", "", "h"], ["y"])], (4,), {"h": torch.tensor(0.5)}, Of(lambda m, x: x.clamp(max=0.5))),
            ([node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)], images, {}, Of(lambda m, x: x.mean((2, 3)))),
            ([node("GlobalAveragePool", ["x"], ["a"]), node("Flatten", ["a"], ["y"])], images, {},
             Of(lambda m, x: x.mean((2, 3)))),
            ([node("Conv", ["x", "k"], ["y"], auto_pad="SAME_UPPER")], images, {"k": kernel},
             Of(lambda m, x: F.conv2d(x, kernel, padding=1))),
            ([node("Conv", ["x", "k"], ["y"], pads=[1, 0, 1, 0], strides=[2, 1])], images, {"k": kernel},
             Of(lambda m, x: F.conv2d(x, kernel, padding=(1, 0), stride=(2, 1)))),
            ([node("Conv", ["x", "k"], ["y"], pads=[0, 0, 1, 1])], images, {"k": kernel},
             Of(lambda m, x: F.conv2d(F.pad(x, (0, 1, 0, 1)), kernel))),
            ([node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)], images, {},
             Of(lambda m, x: F.avg_pool2d(x, 3, 1, 1))),
            ([node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], images, {},
             Of(lambda m, x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))),
            ([node("ConvTranspose", ["x", "t"], ["y"], strides=[2, 1], pads=[1, 0, 0, 1], output_padding=[1, 0])], images,
             {"t": turned}, Of(lambda m, x: F.conv_transpose2d(x, turned, stride=(2, 1), output_padding=(1, 0))[:, :, 1:, :-1])),
            ([node("Conv", ["x", "r"], ["a"]), node("MaxPool", ["a"], ["y"], kernel_shape=[2])], (2, 7), {"r": rows},
             Of(lambda m, x: F.max_pool1d(F.conv1d(x, rows), 2, 1))),
            # The padding at the end is not counted.
            ([node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")], (2, 4, 6), {},
             Of(lambda m, x: F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 3, 2) / F.avg_pool2d(F.pad(x * 0 + 1, (0, 1, 0, 1)), 3, 2))),
            ([node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 0])], (2, 5, 6), {},
             Of(lambda m, x: F.max_pool2d(x, 2, ceil_mode=True))),
            ([node("Constant", [], ["c"], value_float=0.25), node("Sub", ["c", "x"], ["a"]), node("Identity", ["a"], ["b"]),
              node("Neg", ["b"], ["y"])], (4,), {}, Of(lambda m, x: x - 0.25)),
            ([node("Unsqueeze", ["x", "one"], ["a"]), node("Squeeze", ["a"], ["b"]), node("Cast", ["b"], ["y"], to=1)], (4,),
             {"one": torch.tensor([1])}, Of(lambda m, x: +x)),
            ([node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]), node("Relu", ["a"], ["b"]),
              node("Transpose", ["b"], ["y"], perm=[0, 3, 1, 2])], images, {}, nn.ReLU()),
            ([node("Reshape", ["x", "s"], ["y"])], (1, 5, 6), {"s": torch.tensor([0, -1])}, nn.Flatten()),
            ([node("Relu", ["x"], ["a"]), node("Dropout", ["a", "r"], ["y"])], (4,), {"r": torch.tensor(0.5)}, nn.ReLU()),
            ([node("Sign", ["x"], ["y"])], (4,), {}, Of(lambda m, x: x.sign())),
            ([node("PRelu", ["x", "s"], ["y"])], (3, 3, 3), {"s": torch.tensor([0.5, -0.25, 2.0]).reshape(3, 1, 1)},
             Of(lambda m, x: F.prelu(x, torch.tensor([0.5, -0.25, 2.0])))),
            ([node("Resize", ["x", "", "s"], ["y"], coordinate_transformation_mode="asymmetric", nearest_mode="floor")], (2, 11, 7),
             {"s": torch.tensor([1.0, 1.0, 0.3, 0.5])}, Of(lambda m, x: F.interpolate(x, scale_factor=(0.3, 0.5)))),
            ([node("Resize", ["x", "", "s"], ["y"])], (2, 3, 4), {"s": torch.tensor([1.0, 1.0, 2.0, 3.0])},
             Of(lambda m, x: F.interpolate(x, scale_factor=(2, 3)))),
            ([node("Resize", ["x", "", "s"], ["y"], axes=[2, 3])], (2, 3, 4), {"s": torch.tensor([2.0, 3.0])},
             Of(lambda m, x: F.interpolate(x, scale_factor=(2, 3)))),
            ([node("Resize", ["x", "", "", "s"], ["y"], axes=[3])], (2, 3, 4), {"s": torch.tensor([8])},
             Of(lambda m, x: F.interpolate(x, scale_factor=(1, 2)))),
            ([node("Split", ["x"], ["a", "b"], axis=1), node("Sub", ["a", "b"], ["y"])], images, {},
             Of(lambda m, x: x[:, :1] - x[:, 1:])),
        ):
            with self.subTest(nodes[0].op_type):
                write = self.graph([*nodes], shape, **constants)
                if nodes[-1].op_type == "Cast":
                    # An identity is no network.
                    self.assertRaisesRegex(Unsupported, "no layers", self.converted, write)
                    continue
                self.equal(self.converted(write), module, shape)

    def test_a_softmax_of_older_operators_runs_over_all_that_follows(self):
        write = self.graph([helper.make_node("Softmax", ["x"], ["y"])], (4,), opset=11)
        self.equal(self.converted(write), nn.Softmax(1), (4,))

    def test_files_that_are_none_and_operators_that_are_unknown_are_named(self):
        node = helper.make_node
        for write, words in (
            (lambda path: open(path, "w").close(), ("expected one",)),
            (self.graph([node("Det", ["x"], ["y"], name="d")], (4,)), ("layer `d` (Det)", "is no layer")),
            (self.graph([node("Relu", ["x"], ["y"], domain="own", name="r")], (4,)), ("layer `r` (Relu)", "of own")),
            (self.graph([node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], pads=[1, 0, 0, 0])], (2, 5, 6)),
             ("MaxPool", "pad both ends alike")),
            (self.graph([node("Relu", ["x"], ["y"], slope=0.1)], (4,)), ("Relu", "does not know")),
            (self.graph([node("PRelu", ["x", "s"], ["y"])], (3, 3, 3), s=torch.rand(3)), ("PRelu", "one for each channel")),
            (self.graph([node("Resize", ["x", "", "s"], ["y"], coordinate_transformation_mode="asymmetric", nearest_mode="ceil")],
                        (2, 3, 4), s=torch.tensor([1.0, 1.0, 2.0, 2.0])), ("Resize", "asymmetric and ceil")),
            (self.graph([node("Resize", ["x", "", "s"], ["y"])], (2, 3, 4), s=torch.tensor([1.0, 2.0, 2.0, 2.0])),
             ("Resize", "rows and columns alone")),
            (self.graph([node("MaxPool", ["x"], ["a", "i"], kernel_shape=[2, 2]), node("Cast", ["i"], ["y"], to=1)], (2, 5, 6)),
             ("Cast", "does not know")),
        ):
            with self.assertRaises(Unsupported) as caught:
                self.converted(write)
            for word in words:
                self.assertIn(word, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
