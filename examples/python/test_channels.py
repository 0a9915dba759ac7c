"""Norms of each image, and layers whose channels are last."""

import torch
from torch import nn
from torch.nn import functional as F

from testing import Case, Of


def drawn(module):
    """The module with its weights and biases drawn at random."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module


class Channels(Case):
    def test_norms(self):
        norm = ["centre", "inverse_rms", "multiply", "batch_norm"]
        for module, shape, kinds in (
            (nn.GroupNorm(2, 6), (6, 3, 4), norm), (nn.GroupNorm(6, 6, affine=False), (6, 3, 4), norm[:3]),
            (nn.GroupNorm(3, 6), (6,), norm), (nn.InstanceNorm2d(3), (3, 4, 5), norm[:3]),
            (nn.InstanceNorm2d(3, affine=True), (3, 4, 5), norm), (nn.LayerNorm(7), (7,), norm),
            (nn.LayerNorm(7, bias=False), (7,), norm), (nn.LayerNorm([3, 4, 5], elementwise_affine=False), (3, 4, 5), norm[:3]),
            (nn.InstanceNorm2d(3, track_running_stats=True), (3, 4, 5), ["batch_norm"]),
            (nn.LayerNorm([3, 4, 5], eps=1e-2), (3, 4, 5), norm),
        ):
            with self.subTest(str(module)):
                if module.__class__ is not nn.LayerNorm or len(module.normalized_shape) == 1:
                    drawn(module)
                self.assertEqual(self.kinds(self.right(module, shape)), kinds)
        layers = self.right(Of(lambda m, x: F.layer_norm(x.flatten(1), (60,), m.w, m.b), w=torch.randn(60), b=torch.randn(60)),
                            (3, 4, 5))
        self.assertEqual(self.kinds(layers)[:5], ["flatten", *norm])
        if hasattr(nn, "RMSNorm"):
            self.assertEqual(self.kinds(self.right(drawn(nn.RMSNorm(5)), (5,))), ["inverse_rms", "multiply", "batch_norm"])

    def test_norms_of_places(self):
        def permuted(m, x):
            return m.norm(m.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

        layers = self.right(Of(permuted, conv=nn.Conv2d(2, 6, 3), norm=drawn(nn.LayerNorm(6))), (2, 5, 4))
        self.assertEqual(self.kinds(layers), ["conv2d", "centre", "inverse_rms", "multiply", "batch_norm"])

    def test_a_linear_layer_of_every_place(self):
        def block(m, x):
            y = m.norm(x.permute(0, 2, 3, 1))
            return x + m.scale * m.two(F.gelu(m.one(y))).permute(0, 3, 1, 2)

        parts = {"norm": drawn(nn.LayerNorm(4)), "one": nn.Linear(4, 9), "two": nn.Linear(9, 4, bias=False)}
        layers = self.right(Of(block, scale=torch.randn(4, 1, 1), **parts), (4, 3, 5))
        self.assertNotIn("select", self.kinds(layers))

    def test_tokens(self):
        def forward(m, x):
            x = m.conv(x).flatten(2).transpose(1, 2)
            x = x + m.one(m.norm(x))
            return m.head(x.mean(1))

        parts = {"conv": nn.Conv2d(3, 8, 4, 4), "norm": drawn(nn.LayerNorm(8)), "one": nn.Linear(8, 8), "head": nn.Linear(8, 5)}
        layers = self.right(Of(forward, **parts), (3, 12, 8))
        self.assertEqual(self.kinds(layers), ["conv2d", "centre", "inverse_rms", "multiply", "batch_norm", "conv2d", "add",
                                              "global_avg_pool2d", "flatten", "linear"])

    def test_refusals(self):
        self.refused(nn.LayerNorm([4, 5]), (3, 4, 5), "normalises the shape [4, 5]", "the last dimension")
        self.refused(nn.LayerNorm(5), (3, 4, 5), "whose last dimension is not the channels")
        self.refused(drawn(nn.LayerNorm([3, 4, 5])), (3, 4, 5), "differ from place to place")
        self.refused(nn.Linear(5, 2), (3, 4, 5), "put a flatten before it")
