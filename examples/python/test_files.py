"""What is written loads, and what is refused says what to do."""

import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F

import library
from evaluate import Network
from export import Unsupported, export
from testing import Case, Of


class Files(Case):
    def test_an_image_that_is_flattened_at_the_end_is_put_in_order(self):
        layers = self.right(nn.Sequential(nn.Conv2d(1, 3, 2), nn.Flatten()), (1, 4, 5))
        self.assertEqual(self.kinds(layers), ["conv2d", "flatten", "linear"])
        self.assertIn("PyTorch's order", self.notes.getvalue())
        layers = self.right(nn.Sequential(nn.Conv2d(1, 3, 2), nn.Flatten(), nn.Softmax(1)), (1, 4, 5))
        self.assertEqual(self.kinds(layers), ["conv2d", "flatten", "softmax", "linear"])
        # One channel, or one place, lies in the same order anyway.
        self.assertEqual(self.kinds(self.right(nn.Sequential(nn.Conv2d(2, 1, 2), nn.Flatten()), (2, 4, 5))),
                         ["conv2d", "flatten"])
        self.assertEqual(self.kinds(self.right(nn.Sequential(nn.Conv2d(1, 3, 4), nn.Flatten()), (1, 4, 4))),
                         ["conv2d", "flatten"])
        self.refused(nn.Sequential(nn.Conv2d(1, 64, 1), nn.Flatten()), (1, 6, 6), "do without the flatten")

    def test_a_sum_of_what_was_flattened_and_what_was_not_is_put_in_order(self):
        def forward(m, x):
            image = m.conv(x).flatten(1)
            return m.last(image + m.fc(x.flatten(1)))

        module = Of(forward, conv=nn.Conv2d(1, 3, 3), fc=nn.Linear(25, 27), last=nn.Linear(27, 4))
        self.assertEqual(self.kinds(self.right(module, (1, 5, 5))).count("linear"), 3)

    def test_rows_that_are_parts_of_images_are_refused(self):
        module = Of(lambda m, x: m.fc(x.view(-1, 28)), fc=nn.Linear(28, 10))
        self.refused(module, (1, 28, 28), "layer `fc` (Linear)", "rows are no images", "x.view(x.size(0), -1)")
        self.refused(Of(lambda m, x: x.view(-1, 28)), (1, 28, 28), "returns [56, 28]")

    def test_a_module_without_layers_is_refused(self):
        self.refused(nn.Sequential(), (4,), "has no layers")
        self.refused(Of(lambda m, x: x.flatten(1).view(x.shape)), (1, 4, 4), "has no layers")

    def test_long_names_are_shortened_and_stay_apart(self):
        inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
        for _ in range(9):
            outer = nn.Sequential()
            outer.add_module("long" * 10, inner)
            inner = outer
        layers = self.right(inner, (4,))
        names = [layer["name"] for layer in layers]
        self.assertEqual(len(set(names)), 3)
        self.assertTrue(all(len(name) <= 256 for name in names) and names[2].endswith(".2"), names)
        module = nn.Sequential()
        module.add_module("n" * 300, nn.Linear(4, 4))
        layers = self.right(Of(lambda m, x: m.a(m.a(x)), a=module), (4,))
        self.assertEqual([len(layer["name"]) for layer in layers], [256, 256])
        self.assertNotEqual(layers[0]["name"], layers[1]["name"])

    def test_more_layers_than_a_file_holds_are_refused(self):
        self.right(nn.Sequential(*[nn.ReLU() for _ in range(1024)]), (4,))
        self.refused(nn.Sequential(*[nn.ReLU() for _ in range(1025)]), (4,), "1025 layers", "1024")

    def test_the_module_is_afterwards_as_it_was(self):
        module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()).double().train()
        module[1].eval()
        before = {name: (id(one), one.clone()) for name, one in module.state_dict(keep_vars=True).items()}
        self.exported(module, (4,))
        self.assertEqual([part.training for part in module.modules()], [True, True, False, True])
        for name, one in module.state_dict(keep_vars=True).items():
            self.assertEqual(before[name][0], id(one))
            self.assertTrue(torch.equal(before[name][1], one) and before[name][1].dtype == one.dtype)


class Library(unittest.TestCase):
    """The library is asked before a file gets its name."""

    def attempt(self, command):
        with tempfile.TemporaryDirectory() as directory, mock.patch.object(library, "program", lambda: command):
            path = os.path.join(directory, "net.safetensors")
            try:
                return export(nn.Linear(4, 3), path, (4,)), os.listdir(directory)
            except Unsupported as error:
                return str(error), os.listdir(directory)

    def test_a_file_that_does_not_load_is_not_written(self):
        script = "import sys; sys.exit(f'error: {sys.argv[-1]}: linear: expected something else')"
        found, files = self.attempt([sys.executable, "-c", script])
        self.assertEqual((found, files), ("the library does not load what would be written: linear: expected something else", []))

    def test_a_file_that_cannot_be_loaded_by_the_library_is_written_with_a_note(self):
        for command in (None, [sys.executable, "-c", "import sys; sys.exit('error: no such crate')"], ["no such program"]):
            with mock.patch("sys.stderr") as stderr:
                self.assertEqual(self.attempt(command), (None, ["net.safetensors"]))
            said = "".join(call.args[0] for call in stderr.write.call_args_list)
            self.assertIn("was not loaded by the library", said)

    @unittest.skipUnless(library.built(), "the example `classify` is not built")
    def test_the_library_loads_what_is_written_and_refuses_what_is_not_a_model(self):
        found, files = self.attempt(library.built())
        self.assertEqual(files, ["net.safetensors"])
        self.assertIn("linear", found)
        with self.assertRaises(Unsupported):
            library.check(__file__, library.built())

    def test_the_program_says_what_it_wrote(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with tempfile.TemporaryDirectory() as directory:
            source = os.path.join(directory, "net.py")
            with open(source, "w") as file:
                file.write("from torch import nn\ndef net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n")
            module = nn.DataParallel(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
            state, out = os.path.join(directory, "net.pt"), os.path.join(directory, "net.safetensors")
            torch.save(module.state_dict(), state)
            # Without cargo; a program that is built is asked.
            environment = {**os.environ, "PATH": os.path.dirname(sys.executable)}
            program = [sys.executable, os.path.join(here, "export.py")]
            done = subprocess.run([*program, f"{source}:net", out, "--state", state], capture_output=True, text=True,
                                  env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"wrote {out}", done.stdout)
            if library.built():
                self.assertIn("which the library has loaded", done.stdout)
            else:
                self.assertIn("was not loaded by the library", done.stderr)
            images = torch.randn(3, 1, 28, 28)
            self.assertLess((Network(out)(images) - module(images)).abs().max().item(), 1e-4)
            done = subprocess.run([*program, f"{source}:net", out, "--shape", "5"], capture_output=True, text=True,
                                  env=environment)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertTrue(done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr)
            # A checkpoint has the weights within it.
            checkpoint = os.path.join(directory, "checkpoint.pt")
            torch.save({"epoch": 3, "model": module.state_dict()}, checkpoint)
            for given, words in (
                ([f"{source}:net", out, "--state", checkpoint], "found epoch, model"),
                ([f"{source}:net", out, "--state", f"{state}s"], f"error: {state}s"),
                ([f"{directory}/none.py:net", out], "there is no such file"), ([f"{source}:nets", out], "has no `nets`"),
                ([f"{source}:net", out, "--std", "0"], "expected a positive number"),
            ):
                done = subprocess.run([*program, *given], capture_output=True, text=True, env=environment)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertNotIn("Traceback", done.stderr)


class Messages(Case):
    def test_layers_that_no_file_has_are_named_with_what_to_do(self):
        for module, shape, words in (
            (Of(lambda m, x: torch.cat([x, F.relu(x)], 2)), (4, 2, 2), ("layer `cat` (cat)", "joins results", "dim=1")),
            (nn.Sequential(Of(lambda m, x: x.squeeze(1)), nn.LSTM(6, 5)), (1, 6, 6), ("layer `1` (LSTM)", "recurrent")),
            (Of(lambda m, x: m.rnn(x.squeeze(1))[0][:, -1], rnn=nn.GRU(6, 5)), (1, 6, 6), ("layer `rnn` (GRU)", "recurrent")),
            (Of(lambda m, x: m.rnn(x.squeeze(1))[0][:, -1], rnn=nn.RNN(6, 5)), (1, 6, 6), ("layer `rnn` (RNN)", "recurrent")),
            (nn.Sequential(nn.Softsign()), (4,), ("layer `0` (Softsign)", "ReLU")),
            (Of(lambda m, x: x.take(torch.tensor([0, 1]))), (4,), ("layer `take`", "slices")),
            (Of(lambda m, x: x[:, [0, 1, 0, 3]].relu()), (4,), ("`getitem` (getitem) has moved", "slices")),
            (Of(lambda m, x: F.linear(x, x[:2])), (4,), ("layer `linear`", "depend on the images")),
            (nn.Sequential(nn.Conv2d(1, 2, 2, padding="same")), (1, 4, 4), ("pads one side more", "odd size")),
            (nn.Sequential(nn.Linear(5, 5)), (1, 5, 5), ("layer `0` (Linear)", "flatten")),
            (Of(lambda m, x: m.c(x.view(-1, 1, 4, 4)), c=nn.Conv2d(1, 1, 2)), (16,), ("layer `c` (Conv2d)", "--shape")),
            (Of(lambda m, x: m.c(m.a(x).permute(0, 2, 1, 3)), a=nn.Conv2d(1, 5, 1), c=nn.Conv2d(5, 1, 2)), (1, 5, 5),
             ("layer `c` (Conv2d)", "`permute` (permute) has moved")),
            (nn.BatchNorm1d(4, track_running_stats=False), (4,), ("running statistics", "track_running_stats=True")),
            (Of(lambda m, x: x.argmax(1)), (4,), ("argmax", "leave it out")),
            (Of(lambda m, x: x.__setitem__(0, 0) or x), (4,), ("layer `setitem`", "writes into a tensor in place")),
            (Of(lambda m, x: torch.zeros(2, 4).copy_(x)), (4,), ("layer `copy` (copy)", "writes into a tensor in place")),
            (nn.ReLU(), (3, 4, 5, 6), ("the shape of an image", "[3, 4, 5, 6]")),
            (Of(lambda m, x: {"logits": x.relu(), "steps": 3}), (4,), ("`steps`", "int", "wrap")),
            (Of(lambda m, x: (x.relu(), torch.ones(1))), (4,), ("`1`", "Tensor", "wrap")),
            (Of(lambda m, x: (x.relu(), F.log_softmax(x, 1))), (4,), ("the result `1`", "log_softmax", "only be the last")),
            (Of(lambda m, x: [[1, 2], "a"]), (4,), ("returns something else", "list")),
            (Of(lambda m, x, y: x), (4,), ("does not take images of shape [4]",)),
            (Of(lambda m, x: x + float(x.sum())), (4,), ("layer `float`", "reads the numbers")),
            (Of(lambda m, x: torch.from_numpy(x.numpy())), (4,), ("layer `numpy`", "reads the numbers")),
            (Of(lambda m, x: x + torch.rand(4)), (4,), ("draws at random",)),
            (torch.jit.script(nn.Sequential(nn.ReLU())), (4,), ("TorchScript",)),
        ):
            self.refused(module, shape, *words)


if __name__ == "__main__":
    unittest.main()
