"""What people write in PyTorch, and that its file gives the same numbers."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from binary import sign as binary_sign
from testing import Case, Of


class StudyCnn(nn.Module):
    """Two convolutions, dropout, two linear layers and log-probabilities: PyTorch's usual network for digits."""

    def __init__(self, first=4, second=6):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, first, 3, 1), nn.Conv2d(first, second, 3, 1)
        self.drop1, self.drop2 = nn.Dropout(0.25), nn.Dropout(0.5)
        self.fc1, self.fc2 = nn.Linear(36 * second, 16), nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = torch.flatten(self.drop1(F.max_pool2d(x, 2)), 1)
        x = self.drop2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


class SignLinear(nn.Linear):
    """Signs of latent weights."""

    def forward(self, x):
        return F.linear(x, torch.sign(self.weight), self.bias)


class SignMlp(nn.Module):
    """Layers of weights -1 and +1 with real biases, signs between them."""

    def __init__(self, width=13):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = SignLinear(36, width), SignLinear(width, width), SignLinear(width, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        for layer in (self.fc1, self.fc2):
            x = torch.sign(layer(x))
        return self.fc3(x)


class StudyMlp(nn.Module):
    """Linear layers with ReLU between them, on images viewed as rows."""

    def __init__(self, pixels=36):
        super().__init__()
        self.pixels = pixels
        self.hidden = nn.ModuleList(nn.Linear(pixels, pixels) for _ in range(2))
        self.last = nn.Linear(pixels, 10)

    def forward(self, x):
        x = x.view(-1, self.pixels)
        for layer in self.hidden:
            x = layer(x).relu()
        return self.last(x)


def log_softmax(outputs):
    return torch.log_softmax(outputs, 1)


class Networks(Case):
    def test_log_softmax_is_left_out_at_the_end_and_a_note_says_so(self):
        layers = self.right(StudyCnn(), (1, 16, 16), after=log_softmax)
        self.assertEqual(layers[-1]["name"], "fc2")
        self.assertIn("`log_softmax` is left out", self.notes.getvalue())
        for last in (nn.LogSoftmax(dim=1), nn.LogSoftmax(-1), Of(lambda m, x: x.log_softmax(1)),
                     Of(lambda m, x: torch.log_softmax(x, 1)), Of(lambda m, x: F.log_softmax(x))):
            self.right(nn.Sequential(nn.Linear(4, 3), last), (4,), after=log_softmax)
            self.assertIn("left out", self.notes.getvalue())

    def test_log_softmax_is_refused_elsewhere(self):
        for dim, word in ((1, "can only be the last"), (0, "expected dim=1")):
            module = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim), nn.Linear(3, 2))
            self.refused(module, (4,), "(LogSoftmax)", word)

    def test_nothing_takes_log_probabilities_by_another_name(self):
        self.refused(Of(lambda m, x: x.log_softmax(1).clone().view(-1, 4).relu()), (4,), "layer `relu`", "can only be the last")
        ends = Of(lambda m, x: F.dropout(m.fc(x).log_softmax(1), training=False).clone(), fc=nn.Linear(4, 3))
        self.right(ends, (4,), after=log_softmax)

    def test_images_viewed_as_rows_are_vectors(self):
        self.assertEqual(self.kinds(self.right(StudyMlp(), (1, 6, 6)))[:3], ["flatten", "linear", "relu"])

    def test_signs_of_weights_are_packed_and_a_real_bias_is_kept(self):
        layers = self.right(SignMlp(), (1, 6, 6))
        self.assertEqual(self.kinds(layers), ["flatten", "linear", "sign", "linear", "sign", "linear"])
        self.assertEqual([layer["name"] for layer in layers[1::2]], ["fc1", "fc2", "fc3"])
        for name in ("fc1", "fc2", "fc3"):
            self.assertEqual(self.tensors[f"{name}.weight_bits"].dtype, "U8")
            self.assertEqual(self.tensors[f"{name}.bias"].dtype, "F32")

    def test_signs_of_weights_that_are_zero_are_numbers(self):
        layer = SignLinear(5, 3)
        with torch.no_grad():
            layer.weight[1, 2] = 0
        self.right(nn.Sequential(layer), (5,))
        self.assertEqual(self.tensors["0.weight"].dtype, "F32")
        self.assertNotIn("0.weight_bits", self.tensors)
        self.assertIn("`0` has weights -1, +1 and 1 times 0", self.notes.getvalue())

    def test_functions_take_the_parameters_of_the_module(self):
        def forward(m, x):
            x = F.conv2d(x, m.conv.weight, m.conv.bias, stride=2, padding=1)
            x = F.conv2d(x, torch.sign(m.other.weight), groups=2)
            return F.linear(x.flatten(1), m.scale * m.fc.weight)

        module = Of(forward, conv=nn.Conv2d(1, 4, 3), other=nn.Conv2d(4, 2, 2, groups=2), fc=nn.Linear(8, 3),
                    scale=torch.tensor(0.5))
        self.assertEqual(self.kinds(self.right(module, (1, 6, 6))), ["conv2d", "conv2d", "flatten", "linear"])
        matrix = torch.randn(4, 3)
        self.right(Of(lambda m, x: x @ m.matrix, matrix=matrix), (4,))
        self.refused(Of(lambda m, x: (m.matrix @ x[:, :, None]).flatten(1), matrix=torch.ones(3, 4)), (4,), "from the left")
        self.refused(Of(lambda m, x: x.view(-1, 2, 2) @ x.view(-1, 2, 2)), (4,), "layer `matmul`", "queries, keys and values")
        layers = self.right(Of(lambda m, x: x.matmul(m.matrix) + m.bias, matrix=matrix, bias=torch.randn(3)), (4,))
        self.assertEqual(self.kinds(layers), ["linear"])

    def test_shared_modules_are_two_layers(self):
        layers = self.right(Of(lambda m, x: m.fc(F.relu(m.fc(x))), fc=nn.Linear(4, 4)), (4,))
        self.assertEqual([layer["name"] for layer in layers], ["fc", "relu", "fc_1"])
        self.assertEqual(self.tensors["fc.weight"].data, self.tensors["fc_1.weight"].data)

    def test_subclasses_and_nested_lists_are_what_they_run(self):
        class Own(nn.Conv2d):
            pass

        layers = self.right(nn.Sequential(nn.Sequential(Own(1, 2, 3), nn.Identity()), nn.ReLU()), (1, 5, 5))
        self.assertEqual([layer["name"] for layer in layers], ["0.0", "1"])


class Nothing(Case):
    def test_what_changes_nothing_is_taken(self):
        for change in (
            nn.AlphaDropout(), nn.FeatureAlphaDropout(), nn.Dropout(), nn.Dropout2d(), nn.Dropout3d(), nn.Identity(),
            Of(lambda m, x: F.dropout(x, training=m.training)), Of(lambda m, x: F.alpha_dropout(x, 0.5, m.training)),
            Of(lambda m, x: F.feature_alpha_dropout(x)), Of(lambda m, x: F.dropout3d(x, training=False)),
            Of(lambda m, x: x.contiguous().detach().float().to(torch.float32).clone().to("cpu").type(torch.float32)),
            Of(lambda m, x: x.double().to(x.device).half().type_as(x).data),
            Of(lambda m, x: x.to(memory_format=torch.channels_last)), Of(lambda m, x: x[:, :, :]), Of(lambda m, x: +x),
            Of(lambda m, x: F.pad(x, (0, 0))), Of(lambda m, x: x.squeeze().unsqueeze(-1).squeeze(-1)),
        ):
            # Modules that round to half precision are no more precise than that.
            self.right(nn.Sequential(nn.Conv2d(1, 2, 3), change, nn.ReLU()), (1, 5, 5), tolerance=2e-3)
        self.right(nn.Sequential(nn.Linear(4, 3), nn.Dropout1d()), (4,))

    def test_squeezes_behind_a_pool_are_taken_and_undone(self):
        def forward(m, x):
            x = F.adaptive_avg_pool2d(m.conv(x), 1).squeeze(3).squeeze(2)
            x = m.small(x.unsqueeze(-1).unsqueeze(-1))
            return m.fc(x[:, :, 0, 0] if m.taken else x.squeeze())

        for taken in (False, True):
            module = Of(forward, conv=nn.Conv2d(1, 3, 2), small=nn.Conv2d(3, 4, 1), fc=nn.Linear(4, 2), taken=taken)
            self.right(module, (1, 4, 5))

    def test_wrappers_and_other_precisions_are_taken(self):
        for change in (nn.Module.double, nn.Module.half, nn.Module.bfloat16):
            module = change(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(18, 3)))
            kept = [(p, p.data_ptr(), p.dtype) for p in module.parameters()]
            with torch.no_grad():
                module[0].weight.mul_(1.5)
            self.right(module, (1, 5, 5), tolerance=0.05)
            self.assertEqual(kept, [(p, p.data_ptr(), p.dtype) for p in module.parameters()])
        layers = self.right(nn.DataParallel(nn.Sequential(nn.Linear(3, 2))), (3,))
        self.assertEqual(layers[0]["name"], "0")

    def test_weights_that_are_computed_are_constants(self):
        for change in (nn.utils.weight_norm, nn.utils.parametrizations.weight_norm, nn.utils.spectral_norm,
                       nn.utils.parametrizations.spectral_norm):
            module = nn.Sequential(change(nn.Conv2d(1, 3, 3)), nn.ReLU(), nn.Flatten(), change(nn.Linear(27, 4)))
            with torch.no_grad():
                for name, parameter in module.named_parameters():
                    if name.endswith(("_g", "original0")):
                        parameter.mul_(1.7)
            self.assertEqual([layer["name"] for layer in self.right(module, (1, 5, 5))], ["0", "1", "2", "3"])


class Activations(Case):
    def test_all_ways_to_write_a_relu(self):
        for write in (
            lambda x: F.relu(input=x), lambda x: torch.relu(x), lambda x: x.relu(), lambda x: x.clone().relu_(),
            lambda x: F.relu_(x.clone()), lambda x: torch.clamp(x, min=0), lambda x: x.clamp(min=0),
            lambda x: x.clamp_min(0), lambda x: x.clip(0), lambda x: F.threshold(x, 0, 0), nn.Threshold(0, 0),
            lambda x: F.relu(x.clone(), inplace=True), lambda x: x.clamp(min=torch.tensor(0.0)),
        ):
            self.assertEqual(self.kinds(self.right(Of(lambda m, x, write=write: write(x)), (2, 3, 3))), ["relu"])
        self.refused(nn.Threshold(0.1, 0), (4,), "threshold 0.1")

    def test_bounds(self):
        for write, kinds in (
            (lambda x: torch.clip(x, -0.5, 0.25), ["clip"]), (lambda x: x.clamp(max=0.5, min=-1), ["clip"]),
            (lambda x: x.clamp(0, 6), ["relu6"]), (lambda x: F.relu6(input=x), ["relu6"]),
            (lambda x: x.clamp(max=0.5), ["batch_norm", "relu", "batch_norm"]),
            (lambda x: x.clamp(0, float("inf")), ["relu"]),
            (lambda x: x.clamp(-math.inf, 0.5), ["batch_norm", "relu", "batch_norm"]),
            (lambda x: x.clamp_max(-0.5), ["batch_norm", "relu", "batch_norm"]),
            (lambda x: x.clamp(min=-0.5), ["batch_norm", "relu", "batch_norm"]),
            (lambda x: F.hardtanh(x, max_val=0.25), ["clip"]),
        ):
            self.assertEqual(self.kinds(self.right(Of(lambda m, x, write=write: write(x)), (3, 2, 2))), kinds)

    def test_slopes_of_negative_numbers(self):
        self.assertEqual(self.kinds(self.right(nn.LeakyReLU(0.3), (2, 3, 3))), ["leaky_relu"])
        self.right(Of(lambda m, x: F.leaky_relu(x, negative_slope=-0.5)), (4,))
        for module, shape in (nn.PReLU(), (2, 3, 3)), (nn.PReLU(3), (3, 2, 2)), (nn.PReLU(4), (4,)):
            with torch.no_grad():
                module.weight.copy_(torch.linspace(-0.4, 0.7, len(module.weight)))
            self.right(module, shape)

    def test_hard_sigmoids(self):
        self.assertEqual(self.kinds(self.right(nn.Hardsigmoid(), (2, 3, 3))), ["batch_norm", "clip"])

    def test_softmax_without_a_dimension_runs_over_vectors(self):
        self.assertEqual(self.kinds(self.right(nn.Sequential(nn.Linear(4, 3), nn.Softmax()), (4,))), ["linear", "softmax"])
        self.right(nn.Softmax2d(), (3, 2, 2))
        self.right(Of(lambda m, x: x.softmax(-1)), (4,))
        self.refused(nn.Softmax(2), (3, 2, 2), "expected dim=1")

    def test_curves(self):
        for module, kinds in (
            (nn.SiLU(), ["silu"]), (nn.Mish(), ["mish"]), (nn.Hardswish(), ["hardswish"]), (nn.ELU(), ["elu"]),
            (nn.ELU(0.3), ["elu"]), (nn.Softplus(), ["softplus"]), (nn.GELU("tanh"), ["gelu_tanh"]),
            (nn.Softplus(2), ["batch_norm", "softplus", "batch_norm"]), (nn.SELU(), ["elu", "batch_norm"]),
            (nn.CELU(0.3), ["batch_norm", "elu", "batch_norm"]), (nn.LogSigmoid(), ["batch_norm", "softplus", "batch_norm"]),
            (Of(lambda m, x: F.elu(x, alpha=0.3)), ["elu"]), (Of(lambda m, x: F.silu(x.clone(), inplace=True)), ["silu"]),
            (Of(lambda m, x: x * x.sigmoid()), ["silu"]), (Of(lambda m, x: F.hardsigmoid(x) * x), ["hardswish"]),
            (Of(lambda m, x: x * torch.tanh(F.softplus(x))), ["mish"]),
        ):
            with self.subTest(module):
                self.assertEqual(self.kinds(self.right(module, (2, 3, 3))), kinds)
        self.refused(nn.Sequential(nn.Softplus(threshold=1)), (4,), "(Softplus)", "threshold 1", "20")

    def test_gelu_written_out_is_one_layer(self):
        for write in (
            lambda x: x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0))),
            lambda x: 0.5 * x * (1 + torch.erf(x * 0.7071067811865476)),
            lambda x: x * ((torch.erf(x / 1.4142135381698608) + 1) * 0.5),
        ):
            layers = self.right(Of(lambda m, x, write=write: m.fc(write(x)), fc=nn.Linear(4, 3)), (4,))
            self.assertEqual(self.kinds(layers), ["gelu", "linear"])
        self.refused(Of(lambda m, x: x * 0.25 * (1 + torch.erf(x / math.sqrt(2)))), (4,), "layer `erf` (erf)")

    def test_a_sign_of_results_gives_one_for_zero_and_a_note_says_so(self):
        class Straight(torch.autograd.Function):
            @staticmethod
            def forward(context, x):
                return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))

        for write, note in ((lambda x: x.sign(), "gives 0, as torch.sign does"), (lambda x: x.sign_(), "torch.sign"),
                            (lambda x: torch.where(x > 0, 1.0, -1.0), "gives another number for 0"),
                            (lambda x: torch.where(x >= 0, 1.0, -1.0), None), (Straight.apply, None), (binary_sign, None)):
            module = nn.Sequential(nn.Linear(4, 3), Of(lambda m, x, write=write: write(x)))
            self.assertEqual(self.kinds(self.right(module, (4,))), ["linear", "sign"])
            self.assertIn(note or "", self.notes.getvalue())
            self.assertEqual(note is None, self.notes.getvalue() == "")
        self.refused(Of(lambda m, x: torch.where(x > 0, x, 0.1 * x)), (4,), "layer `gt`", "write it as")


class Arithmetic(Case):
    def test_constants_are_norms(self):
        channels, numbers = torch.randn(3, 1, 1), torch.randn(12)
        for write, shape in (
            (lambda m, x: (x - 0.1307) / 0.3081, (3, 2, 2)), (lambda m, x: 0.1 * x, (3, 2, 2)), (lambda m, x: 1 - x, (3, 2, 2)),
            (lambda m, x: -x, (3, 2, 2)), (lambda m, x: x * m.c + m.c, (3, 2, 2)), (lambda m, x: m.c - x, (3, 2, 2)),
            (lambda m, x: (x - m.c.to(x)) / m.c.type_as(x), (3, 2, 2)), (lambda m, x: x / m.c, (3, 2, 2)), (lambda m, x: x.sub(m.c, alpha=2), (3, 2, 2)),
            (lambda m, x: torch.add(m.c, x, alpha=3), (3, 2, 2)), (lambda m, x: x.flatten(1) * m.n - m.n, (3, 2, 2)),
            (lambda m, x: x.mul(2).add_(1).div_(3).neg(), (5,)), (lambda m, x: x * torch.tensor([2.0]), (5,)),
            (lambda m, x: torch.tensor(0.5, dtype=torch.float64) + x, (5,)),
            (lambda m, x: x.permute(0, 2, 3, 1).mul(2).permute(0, 3, 1, 2), (3, 2, 2)),
            (lambda m, x: torch.ones_like(x) + x, (5,)), (lambda m, x: x * x.new_full((1, 3, 1, 1), 2), (3, 2, 2)),
            (lambda m, x: (x * 2)[:, 0], (1,)),
        ):
            layers = self.right(Of(write, c=channels, n=numbers), shape)
            self.assertEqual(self.kinds([layer for layer in layers if layer["name"] not in ("flatten", "flatten_in_order")])
                             [-1:], ["linear" if layers[-1]["name"].endswith("_in_order") else "batch_norm"])
            self.assertLessEqual(self.kinds(layers).count("batch_norm"), 1)

    def test_a_norm_that_two_take_keeps_its_numbers(self):
        def forward(m, x):
            y = m.fc(x) + 1
            z = y * 2
            return torch.relu(y) + z

        self.right(Of(forward, fc=nn.Linear(4, 3, bias=False)), (4,))

    def test_differences_of_results(self):
        one, other = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3)
        for write in (lambda m, x: m.a(x) - m.b(x), lambda m, x: torch.sub(m.a(x), m.b(x), alpha=0.5),
                      lambda m, x: torch.add(m.a(x), m.b(x), alpha=-2), lambda m, x: torch.rsub(m.a(x), m.b(x)),
                      lambda m, x: m.a(x).sub_(m.b(x)), lambda m, x: m.a(x).flatten(2) - m.b(x).flatten(2)):
            if "flatten" in write.__code__.co_names:
                module = Of(lambda m, x, write=write: write(m, x).view(-1, 2, 3, 3), a=one, b=other)
            else:
                module = Of(write, a=one, b=other)
            self.assertIn("add", self.kinds(self.right(module, (1, 5, 5))))

    def test_a_result_added_to_itself_and_results_overwritten_in_place(self):
        self.right(Of(lambda m, x: m.fc(x) + x + x, fc=nn.Linear(4, 4)), (4,))

        def doubled(m, x):
            y = m.fc(x)
            return y + y

        def renamed(m, x):
            y = m.fc(x)
            z = y
            z += x
            return y + z

        def taken_twice(m, x):
            x = m.fc(x)
            return F.relu(x, inplace=True) + x

        def viewed(m, x):
            x = m.fc(x)
            y = x.view(-1, 2, 2)
            x.relu_()
            return y.flatten(1)

        def unseen(m, x):
            x = m.fc(x)
            x.data.clamp_(-0.5, 0.5)
            return m.fc(x)

        def seen_late(m, x):
            x = m.fc(x)
            y = x.data
            x.clamp_(-0.5, 0.5)
            return m.fc(y)

        for forward in (doubled, renamed, taken_twice):
            self.right(Of(forward, fc=nn.Linear(4, 4)), (4,))
        for forward in (unseen, seen_late):
            self.refused(Of(forward, fc=nn.Linear(4, 4)), (4,), "layer `fc` (Linear)", "overwritten in place")
        self.refused(Of(viewed, fc=nn.Linear(4, 4)), (4,), "layer `flatten` (flatten)", "overwritten in place")

    def test_a_bias_is_not_taken_into_a_result_that_is_used_in_another_shape(self):
        def viewed(m, x):
            y = m.fc(x)
            return (y.view(-1, 2, 2) + 1).flatten(1) + y

        self.right(Of(viewed, fc=nn.Linear(4, 4, bias=False)), (4,))

    def test_constants_of_other_shapes_are_refused(self):
        self.refused(Of(lambda m, x: x + torch.arange(4.0).view(2, 2)), (3, 2, 2), "differs from place to place")
        self.refused(Of(lambda m, x: x[:, None] + torch.ones(5, 3, 1, 1)), (3, 2, 2), "constant of shape")
        self.refused(Of(lambda m, x: 1 / x), (3,), "divides by a result")


if __name__ == "__main__":
    import unittest

    unittest.main()
