"""Layers of binarized networks: weights and activations -1 and +1, trained through the real numbers behind them."""

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function_unary


class _Sign(torch.autograd.Function):
    """+1 where x >= 0, else -1; the gradient passes where |x| <= 1."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * (x.abs() <= 1)


def sign(x):
    """+1 where x >= 0, else -1. One function to whatever watches PyTorch's functions, the exporter for one."""
    if has_torch_function_unary(x):
        return handle_torch_function(sign, (x,), x)
    return _Sign.apply(x)


class Sign(nn.Module):
    """+1 where x >= 0, else -1. PyTorch's own `torch.sign` gives 0 for 0."""

    def forward(self, x):
        return sign(x)


class BinaryLinear(nn.Linear):
    """A linear layer with the signs of its weights as weights."""

    def forward(self, x):
        return functional.linear(x, sign(self.weight), self.bias)


class BinaryConv2d(nn.Conv2d):
    """A convolution with the signs of its weights as weights."""

    def forward(self, x):
        return self._conv_forward(x, sign(self.weight), self.bias)
