"""Sequences, which are images of height 1, and transposed convolutions."""

import torch
from torch import nn
from torch.nn import functional as F

from testing import Case, Of, randomised


class Sequences(Case):
    def test_networks_of_sequences(self):
        for module, shape in (
            (nn.Sequential(nn.Conv1d(2, 4, 3, stride=2, padding=1), nn.BatchNorm1d(4), nn.ReLU(), nn.MaxPool1d(2), nn.Dropout1d(),
                           nn.Conv1d(4, 6, 2, dilation=2, groups=2, bias=False), nn.Tanh(), nn.Flatten(), nn.Linear(24, 3)), (2, 24)),
            (nn.Sequential(nn.Conv1d(1, 3, 5, padding="same"), nn.LeakyReLU(), nn.AvgPool1d(3, 2, padding=1), nn.PReLU(3),
                           nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(3, 2)), (1, 9)),
            (nn.Sequential(nn.Conv1d(1, 3, 5, padding="valid"), nn.AdaptiveMaxPool1d(3), nn.Softmax(1)), (1, 11)),
            (nn.Sequential(nn.ConstantPad1d((2, 1), 0.0), nn.Upsample(scale_factor=2), nn.Conv1d(2, 2, 3, padding=1, padding_mode="replicate"),
                           nn.Sigmoid()), (2, 5)),
            (nn.Sequential(nn.Conv1d(2, 3, 2), nn.AvgPool1d(2, ceil_mode=True), nn.MaxPool1d(2, ceil_mode=True)), (2, 8)),
            (nn.Sequential(nn.AvgPool1d(3, 1, padding=1, count_include_pad=False), nn.AdaptiveAvgPool1d(3), nn.ReLU()), (2, 8)),
        ):
            with self.subTest(module):
                self.right(randomised(module), shape)

    def test_images_of_one_column_and_tokens_are_sequences(self):
        norm = nn.InstanceNorm1d(3, affine=True)
        nn.init.normal_(norm.weight)
        for write, shape in ((lambda m, x: m.rows(m.image(x).mean(3)), (1, 6, 6)), (lambda m, x: m.norm(m.rows(x)), (3, 8)),
                             (lambda m, x: m.fc(x.transpose(1, 2)).mean(1), (3, 5))):
            self.right(Of(write, rows=nn.Conv1d(3, 3, 2), image=nn.Conv2d(1, 3, 3), norm=norm, fc=nn.Linear(3, 4)), shape)
        self.refused(nn.Linear(3, 4), (5, 3), "torch.flatten(x, 1)", "x.transpose(1, 2) before it")

    def test_what_modules_write_of_sequences(self):
        conv = nn.Conv1d(3, 3, 3, padding=1)
        for write in (lambda m, x: x + m.conv(x), lambda m, x: torch.cat([x, m.conv(x).relu()], 1), lambda m, x: m.conv(x).mean(2),
                      lambda m, x: m.conv(x).mean(-1, keepdim=True) * x, lambda m, x: m.conv(x)[:, 1:, ::2].relu(),
                      lambda m, x: (m.conv(x) - m.shift) * 0.5, lambda m, x: m.conv(x[:, :, 2:]).flip(2), lambda m, x: m.conv(x) * x.sigmoid(),
                      lambda m, x: F.conv1d(x, torch.sign(m.conv.weight)), lambda m, x: x.chunk(3, 1)[1].tanh(),
                      lambda m, x: F.max_pool1d(m.conv(x), 2).unsqueeze(2).relu(), lambda m, x: x[:, :, 1:5].mean(2),
                      lambda m, x: F.avg_pool1d(x, 2, 1)):
            self.right(Of(write, conv=conv, shift=torch.randn(3, 1)), (3, 7))
        # Images as sequences of their rows.
        self.right(Of(lambda m, x: m.conv(x.squeeze(1)), conv=nn.Conv1d(1, 2, 3)), (1, 1, 7))
        self.refused(Of(lambda m, x: m.conv(x.squeeze(1)), conv=nn.Conv1d(4, 2, 3)), (1, 4, 7), "layer `conv` (Conv1d)", "--shape as the images are")
        self.refused(nn.Sequential(nn.Conv1d(2, 2, 2, padding="same")), (2, 8), "layer `0` (Conv1d)", "odd size")
        layers = self.right(nn.Conv1d(2, 3, 2), (2, 5))
        self.assertEqual(self.kinds(layers), ["conv2d"])

    def test_transposed_convolutions(self):
        for module, shape in (
            (nn.ConvTranspose2d(2, 3, 3), (2, 4, 5)), (nn.ConvTranspose2d(2, 3, 2, stride=2), (2, 4, 5)),
            (nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (4, 4, 3)),
            (nn.ConvTranspose2d(2, 3, (4, 3), stride=(2, 3), padding=(1, 2), dilation=(1, 2), bias=False), (2, 3, 4)),
            (nn.ConvTranspose2d(2, 3, 1, stride=2, padding=1), (2, 4, 5)), (nn.ConvTranspose2d(2, 3, 2, padding=1, dilation=2), (2, 4, 4)),
            (nn.ConvTranspose2d(2, 3, 1, padding=1), (2, 4, 4)), (nn.ConvTranspose2d(2, 1, 3, stride=3), (2, 1, 1)),
            (nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1), (2, 5)),
            (nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(),
                           nn.ConvTranspose2d(4, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid()), (1, 6, 8)),
        ):
            with self.subTest(module):
                self.right(module, shape)
        layers = self.right(nn.ConvTranspose2d(2, 3, 3), (2, 4, 5))
        self.assertEqual(self.kinds(layers), ["conv2d"])
        self.right(Of(lambda m, x: F.conv_transpose2d(x, m.weight, stride=2, output_padding=1), weight=torch.randn(2, 3, 3, 3)), (2, 4, 4))


if __name__ == "__main__":
    import unittest

    unittest.main()
