"""The parties of a peer: processes on loopback, which make their passes at the same time."""

import json
import select
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

PARTY_SCRIPTS = Path(__file__).parent / "party"
# Another pass is made while all passes so far took less than this in seconds, and there were fewer than this.
ENOUGH, MOST_PASSES = 3.0, 10


class Failed(Exception):
    """Why there is no result."""


class Late(Failed):
    """There is none within the time limit."""


@dataclass
class Result:
    """The least time of a pass in seconds, the greatest memory of all parties together in bytes, its greatest growth
    at a party in a pass, and the largest difference from plaintext as a part of the largest result."""

    seconds: float
    peak: int
    grown: int
    off: float


def run(python, peer, job, parties, limit, logs):
    """Makes passes until there are enough or the time limit comes.

    Raises Late if there is no pass within it, and Failed if a party ends too early.
    """
    deadline = time.monotonic() + limit
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(dir=logs))
        job = {**job, "parties": parties, "protocol": peer.protocol, "scratch": scratch, "ports": free_ports(parties)}
        processes = [start(stack, python, peer, {**job, "party": party}, logs) for party in range(parties)]
        answers(processes, deadline, limit)
        passes, spent = [], 0.0
        while len(passes) < MOST_PASSES and spent < ENOUGH:
            if passes and time.monotonic() + 2 * spent / len(passes) > deadline:
                break
            tell(processes, "pass")
            passes.append(answers(processes, deadline, limit))
            spent += slowest(passes[-1])
        tell(processes, "stop")
        return Result(
            seconds=min(slowest(one) for one in passes),
            peak=max(sum(party["peak"] for party in one) for one in passes),
            grown=max(party["grown"] for one in passes for party in one),
            off=max(party["off"] for party in answers(processes, deadline, limit)),
        )


def slowest(one):
    return max(party["seconds"] for party in one)


def free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def start(stack, python, peer, job, logs):
    """Starts a party, which ends with the stack at the latest."""
    log = stack.enter_context(open(Path(logs, f"{peer.name}.{job['party']}.log"), "w+"))
    command = [python, PARTY_SCRIPTS / peer.script, json.dumps(job)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    process.log = log

    def end():
        process.kill()
        process.communicate()

    stack.callback(end)
    return process


def tell(processes, word):
    for process in processes:
        try:
            process.stdin.write(word + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            # Why it ended is found when it does not answer.
            pass


def answers(processes, deadline, limit):
    """The next line of every party."""
    return [json.loads(line(process, deadline, limit)) for process in processes]


def line(process, deadline, limit):
    ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
    if not ready:
        raise Late(f"nothing within the limit of {limit:.0f} s")
    text = process.stdout.readline()
    if not text:
        process.log.seek(0)
        last = [line for line in process.log.read().splitlines() if line.strip()][-1:]
        raise Failed("a party ended: " + "".join(last)[:120])
    return text
