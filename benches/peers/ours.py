"""This crate's side, by the repository's own programs: parties and dealer are threads of one process."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAMILY = "lookup-balanced"
# The ring that networks of fixed point take here.
LOAD_BITS = 32


@dataclass
class Ours:
    """Seconds of a batch with the dealer and what comes offline, and online alone; the greatest memory of the process in
    bytes, and what the memory grew by where data is loaded."""

    whole: float
    online: float
    peak: int | None = None
    grown: int | None = None


class Programs:
    """The built programs, and where their results go."""

    def __init__(self, home, quick):
        self.home, self.quick = Path(home).absolute(), quick
        self.target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
        self.loaded = None
        cargo("build", "--release", "-p", "classify", "-p", "compare")

    def measure(self, task, parties):
        """Measures a task, or returns nothing if there is no benchmark of it."""
        if task.kind == "load":
            return self.load(task, parties)
        return self.compare(task, parties) if task.kind == "compare" else self.classify(task, parties)

    def program(self, name, *arguments):
        """Runs a program; what it wrote as JSON."""
        file = self.home / f"{name}.json"
        command = [self.target / "release" / name, *map(str, arguments), "--json", file]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name} failed: {done.stderr}")
        return json.loads(file.read_text())

    def classify(self, task, parties):
        # A fraction of a second or more.
        batches = 1 if self.quick else {1: 100, 8: 20, 16: 8}.get(task.size, 4)
        arguments = ["--model", task.kind, "--batch", task.size, "--images", batches * task.size]
        # It fails by itself if classes are wrong.
        got = self.program("classify", *arguments, "--parties", parties)
        online, whole = got["online_s"], got["online_s"] + got["offline_s"] + got["dealer_s"]
        return Ours(whole / batches, online / batches, got["peak_rss_bytes"])

    def compare(self, task, parties):
        arguments = ["--bits", task.size, "--parties", parties, "--families", FAMILY]
        count = 256 if self.quick else task.count
        # It fails by itself if signs are wrong.
        row = self.program("compare", *arguments, "--count", count)["rows"][0]
        online = 1e-9 * count * row["wall_ns"]
        return Ours(online + 1e-9 * count * row["dealer_ns"], online)

    def load(self, task, parties):
        """From the benchmark `load`, if there is one. It runs once, for all types and numbers of parties, and prints lines of
        JSON."""
        if self.loaded is None:
            there = (ROOT / "benches" / "load.rs").exists()
            lines = cargo("bench", "-p", "benches", "--bench", "load").splitlines() if there else []
            rows = [json.loads(line) for line in lines if line.startswith("{")]
            self.loaded = {row["what"]: row for row in rows}
        number = {"float32": "f32", "float64": "f64"}[task.size]
        row = self.loaded.get(f"split, {number} to {LOAD_BITS} bits, {parties} parties")
        return row and Ours(row["seconds"], row["seconds"], grown=row["bytes"])


def cargo(*arguments):
    done = subprocess.run(["cargo", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit("cargo " + " ".join(arguments) + " failed")
    return done.stdout
