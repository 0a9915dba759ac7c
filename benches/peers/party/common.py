"""What the parties of all systems have in common: the task's numbers, its results in plaintext, and passes on the driver's word.

A party is a process with one argument, the task as JSON. It says that it is ready, makes a pass for each line `pass` that it
reads, and ends with how far the results are from plaintext. What it says are lines of JSON on what was its standard output;
whatever the systems print goes to the log instead.
"""

import json
import os
import re
import sys
import time

import numpy as np

JOB = json.loads(sys.argv[1])
KIND, SIZE, COUNT = JOB["kind"], JOB["size"], JOB["count"]
PARTIES, PARTY, PORTS = JOB["parties"], JOB["party"], JOB["ports"]
# Systems read arguments as well.
del sys.argv[1:]

_driver = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**message):
    _driver.write(json.dumps(message) + "\n")
    _driver.flush()


def _memory(field):
    """A field of the process's memory in bytes."""
    with open("/proc/self/status") as status:
        return 1024 * int(re.search(rf"{field}:\s+(\d+)", status.read())[1])


def _pass(once):
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    before, start = _memory("VmRSS"), time.perf_counter()
    once()
    seconds, peak = time.perf_counter() - start, _memory("VmHWM")
    say(seconds=seconds, peak=peak, grown=peak - before)


def serve(once, check):
    """Makes passes until the driver has enough; `check` then says how far the last results were from plaintext."""
    say(ready=True)
    while sys.stdin.readline().strip() == "pass":
        _pass(once)
    say(off=check())
    # Some systems hang when they are torn down.
    os._exit(0)


def off(got, want):
    """The largest difference, as a part of the largest result."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    return float(np.abs(got - want).max() / np.abs(want).max())


def network():
    """Random layers of the task's shape, and inputs. Sums of the binarized network are odd, so that none is 0."""
    rng, narrow = np.random.default_rng(1), 64 if JOB["quick"] else 1

    def linear(inputs, outputs):
        if KIND == "bmlp":
            return "linear", signs(inputs, outputs), signs(outputs)
        return "linear", normal(inputs, inputs, outputs), normal(100, outputs)

    def signs(*shape):
        return rng.integers(0, 2, shape, np.int8) * np.int8(2) - np.int8(1)

    def normal(inputs, *shape):
        return rng.normal(0, np.sqrt(2 / inputs), shape).astype(np.float32)

    if KIND == "cnn":
        layers = [("conv", normal(9, 32, 1, 3, 3), normal(100, 32)), ("relu",)]
        layers += [("conv", normal(288, 64, 32, 3, 3), normal(100, 64)), ("relu",), ("pool",), ("flatten",)]
        layers += [linear(9216, 128), ("relu",), linear(128, 10)]
        return layers, rng.random((COUNT, 1, 28, 28), np.float32)
    hidden = [4096 // narrow] * 3 if KIND == "bmlp" else [784 // narrow] * 4
    widths, layers = [784, *hidden, 10], []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [linear(inputs, outputs), ("sign" if KIND == "bmlp" else "relu",)]
    images = signs(COUNT, 784) if KIND == "bmlp" else rng.random((COUNT, 784), np.float32)
    return layers[:-1], images


def plain(layers, x):
    """The network in plaintext."""
    x = x.astype(np.float32)
    for name, *weights in layers:
        if name == "linear":
            x = x @ weights[0].astype(np.float32) + weights[1]
        elif name == "conv":
            windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
            x = np.einsum("bcyxij,ocij->boyx", windows, weights[0], optimize=True) + weights[1][:, None, None]
        elif name == "relu":
            x = np.maximum(x, 0)
        elif name == "sign":
            x = np.where(x < 0, np.float32(-1), np.float32(1))
        elif name == "pool":
            x = x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max((3, 5))
        else:
            x = x.reshape(len(x), -1)
    return x


def values():
    """Values of the task's bits, and their signs: 0 counts as positive."""
    x = np.random.default_rng(1).integers(-1 << (SIZE - 1), (1 << (SIZE - 1)) - 1, COUNT, np.int64, endpoint=True)
    return x, np.where(x < 0, -1, 1)


def tensor():
    """Images as numbers of the task's type."""
    return np.random.default_rng(1).random((COUNT // 784, 1, 28, 28), SIZE)
