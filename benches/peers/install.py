"""A virtual environment with the peers, from the package index that pip is set up for."""

import subprocess
import sys
from pathlib import Path

# The newest for which all peers have wheels come first.
PYTHONS = ["python3.11", "python3.10"]
# What would pull in dependencies that can no longer be installed.
ALONE = "crypten"


def interpreter():
    """A Python that the peers know."""
    for python in [sys.executable, *PYTHONS]:
        try:
            version = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
        except FileNotFoundError:
            continue
        if version.stdout.split() in (["3", "11"], ["3", "10"]):
            return python
    raise SystemExit("The peers need Python 3.10 or 3.11.")


def install(home, peers):
    """Installs what is missing. Returns the environment's Python, and why some peers are not there."""
    python = Path(home, "venv", "bin", "python").absolute()
    if not python.exists():
        print(f"installing into {home}; torch and what it needs take 5 GB", file=sys.stderr)
        subprocess.run([interpreter(), "-m", "venv", python.parent.parent], check=True)
    missing = {}
    for peer in peers:
        done = Path(home, "venv", f"{peer.name}.installed")
        wanted = " ".join(peer.packages)
        if done.exists() and done.read_text() == wanted:
            continue
        alone = [package for package in peer.packages if package.startswith(ALONE)]
        rest = [package for package in peer.packages if package not in alone]
        reason = pip(python, rest) or (alone and pip(python, ["--no-deps", *alone]))
        if reason:
            missing[peer.name] = f"not installed: {reason}"
        else:
            done.write_text(wanted)
    return python, missing


def pip(python, packages):
    """Installs packages; returns pip's complaint if it has one."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    run = subprocess.run(command, capture_output=True, text=True)
    errors = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or ["pip failed"])[-1].removeprefix("ERROR: ") if run.returncode else None
