"""What is measured, and on whom."""

from dataclasses import dataclass, field

PIXELS = 28 * 28


@dataclass(frozen=True)
class Task:
    """A task: `count` units at once, images of a batch, values or numbers."""

    kind: str
    size: int | str
    count: int
    title: str
    # With more parties only on demand, since it takes long and says little that is new.
    most_parties: int = 3

    @property
    def name(self):
        return f"{self.kind}-{self.size}"

    @property
    def unit(self):
        return {"compare": "a value", "load": "a number"}.get(self.kind, "an image")

    def counted(self, peer, quick):
        """How many units at once a peer takes."""
        if self.kind == "compare":
            return min(256 if quick else self.count, peer.most_values)
        if self.kind == "load":
            return min(PIXELS * 60 if quick else self.count, peer.most_numbers)
        return min(self.count, 2) if quick and self.kind == "cnn" else self.count


TASKS = [
    Task("bmlp", 1, 1, "binarized MLP, batch 1", 7),
    Task("bmlp", 8, 8, "binarized MLP, batch 8"),
    Task("mlp", 1, 1, "MLP, batch 1", 7),
    Task("mlp", 128, 128, "MLP, batch 128"),
    Task("cnn", 1, 1, "CNN, batch 1", 7),
    Task("cnn", 16, 16, "CNN, batch 16"),
    Task("compare", 10, 65_536, "sign of 10 bits"),
    Task("compare", 14, 65_536, "sign of 14 bits", 7),
    Task("compare", 32, 65_536, "sign of 32 bits"),
    Task("compare", 64, 65_536, "sign of 64 bits", 7),
    Task("load", "float32", 60_000 * PIXELS, "shares of float32", 7),
    Task("load", "float64", 60_000 * PIXELS, "shares of float64"),
]


@dataclass(frozen=True)
class Peer:
    """Another system: the script of a party, and what it cannot do."""

    name: str
    title: str
    script: str
    packages: tuple
    protocol: str = ""
    parties: tuple = (2, 3, 7)
    parties_note: str = ""
    skips: dict = field(default_factory=dict)
    # What takes Python objects takes its time: less of them.
    most_values: int = 65_536
    most_numbers: int = 60_000 * PIXELS


TORCH = ("torch==2.2.2", "numpy<2")
NO_CONVOLUTION = "its arrays have no convolution"

PLAIN = Peer("plain", "plaintext", "torch_party.py", TORCH, parties=(1,))

PEERS = [
    # CrypTen itself is installed without its dependencies, one of which is no longer there.
    Peer("crypten", "CrypTen 0.4.1", "crypten_party.py",
         (*TORCH, "omegaconf", "onnx==1.14.0", "pyyaml", "pandas", "crypten==0.4.1")),
    Peer("spu", "SPU 0.9.5, SEMI2K", "spu_party.py", ("spu==0.9.5", "numpy<2"), protocol="SEMI2K"),
    Peer("aby3", "SPU 0.9.5, ABY3", "spu_party.py", ("spu==0.9.5", "numpy<2"), protocol="ABY3", parties=(3,),
         parties_note="ABY3 is a protocol of three parties"),
    Peer("mpyc", "MPyC 0.11", "mpyc_party.py", ("mpyc==0.11", "gmpy2", "numpy<2"), parties=(3, 7),
         parties_note="Shamir's shares hide nothing from either of two parties",
         skips={"cnn-1": NO_CONVOLUTION, "cnn-16": NO_CONVOLUTION,
                "mlp-128": "its 401,408 comparisons of 32 bits would take minutes"},
         most_values=2_048, most_numbers=600 * PIXELS),
]
