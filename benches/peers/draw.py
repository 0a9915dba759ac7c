"""Times as multiples of plaintext, on a logarithmic axis: a line for each task and number of parties, a mark for each system."""

import math
from xml.sax.saxutils import escape

# Dark enough on white, and apart for most eyes.
COLORS = {
    "all": "#005aaa", "online": "#28a0dc", "crypten": "#d55e00", "spu": "#008c64", "aby3": "#96780a", "mpyc": "#b43c82",
}
LEFT, RIGHT, TOP, LINE, PLOT = 230, 30, 64, 22, 720


def points(row):
    """Names of systems and their multiples of plaintext."""
    # What is loaded has no phases.
    phases = ("all",) if row.task.kind == "load" else ("all", "online")
    found = dict(zip(phases, row.own or ()))
    found.update((name, cell.seconds) for name, cell in row.cells.items())
    return {name: seconds / row.plain.seconds for name, seconds in found.items()}


def draw(rows, peers):
    rows = [(row, points(row)) for row in rows if row.plain]
    every = [ratio for _, found in rows for ratio in found.values()]
    if not every:
        return None
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    high = max(high, low + 1)
    height, bottom = TOP + LINE * (len(rows) + 3), TOP + LINE * len(rows)

    def x(ratio):
        return LEFT + PLOT * (math.log10(ratio) - low) / (high - low)

    width = LEFT + PLOT + RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]

    def text(left, y, words, anchor="start", fill="#222222"):
        parts.append(f'<text x="{left:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>')

    def mark(left, y, name):
        parts.append(f'<circle cx="{left:.1f}" cy="{y:.1f}" r="5" fill="{COLORS[name]}" fill-opacity="0.85"/>')

    names = {"all": "this crate, all", "online": "this crate, online", **{peer.name: peer.title for peer in peers}}
    for i, (name, title) in enumerate(names.items()):
        left, y = LEFT + 240 * (i % 3), 18 + 18 * (i // 3)
        mark(left, y - 4, name)
        text(left + 10, y, title)
    for power in range(low, high + 1):
        at = x(10.0**power)
        color = "#222222" if power == 0 else "#dddddd"
        parts.append(f'<line x1="{at:.1f}" y1="{TOP - 6}" x2="{at:.1f}" y2="{bottom}" stroke="{color}"/>')
        text(at, bottom + 16, f"{10.0**power:,g}", "middle")
    text(LEFT + PLOT / 2, bottom + 36, "time, as a multiple of plaintext on one core", "middle")
    for i, (row, found) in enumerate(rows):
        y = TOP + LINE * (i + 0.5)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + PLOT}" y2="{y:.1f}" stroke="#eeeeee"/>')
        text(LEFT - 8, y + 4, f"{row.task.title}, {row.parties} parties", "end")
        for name, ratio in found.items():
            mark(x(ratio), y, name)
    return "\n".join([*parts, "</svg>"]) + "\n"
