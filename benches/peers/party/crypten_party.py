"""A party of CrypTen. Triples come from the first party, as CrypTen does by default; one core a party."""

import os
import warnings

import common
from common import COUNT, KIND, PARTIES, PARTY, PORTS, off, serve

warnings.filterwarnings("ignore")
os.environ.update(
    WORLD_SIZE=str(PARTIES), RANK=str(PARTY), RENDEZVOUS=f"tcp://127.0.0.1:{PORTS[0]}", DISTRIBUTED_BACKEND="gloo",
    GLOO_SOCKET_IFNAME="lo", OMP_NUM_THREADS="1",
)

import crypten  # noqa: E402
import crypten.nn  # noqa: E402
import torch  # noqa: E402
from modules import maker  # noqa: E402

torch.set_num_threads(1)

module = maker(crypten.nn, lambda made, name, tensor: made.set_parameter(name, tensor))


def main():
    crypten.init()
    result = None

    def passes(what):
        def once():
            nonlocal result
            result = what()
        return once

    if KIND == "compare":
        values, want = common.values()
        # Whole numbers, without a fraction: all 64 bits count.
        x = crypten.cryptensor(torch.tensor(values), src=0, precision=0)
        once = passes(lambda: x.sign())
    elif KIND == "load":
        array = common.tensor()
        want = array[:10]
        # The others know only the shape.
        x = torch.from_numpy(array) if PARTY == 0 else torch.empty(array.shape, dtype=torch.from_numpy(array[:0]).dtype)
        del array
        once = passes(lambda: crypten.cryptensor(x, src=0))
    else:
        layers, images = common.network()
        want = common.plain(layers, images)
        net = crypten.nn.Sequential(*(module(*layer) for layer in layers))
        net.encrypt(src=0)
        net.eval()
        x = crypten.cryptensor(torch.tensor(images, dtype=torch.float32), src=1)
        once = passes(lambda: net(x))
    with crypten.no_grad():
        serve(once, lambda: off((result[:10] if KIND == "load" else result).get_plain_text(), want))


main()
