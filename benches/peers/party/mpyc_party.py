"""A party of MPyC. All parties hold the weights as constants, as in MPyC's own demonstration of binarized networks: the
protocol and its time are those of shared weights, and 37 million Python objects need not be shared first."""

import sys

import common
from common import KIND, PARTIES, PARTY, PORTS, SIZE, off, serve

sys.argv += [f"-P127.0.0.1:{port}" for port in PORTS] + [f"-I{PARTY}", "--no-log"]

from mpyc.runtime import mpc  # noqa: E402


def forward(layers, x):
    for name, *weights in layers:
        if name == "linear":
            x = x @ weights[0] + weights[1]
        else:
            negative = x < 0
            x = 1 - 2 * negative if name == "sign" else x - x * negative
    return x


def main():
    result = None

    def passes(what):
        async def once():
            nonlocal result
            result = what()
            await mpc.gather(result)
            await mpc.barrier()
        return lambda: mpc.run(once())

    mpc.run(mpc.start())
    if KIND == "compare":
        integer = mpc.SecInt(SIZE)
        values, want = common.values()
        x = mpc.input(integer.array(values), senders=0)
        once = passes(lambda: 1 - 2 * (x < 0))
    elif KIND == "load":
        fixed, want = mpc.SecFxp(32, 16), common.tensor()
        once = passes(lambda: mpc.input(fixed.array(want), senders=0))
    else:
        # Sums of the binarized network have at most 14 bits.
        secret = mpc.SecInt(14) if KIND == "bmlp" else mpc.SecFxp(32, 16)
        layers, images = common.network()
        want = common.plain(layers, images)
        number = int if KIND == "bmlp" else float
        layers = [(name, *(secret.array(w.astype(number)) for w in weights)) for name, *weights in layers]
        x = mpc.input(secret.array(images.astype(number)), senders=PARTIES - 1)
        once = passes(lambda: forward(layers, x))

    def check():
        return off(mpc.run(mpc.output(result[:10] if KIND == "load" else result)), want[:10] if KIND == "load" else want)

    serve(once, check)


main()
