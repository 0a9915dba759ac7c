"""What was measured, as a table for people and as Markdown."""

import datetime
import os
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

from tasks import PEERS, TASKS

# Results further from plaintext than this part of the largest one are called wrong.
TOLERANCE = 0.02
BEGIN, END = "<!-- written by benches/peers/run.py -->", "<!-- up to here -->"

MEASURED = """\
**A cell** has a peer's time, and behind it how many times as long as this crate that is: all / online. This crate ran before
and after each peer, and the mean of both counts. **Peers**: the time of a pass on the clock, from when all parties begin to
when the last has its share of the result. That is the whole protocol, with all that the system generates for it; model and
inputs were shared before. Parties are processes on loopback. The least time of up to ten passes. **This crate**: parties and
dealer are threads of one process, and exchange through memory. *All* is the time on the clock of the dealer, offline and
online, one after the other (of a sign: the dealer's CPU time and online); *online* is the last of them. Networks: the mean of
all batches. **Plaintext** is PyTorch on one core.

Networks of this crate reveal the class as well; those of peers end with shares of the logits. Weights were shared before at the
peers, and masked before here; MPyC's are constants that all parties hold, as in its own demonstration. They are random at the
peers, trained here. Fixed point has 64 bits at CrypTen and SPU, 32 at MPyC and here. CrypTen compares all 64 bits, whatever the
values have; SPU compares in rings of 32 and 64 bits. Every result was compared with plaintext: a cell says if one is off by
more than 2 % of the largest."""
LOADED = """\
*Shares of* numbers are those of a tensor `[60000, 1, 28, 28]` in memory. Plaintext copies it. Beside the time is what the
memory of a process grows by, as a multiple of the plain tensor. By SPU and this crate (CPU time, measured once) an owner makes
the shares of all parties; by CrypTen and MPyC every party gets its own. Of CrypTen's and MPyC's shares the first ten images
were compared with plaintext."""


@dataclass
class Cell:
    """A peer's time of a unit in seconds, that of this crate beside it (all, online), and the rest of a session's result."""

    seconds: float
    ours: tuple | None
    peak: int
    growth: float | None
    off: float

    @property
    def ratios(self):
        return self.ours and tuple(self.seconds / ours for ours in self.ours)


@dataclass
class Row:
    """A task between some number of parties. Times are those of a unit."""

    task: object
    parties: int
    plain: Cell | None = None
    # Of this crate: each a pair, all and online.
    ours: list = field(default_factory=list)
    peak: int | None = None
    growth: float | None = None
    cells: dict = field(default_factory=dict)

    @property
    def own(self):
        """This crate's times, all and online: the means of all its runs."""
        return self.ours and tuple(sum(times) / len(times) for times in zip(*self.ours))


def time(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def ratio(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def size(count):
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def grown(growth):
    return "" if growth is None else f", {growth:.1f} × memory"


def cell_text(row, cell):
    if cell is None:
        return "–"
    text = time(cell.seconds) + grown(cell.growth)
    if cell.ratios:
        # What is loaded has no phases.
        shown = cell.ratios[:1] if row.task.kind == "load" else cell.ratios
        text += f" ({' / '.join(map(ratio, shown))} ×)"
    return text + ("" if cell.off <= TOLERANCE else f", off by {cell.off:.0%}")


def own_texts(row):
    if not row.own:
        return ["–", "–"]
    whole, online = map(time, row.own)
    return [whole + grown(row.growth), "–"] if row.task.kind == "load" else [whole, online]


def table(rows, peers):
    """Lines of cells, the titles first."""
    lines = [["task", "parties", "plaintext", "this crate, all", "online"] + [peer.title for peer in peers]]
    for row in rows:
        plain = cell_text(row, row.plain)
        cells = [cell_text(row, row.cells.get(peer.name)) for peer in peers]
        lines.append([f"{row.task.title}, {row.task.unit}", str(row.parties), plain, *own_texts(row), *cells])
    return lines


def memory(rows, peers):
    """The same for the memory of all parties' processes together."""
    lines = [["task", "parties", "plaintext", "this crate"] + [peer.title for peer in peers]]
    for row in rows:
        if row.task.kind in ("bmlp", "mlp", "cnn"):
            cells = [row.plain, *(row.cells.get(peer.name) for peer in peers)]
            peaks = [cell and cell.peak for cell in cells]
            peaks.insert(1, row.peak)
            lines.append([row.task.title, str(row.parties), *(size(peak) if peak else "–" for peak in peaks)])
    return lines if len(lines) > 1 else []


def grid(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown_table(lines):
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine():
    model = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        names = re.findall(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
        model = names[0] if names else model
    return f"{len(os.sched_getaffinity(0))} cores of {model}"


def markdown(rows, peers, notes, command, svg):
    date = datetime.date.today()
    parts = [f"{date:%-d %B %Y}, {machine()}:", f"```sh\n{command}\n```", MEASURED, markdown_table(table(rows, peers))]
    if any(row.task.kind == "load" for row in rows):
        parts.append(LOADED)
    if svg:
        parts.append(f"![Times of a unit as multiples of plaintext]({svg})")
    if peaks := memory(rows, peers):
        parts += ["Memory, the greatest of all parties' processes together:", markdown_table(peaks)]
    if notes:
        parts += ["Notes:", "\n".join(f"- {note}." for note in notes)]
    return "\n\n".join(parts) + "\n"


def write_markdown(path, text):
    """Into the part of a file that is marked for it, or a file of its own."""
    path = Path(path)
    old = path.read_text() if path.exists() else ""
    if BEGIN in old and END in old:
        head, rest = old.split(BEGIN, 1)
        text = f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END, 1)[1]}"
    path.write_text(text)


def order(rows):
    """By task, then by parties."""
    return sorted(rows, key=lambda row: (TASKS.index(row.task), row.parties))


def columns(rows):
    """The peers that have a result."""
    return [peer for peer in PEERS if any(peer.name in row.cells for row in rows)]
