"""Parts of results, results joined, products of two, and images that are padded or enlarged."""

import torch
from torch import nn
from torch.nn import functional as F

from testing import Case, Of


def shuffle(x, groups):
    """As torchvision's ShuffleNetV2 writes it."""
    n, c, h, w = x.size()
    return torch.transpose(x.view(n, groups, c // groups, h, w), 1, 2).contiguous().view(n, c, h, w)


class Parts(Case):
    def test_slices(self):
        for write in (lambda x: x[:, 1:3], lambda x: x[:, ::2], lambda x: x[:, :, ::2, ::2], lambda x: x[:, 3:, 1:-1, 2:5],
                      lambda x: x.narrow(1, 2, 3), lambda x: torch.narrow(x, 3, 1, 4), lambda x: x.select(2, 1).unsqueeze(2),
                      lambda x: x[..., -2:], lambda x: x.flip(2), lambda x: torch.index_select(x, 1, torch.tensor([1, 3, 5])),
                      lambda x: x[:, [0, 2, 4]], lambda x: x[:, :, 1::2][:, :, ::2]):
            layers = self.right(Of(lambda m, x, write=write: write(x).relu()), (6, 5, 6))
            self.assertEqual(sorted(self.kinds(layers)), ["relu", "select"])
        layers = self.right(Of(lambda m, x: m.fc(x[:, 1:4]), fc=nn.Linear(3, 2)), (5,))
        self.assertEqual(self.kinds(layers), ["select", "linear"])

    def test_numbers_for_every_channel_of_a_part(self):
        mean, slopes = torch.randn(1, 3, 1, 1), nn.PReLU(3)
        nn.init.normal_(slopes.weight)
        for write in (lambda m, x: m.conv((x[:, :, 1:-1, 1:-1] - mean) / 0.3), lambda m, x: m.slopes(F.interpolate(x, scale_factor=2)),
                      lambda m, x: (lambda a, b: a + m.mean + b)(*torch.cat([x, m.conv(x)], 1).chunk(2, 1)),
                      lambda m, x: m.conv(x.flip(3) * m.mean)):
            self.right(Of(write, conv=nn.Conv2d(3, 3, 3, padding=1), slopes=slopes, mean=mean), (3, 5, 6))

    def test_vectors_repeated_over_an_image(self):
        def squeezed(m, x):
            """Squeeze and excitation as it is most often written."""
            b, c, _, _ = x.size()
            return x * m.fc(F.adaptive_avg_pool2d(x, 1).view(b, c)).sigmoid().view(b, c, 1, 1).expand_as(x)

        layers = self.right(Of(squeezed, fc=nn.Linear(3, 3)), (3, 4, 5))
        self.assertEqual(self.kinds(layers)[-2:], ["sigmoid", "multiply"])
        def twice(m, x):
            a = m.fc(x.mean((2, 3)))[:, :, None, None].expand(-1, -1, 4, 5)
            return a * a

        def both(m, x):
            a, b = m.fc(x.mean((2, 3)))[:, :, None, None], F.adaptive_max_pool2d(x, 1)
            return a.expand(-1, -1, 4, 5) * b

        for write in (twice, both, lambda m, x: x + m.fc(x.mean((2, 3)))[:, :, None, None], lambda m, x: x * m.fc(x.mean((2, 3)))[..., None, None],
                      lambda m, x: x.flatten(2) - m.fc(x.mean((2, 3))).unsqueeze(2)):
            self.right(Of(write, fc=nn.Linear(3, 3)), (3, 4, 5))

    def test_constants_in_the_shape_of_a_result(self):
        for write in (lambda m, x: x + m.bias.view(1, -1).expand_as(x), lambda m, x: x * m.bias.reshape_as(x[:1]),
                      lambda m, x: x - m.bias.expand_as(x).unsqueeze(1).squeeze(1),
                      lambda m, x: x - torch.flatten(m.bias.expand_as(x).unsqueeze(2), start_dim=1)):
            self.right(Of(lambda m, x, write=write: write(m, m.fc(x)), fc=nn.Linear(4, 3), bias=torch.randn(3)), (4,))
        self.refused(Of(lambda m, x: F.prelu(x, m.fc(x)[0]), fc=nn.Linear(3, 3)), (3,), "slopes that depend on the images")

    def test_parts_of_one_result(self):
        def split(m, x):
            a, b, c = torch.split(m.conv(x), [1, 2, 3], 1)
            return torch.cat([c.relu(), a.sigmoid(), b], 1)

        def chunk(m, x):
            a, _, b = m.conv(x).chunk(3, dim=1)
            return a - b

        def unbound(m, x):
            first, *_ = m.conv(x).unbind(1)
            return first.unsqueeze(1)

        def flattened(m, x):
            a, b = m.conv(x).tensor_split(2, dim=1)
            return torch.cat((a.flatten(1), 2 * b.flatten(1)), 1)

        for forward in (split, chunk, unbound, flattened):
            with self.subTest(forward.__name__):
                self.right(Of(forward, conv=nn.Conv2d(2, 6, 3)), (2, 5, 4))

    def test_parts_of_vectors(self):
        def gated(m, x):
            a, b = m.fc(x).chunk(2, -1)
            return a * torch.sigmoid(b)

        self.assertIn("multiply", self.kinds(self.right(Of(gated, fc=nn.Linear(4, 6)), (4,))))
        self.right(Of(lambda m, x: torch.cat([x, F.relu(x)], dim=-1)), (4,))
        self.right(Of(lambda m, x: torch.hstack([x, m.fc(x), x])[:, 2:9:3], fc=nn.Linear(4, 3)), (4,))

    def test_shuffled_channels(self):
        for write, channels in ((lambda x: shuffle(x, 3), 6), (lambda x: F.channel_shuffle(x, 2), 6),
                                (lambda x: nn.ChannelShuffle(3)(x), 6), (lambda x: shuffle(x, 2).chunk(2, 1)[1], 3),
                                (lambda x: shuffle(x[:, 2:], 2), 4)):
            module = Of(lambda m, x, write=write: m.conv(write(x)), conv=nn.Conv2d(channels, 2, 1))
            layers = self.right(module, (6, 3, 4))
            self.assertLessEqual(set(self.kinds(layers)), {"select", "conv2d"})

    def test_shuffled_branches(self):
        def forward(m, x):
            for _ in range(2):
                a, b = x.chunk(2, dim=1)
                x = shuffle(torch.cat((a, m.conv(b).relu()), dim=1), 2)
            return x.mean([2, 3])

        layers = self.right(Of(forward, conv=nn.Conv2d(3, 3, 3, padding=1)), (6, 4, 5))
        self.assertLessEqual(sum(kind == "select" for kind in self.kinds(layers)), 5)

    def test_padding(self):
        for module in (nn.ZeroPad2d((1, 2, 0, 3)), nn.ConstantPad2d(1, 0.0), nn.ReplicationPad2d(2),
                       Of(lambda m, x: F.pad(x, (1, -1, -2, 1))), Of(lambda m, x: F.pad(x, (0, 0, 0, 0, 2, 1))),
                       # The shortcut of option A.
                       Of(lambda m, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1), "constant", 0)),
                       Of(lambda m, x: F.pad(x, (1, 1, 1, 1)).sigmoid()),
                       nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3)), nn.Conv2d(3, 2, 3, padding=1, padding_mode="replicate")):
            with self.subTest(module):
                self.assertIn("select", self.kinds(self.right(module, (3, 5, 6))))
        self.refused(nn.Sequential(nn.ConstantPad2d(1, 0.5)), (1, 5, 5), "layer `0` (ConstantPad2d)", "pads with 0.5")
        self.refused(nn.Sequential(nn.ReflectionPad2d(1)), (1, 5, 5), "layer `0` (ReflectionPad2d)", "reflect", "replicate")

    def test_enlarged_images(self):
        for module in (nn.Upsample(scale_factor=2), nn.Upsample(size=(8, 9)), nn.UpsamplingNearest2d(scale_factor=3),
                       Of(lambda m, x: F.interpolate(x, scale_factor=(2, 1))), Of(lambda m, x: x[:, :, :1, :1].expand(-1, -1, 3, 4)),
                       Of(lambda m, x: x.mean((2, 3), keepdim=True).expand(-1, -1, 4, 6) + x),
                       Of(lambda m, x: torch.repeat_interleave(x, 2, 2))):
            with self.subTest(module):
                self.assertIn("select", self.kinds(self.right(module, (2, 4, 6))))
        for scale, recompute in ((0.3, True), (0.3, False), (0.4, True)):
            smaller = Of(lambda m, x: F.interpolate(x, scale_factor=scale, recompute_scale_factor=recompute))
            self.right(smaller, (2, 11, 7))
        bilinear = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"))
        self.refused(bilinear, (2, 4, 6), "layer `0` (Upsample)", "bilinear", "nearest")

    def test_windows_beyond_the_image(self):
        for module, shape in ((nn.MaxPool2d(2, ceil_mode=True), (2, 5, 6)), (nn.MaxPool2d(3, 2, ceil_mode=True), (2, 6, 8)),
                              (nn.MaxPool2d(3, 3, padding=1, ceil_mode=True), (2, 6, 9))):
            with self.subTest(module):
                layers = self.right(nn.Sequential(nn.Conv2d(2, 2, 1), module), shape)
                self.assertEqual(self.kinds(layers), ["conv2d", "select", "max_pool2d"])

    def test_joined_results(self):
        def dense(m, x):
            features = [x]
            for conv in m.convs:
                features.append(conv(torch.cat(features, 1)).relu())
            return torch.cat(features, dim=1)

        convs = nn.ModuleList(nn.Conv2d(2 + 3 * i, 3, 3, padding=1) for i in range(3))
        layers = self.right(Of(dense, convs=convs), (2, 4, 5))
        self.assertEqual([layer["layers"] for layer in layers if layer["type"] == "concat"][-1],
                         ["relu", "relu_1", "relu_2"])
        self.right(Of(lambda m, x: torch.concat((x, x.relu(), x), 1)), (2, 3, 4))
        self.right(Of(lambda m, x: torch.cat([m.conv(x).flatten(1), x.flatten(1)], 1), conv=nn.Conv2d(2, 3, 2)), (2, 3, 4))
        self.refused(Of(lambda m, x: torch.cat([x, x.relu()], 2)), (2, 3, 4), "layer `cat` (cat)", "dim=1")
        self.refused(Of(lambda m, x: torch.cat([x, torch.ones_like(x)], 1)), (2, 3, 4), "layer `cat` (cat)", "constant")
        self.refused(Of(lambda m, x: torch.stack([x, x.relu()], 1)), (4,), "layer `stack` (stack)", "torch.cat")

    def test_products_of_two(self):
        def squeezed(m, x):
            x = m.conv(x).relu()
            scale = x.mean((2, 3), keepdim=True)
            return x * torch.sigmoid(m.two(m.one(scale).relu()))

        module = Of(squeezed, conv=nn.Conv2d(2, 4, 3), one=nn.Conv2d(4, 2, 1), two=nn.Conv2d(2, 4, 1))
        self.assertEqual(self.kinds(self.right(module, (2, 5, 6)))[-2:], ["sigmoid", "multiply"])
        for write in (lambda x: x.relu() * x.sigmoid(), lambda x: torch.mul(x.tanh(), x), lambda x: x * x, lambda x: x**2,
                      lambda x: x.square(), lambda x: torch.multiply(x, x.mean((2, 3), keepdim=True)),
                      lambda x: x.mean((2, 3), keepdim=True) * x, lambda x: x * x[:, :1].sigmoid(),
                      lambda x: x.relu() * x[:, :, :1]):
            self.assertIn("multiply", self.kinds(self.right(Of(lambda m, x, write=write: write(x)), (3, 4, 5))))
        self.right(Of(lambda m, x: m.fc(x) * m.gate(x).sigmoid(), fc=nn.Linear(4, 3), gate=nn.Linear(4, 3)), (4,))
        self.refused(Of(lambda m, x: x**3), (4,), "layer `pow` (pow)", "square")
        self.refused(Of(lambda m, x: x.flatten(2) * x.mean(1).flatten(1)[:, None]), (3, 4, 5), "height, the width or both")

    def test_what_is_moved_otherwise_is_refused(self):
        turned = Of(lambda m, x: x.transpose(2, 3).relu() + x)
        self.refused(turned, (2, 3, 3), "layer `add` (add)", "has moved", "slices")
        self.refused(Of(lambda m, x: x[:, [0, 1, 3, 2]].sigmoid()), (4, 2, 2), "has moved")


if __name__ == "__main__":
    import unittest

    unittest.main()
