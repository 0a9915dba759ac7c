"""Files are loaded by the library before anyone is told that they are written."""

import os
import pathlib
import shutil
import subprocess
import sys

from record import Unsupported

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    """The command that loads a file given as its last argument, or None if there is neither cargo nor a built program."""
    manifest = ROOT / "Cargo.toml"
    if shutil.which("cargo") and manifest.exists():
        if not built():
            print("note: cargo builds the example `classify`, by which the library loads the file; once", file=sys.stderr)
        return ["cargo", "run", "--release", "-q", "--manifest-path", str(manifest), "-p", "classify", "--", "--check"]
    return built()


def built():
    """As `program`, if it need not be built."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = target / "release" / ("classify.exe" if os.name == "nt" else "classify")
    return [str(path), "--check"] if path.exists() else None


class Unchecked(Exception):
    """There is no way to ask the library, and why."""


def check(path, command=None):
    """The library's summary of a file. Raises `Unsupported` if the library refuses the file."""
    command = command or program()
    if command is None:
        raise Unchecked("there is neither cargo nor a built example `classify`")
    try:
        done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    except OSError as error:
        raise Unchecked(f"{command[0]}: {error}") from None
    if done.returncode == 0:
        return done.stdout
    reason = (done.stderr.strip().splitlines() or [f"{command[0]} ended with {done.returncode}"])[-1].removeprefix("error: ")
    if not reason.startswith(f"{path}: "):
        raise Unchecked(f"the example `classify` does not run: {reason}")
    raise Unsupported(f"the library does not load what would be written: {reason.removeprefix(f'{path}: ')}")
