"""What the tests have in common."""

import contextlib
import io
import os
import tempfile
import unittest

import torch

import library
from evaluate import Network
from export import Unsupported, export


class Case(unittest.TestCase):
    """Exports modules and compares what is written with them."""

    def exported(self, module, shape, **options):
        """The tensors and the description of a module's file, which the library loads if it is built."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "net.safetensors")
            network = self.written(path, export, module, path, shape, **options)
            return network.tensors, network.description

    def written(self, path, function, *args, **options):
        """The network in the file that a function writes."""
        self.notes = io.StringIO()
        try:
            with contextlib.redirect_stderr(self.notes):
                function(*args, check=False, **options)
        except Unsupported:
            self.assertEqual(os.listdir(os.path.dirname(path)), self.before if hasattr(self, "before") else [])
            raise
        if library.built():
            library.check(path, library.built())
        return Network(path)

    def right(self, module, shape, after=lambda outputs: outputs, tolerance=1e-4, constant=False, exports=None, **options):
        """Exports a module and checks that its file gives what the module gives, behind `after`; returns its layers.

        constant: whether all of it may be one number. exports: what is exported in place of the module.
        """
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "net.safetensors")
            network = self.written(path, export, exports or module, path, shape, **options)
        self.equal(network, module, shape, after, tolerance, constant)
        self.tensors, self.description = network.tensors, network.description
        return network.description["layers"]

    def equal(self, network, module, shape, after=lambda outputs: outputs, tolerance=1e-4, constant=False):
        """Checks that a file gives what a module gives."""
        images = torch.randn(5, *shape, generator=torch.Generator().manual_seed(11)) * 2
        modes = [(part, part.training) for part in module.modules()]
        parameter = next((p for p in module.parameters() if p.is_floating_point()), images)
        with torch.no_grad():
            expected = module.eval()(images.to(parameter.dtype)).double()
        for part, training in modes:
            part.training = training
        found = after(network(images.unsqueeze(2) if images.dim() == 3 else images))
        if expected.shape != found.shape:
            found = found.reshape(expected.shape)
        self.assertTrue(constant or expected.std() > 0, "the test has one number only")
        scale = max(1, expected.abs().max().item())
        self.assertLess((found - expected).abs().max().item(), tolerance * scale)

    def kinds(self, layers):
        return [layer["type"] for layer in layers]

    def refused(self, module, shape, *words, **options):
        """Checks that a module is refused in these words, and that nothing is written."""
        with self.assertRaises(Unsupported) as caught:
            self.exported(module, shape, **options)
        for word in words:
            self.assertIn(word, str(caught.exception))


class Of(torch.nn.Module):
    """A module of a function of the images and of parts by name."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            if isinstance(part, torch.Tensor):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, x):
        return self.function(self, x)


def randomised(module):
    """The module with weights and statistics drawn at random."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, torch.nn.modules.batchnorm._BatchNorm) and part.running_mean is not None:
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 3)
                if part.affine:
                    part.weight.normal_()
                    part.bias.normal_()
    return module.eval()
