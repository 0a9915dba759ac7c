"""A party of SPU: by SEMI2K, with its default source of triples, or by ABY3. The first party compiles the program and makes
all shares, which the others read from a folder."""

import os
import pickle
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import common
from common import JOB, KIND, PARTIES, PARTY, PORTS, SIZE, off, serve

import jax
import jax.numpy as jnp
import numpy as np
import spu.utils.frontend as frontend
from spu import api, libspu

SECRET = libspu.Visibility.VIS_SECRET


def settings():
    # Rings of 32 and 64 bits. The shorter does for comparisons of up to 32 bits.
    field = "FM32" if KIND == "compare" and SIZE <= 32 else "FM64"
    protocol, field = getattr(libspu.ProtocolKind, JOB["protocol"]), getattr(libspu.FieldType, field)
    return libspu.RuntimeConfig(protocol=protocol, field=field)


def forward(layers):
    """The network as a function of the input and all weights."""
    sign = (lambda x: 1 - 2 * (x < 0).astype(jnp.int32))

    def function(x, *weights):
        weights = iter(weights)
        for name, *_ in layers:
            if name == "linear":
                x = x @ next(weights) + next(weights)
            elif name == "conv":
                x = jax.lax.conv_general_dilated(x, next(weights), (1, 1), "VALID")
                x = x + next(weights)[:, None, None]
            elif name == "relu":
                x = jnp.maximum(x, 0)
            elif name == "sign":
                x = sign(x)
            elif name == "pool":
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
            else:
                x = x.reshape(len(x), -1)
        return x

    return function


def program():
    """A function, what it takes, and its results in plaintext."""
    if KIND == "compare":
        values, want = common.values()
        integer = np.int32 if SIZE <= 32 else np.int64
        return lambda x: jnp.where(x < 0, integer(-1), integer(1)), [values.astype(integer)], want
    layers, images = common.network()
    weights = [w for _, *all_ in layers for w in all_]
    want = common.plain(layers, images)
    number = np.int32 if KIND == "bmlp" else np.float32
    return forward(layers), [x.astype(number) for x in (images, *weights)], want


def deal(io):
    """Compiles and makes shares, at the first party."""
    function, inputs, want = program()
    names = [f"in{i}" for i in range(len(inputs))]
    executable, _ = frontend.compile(
        frontend.Kind.JAX, function, inputs, {}, names, [SECRET] * len(inputs), lambda outputs: ["out"]
    )
    shares = [io.make_shares(x, SECRET) for x in inputs]
    for party in range(PARTIES):
        path = f"{JOB['scratch']}/{party}"
        with open(path + ".part", "wb") as file:
            pickle.dump((executable.SerializeToString(), names, [s[party] for s in shares]), file)
        os.rename(path + ".part", path)
    return want


def read(path):
    while not os.path.exists(path):
        time.sleep(0.05)
    with open(path, "rb") as file:
        return pickle.load(file)


def load(io):
    """The owner's part alone: all shares, of every party."""
    shares, array = None, common.tensor()

    def once():
        nonlocal shares
        if PARTY == 0:
            shares = io.make_shares(array, SECRET)

    # Whatever is reconstructed is a whole tensor.
    serve(once, lambda: off(io.reconstruct(shares), array) if PARTY == 0 else 0.0)


def main():
    jax.config.update("jax_enable_x64", KIND == "compare" and SIZE > 32)
    io = api.Io(PARTIES, settings())
    if KIND == "load":
        load(io)
    want = deal(io) if PARTY == 0 else None
    code, names, shares = read(f"{JOB['scratch']}/{PARTY}")
    executable = libspu.Executable()
    executable.ParseFromString(code)
    link = libspu.link.Desc()
    # Others may have to wait for the first to compile.
    link.recv_timeout_ms, link.connect_retry_times = 600_000, 60
    for party, port in enumerate(PORTS):
        link.add_party(f"party{party}", f"127.0.0.1:{port}")
    runtime = api.Runtime(libspu.link.create_brpc(link, PARTY), settings())
    for name, share in zip(names, shares):
        runtime.set_var(name, share)
    del shares

    def check():
        with open(f"{JOB['scratch']}/out{PARTY}.part", "wb") as file:
            pickle.dump(runtime.get_var("out"), file)
        os.rename(file.name, f"{JOB['scratch']}/out{PARTY}")
        if PARTY != 0:
            return 0.0
        results = [read(f"{JOB['scratch']}/out{party}") for party in range(PARTIES)]
        return off(io.reconstruct(results), want)

    serve(lambda: runtime.run(executable), check)


main()
