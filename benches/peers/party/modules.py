"""The network's layers as modules of PyTorch, and of what is written after its model."""

import torch


def maker(nn, give):
    """What makes a module of `nn` of a layer; `give(module, name, tensor)` sets a parameter."""

    class Sign(nn.Module):
        def forward(self, x):
            return x.sign()

    plain = {"relu": nn.ReLU, "pool": lambda: nn.MaxPool2d(2, stride=2), "flatten": nn.Flatten, "sign": Sign}

    def module(name, *weights):
        if not weights:
            return plain[name]()
        weight, bias = (torch.tensor(w, dtype=torch.float32) for w in weights)
        if name == "linear":
            made, weight = nn.Linear(*weight.shape), weight.T.contiguous()
        else:
            made = nn.Conv2d(weight.shape[1], weight.shape[0], 3)
        give(made, "weight", weight)
        give(made, "bias", bias)
        return made

    return module
