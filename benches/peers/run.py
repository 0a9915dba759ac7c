#!/usr/bin/env python3
"""Other systems on the tasks of this repository's benchmarks, in alternation with this crate.

Installs CrypTen, SPU and MPyC into a virtual environment below `target/peers`, and runs every task on each of them, with this
crate before and after. Needs Linux, cargo, Python 3.10 or 3.11, 7 GB for the environment and, for the binarized network between 7
parties, 16 GB of memory. A peer that cannot be installed, cannot do a task or exceeds the time limit is named below the table.
`--quick` cuts all sizes: it shows that everything works, and its ratios say nothing.
"""

import argparse
import os
import shlex
import sys
import time
from pathlib import Path

import draw
import install
import ours
import results
import session
from results import Cell, Row
from tasks import PEERS, PLAIN, TASKS


def arguments():
    def names(text):
        return text.split(",")

    def numbers(text):
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = "names, or what is before the dash: " + ", ".join(task.name for task in TASKS)
    parser.add_argument("--tasks", type=names, metavar="NAME,..", help=tasks)
    parser.add_argument("--peers", type=names, metavar="NAME,..", help=", ".join(peer.name for peer in PEERS))
    parser.add_argument("--parties", type=numbers, default=[2, 3, 7], metavar="N,..", help="[default: 2,3,7]")
    parser.add_argument("--all", action="store_true", help="with 7 parties, large batches and all bit lengths as well")
    parser.add_argument("--limit", type=float, default=60, metavar="S", help="seconds for each run of a peer [default: 60]")
    parser.add_argument("--quick", action="store_true", help="cut all sizes")
    parser.add_argument("--markdown", metavar="FILE", help="write the table there, between its markers if it has them")
    parser.add_argument("--svg", metavar="FILE", help="draw the ratios there")
    return parser.parse_args()


class Study:
    """The rows so far, and why others are missing."""

    title = "This crate"

    def __init__(self, args, peers):
        self.args, self.peers, self.rows, self.notes = args, peers, [], []
        self.home = ours.ROOT / "target" / "peers"
        self.home.mkdir(parents=True, exist_ok=True)
        self.python, missing = install.install(self.home, [PLAIN, *peers])
        for peer in peers:
            if peer.name in missing:
                self.note(peer, missing[peer.name])
        self.peers = [peer for peer in peers if peer.name not in missing]
        self.programs = ours.Programs(self.home, args.quick)
        self.plain, self.start = {}, time.monotonic()
        # What took too long, which larger ones of the kind then do as well: (peer, kind), parties, units.
        self.slow = []

    def note(self, peer, reason):
        note = f"{peer.title}: {reason}"
        if note not in self.notes:
            self.notes.append(note)
            print(note, flush=True)

    def row(self, task, parties):
        """Runs a task on everyone, this crate between any two."""
        row = Row(task, parties)
        if task.name not in self.plain:
            self.plain[task.name] = self.peer(PLAIN, task, 1)
        row.plain = self.plain[task.name]
        before = self.own(row)
        for peer in self.peers:
            if cell := self.peer(peer, task, parties):
                after = self.own(row)
                cell.ours = before and tuple((a + b) / 2 for a, b in zip(before, after))
                before, row.cells[peer.name] = after, cell
        self.rows = results.order([*self.rows, row])

    def own(self, row):
        """This crate's times of a unit, all and online."""
        measured = self.programs.measure(row.task, row.parties)
        if not measured:
            return self.note(self, f"{row.task.title}: no benchmark yet")
        # This crate always has the whole number of units, but for quick comparisons.
        units = 256 if self.args.quick and row.task.kind == "compare" else row.task.count
        times = measured.whole / units, measured.online / units
        row.ours.append(times)
        row.peak = max(row.peak or 0, measured.peak or 0)
        row.growth = measured.grown and self.growth(row.task, measured.grown, row.task.count)
        return times

    def peer(self, peer, task, parties):
        """A peer's cell, or nothing and a note."""
        units, others = (task.counted(one, self.args.quick) for one in (peer, PLAIN))
        where = task.title if peer is PLAIN else f"{task.title}, {parties} parties"
        if parties not in peer.parties:
            return self.note(peer, f"{parties} parties: {peer.parties_note}")
        if reason := peer.skips.get(task.name) or self.too_slow(peer, task, parties):
            return self.note(peer, f"{where}: {reason}")
        if units < others:
            self.note(peer, f"{task.title}: {units:,} at once, where others take {others:,}")
        job = {"kind": task.kind, "size": task.size, "count": units, "quick": self.args.quick}
        print(f"{time.monotonic() - self.start:5.0f} s  {peer.title}: {where}", file=sys.stderr, flush=True)
        try:
            result = session.run(self.python, peer, job, parties, self.args.limit, self.home)
        except session.Late as e:
            self.slow.append((peer.name, task.kind, parties, task.count))
            return self.note(peer, f"{where}: {e}")
        except session.Failed as e:
            return self.note(peer, f"{where}: {e}")
        growth = self.growth(task, result.grown, units) if task.kind == "load" else None
        return Cell(result.seconds / units, None, result.peak, growth, result.off)

    @staticmethod
    def growth(task, grown, numbers):
        """Bytes as a multiple of so many numbers' own."""
        return grown / (numbers * {"float32": 4, "float64": 8}[task.size])

    def too_slow(self, peer, task, parties):
        for name, kind, least, count in self.slow:
            if (name, kind) == (peer.name, task.kind) and parties >= least and task.count >= count:
                return "a smaller run exceeded the time limit"
        return None

    def write(self):
        """The results so far: an interrupted run leaves what it has."""
        args, peers = self.args, results.columns(self.rows)
        if args.svg and (drawing := draw.draw(self.rows, peers)):
            Path(args.svg).write_text(drawing)
        if args.markdown:
            command = "python3 " + shlex.join(["benches/peers/run.py", *sys.argv[1:]])
            svg = args.svg and os.path.relpath(args.svg, Path(args.markdown).parent)
            results.write_markdown(args.markdown, results.markdown(self.rows, peers, self.notes, command, svg))


def chosen(wanted, all_, name):
    """Those of `all_` that are wanted, by name or by what is in front of the dash."""
    picked = [one for one in all_ if wanted is None or {one.name, one.name.split("-")[0]} & set(wanted)]
    if not picked:
        raise SystemExit(f"no {name} of this name: {', '.join(wanted)}")
    return picked


def main():
    args = arguments()
    tasks = chosen(args.tasks, TASKS, "task")
    study = Study(args, chosen(args.peers, PEERS, "peer"))
    for parties in args.parties:
        for task in tasks:
            if parties <= task.most_parties or args.all:
                study.row(task, parties)
                study.write()
    peers = results.columns(study.rows)
    print(results.MEASURED, results.LOADED, results.grid(results.table(study.rows, peers)), sep="\n\n")
    if peaks := results.memory(study.rows, peers):
        print("\nMemory, the greatest of all parties' processes together:\n", results.grid(peaks), sep="\n")
    if study.notes:
        print("\nNotes:", *study.notes, sep="\n- ")
    if args.quick:
        print("\nA quick run: sizes are cut, and the ratios say nothing.")


main()
