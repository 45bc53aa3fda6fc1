"""Draws what was measured: two panels of lines over the number of passages, both scales logarithmic, as SVG."""

from __future__ import annotations

import math
from typing import Any

Line = dict[int, float]

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 560, 380, 70, 48, 150, 52
_COLOURS = ("#0b6e4f", "#1f4e9c", "#b3431e", "#7a4fa3", "#8a6d00", "#4a4a4a")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "", "6 3")


def plot(result: dict[str, dict[str, Any]]) -> str:
    """The picture of a result of lifecycle.py."""
    in_turn = {
        size: figures
        for largest in result.get("turns", {}).values()
        for size, figures in largest["add one"].items()
        if size.isdecimal()
    }
    added = {
        "a whole library": _line({"in turn": in_turn}, "in turn", "p50 ms"),
        "its vectors alone": _line(result, "vectors", "add one", "p50 ms"),
        "LlamaIndex": _line(result, "llamaindex", "add one", "p50 ms"),
        "txtai": _line(result, "txtai", "add one", "p50 ms"),
    }
    searched = {
        "all": _line(result, "vectors", "search 10", "own p95 ms"),
        **{
            f"{100 * float(share):g} %": _line(result, "vectors", "filtered", share, "own p95 ms")
            for share in ("0.001", "0.01", "0.1", "0.5")
        },
        "all, full tail": _line(result, "vectors", "search 10, full tail", "own p95 ms"),
    }
    panels = [
        _panel("Add one article and keep it, p50", "milliseconds", added),
        _panel("Dense search for ten, filtered, p95 on one thread", "milliseconds of processor", searched),
    ]
    body = "".join(f'<g transform="translate({number * _WIDTH} 0)">{panel}</g>' for number, panel in enumerate(panels))
    width = _WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img"><title>What an index costs as it grows</title>'
        f'<rect width="{width}" height="{_HEIGHT}" fill="#ffffff"/>{body}</svg>\n'
    )


def _line(result: dict[str, dict[str, Any]], part: str, *path: str) -> Line:
    line: Line = {}
    for size, figures in result.get(part, {}).items():
        value: Any = figures
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, int | float) and value > 0:
            line[int(size)] = float(value)
    return line


def _panel(title: str, unit: str, lines: dict[str, Line]) -> str:
    lines = {name: line for name, line in lines.items() if line}
    if not lines:
        return ""
    sizes = [size for line in lines.values() for size in line]
    values = [value for line in lines.values() for value in line.values()]
    across = _scale(min(sizes), max(sizes), _LEFT, _WIDTH - _RIGHT)
    down = _scale(min(values), max(values), _HEIGHT - _BOTTOM, _TOP)
    parts = [f'<text x="{_LEFT}" y="24" font-size="14" font-weight="bold">{title}</text>']
    parts.append(f'<text x="{_LEFT}" y="40" fill="#555">{unit}; passages in the index below</text>')
    for value in _powers(min(values), max(values)):
        y = down(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    below = _HEIGHT - _BOTTOM + 20
    parts += [f'<text x="{across(size):.1f}" y="{below}" text-anchor="middle">{size:,}</text>' for size in {*sizes}]
    ends = _spread([down(line[max(line)]) for line in lines.values()])
    for number, ((name, line), end) in enumerate(zip(lines.items(), ends, strict=True)):
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        points = [(across(size), down(value)) for size, value in sorted(line.items())]
        course = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f'<path d="M{course}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
        last = f"{line[max(line)]:.3g}"
        parts.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{end + 4:.1f}" fill="{colour}">{name}: {last}</text>')
    return "".join(parts)


def _scale(low: float, high: float, start: float, end: float) -> Any:
    low, high = math.log10(low), math.log10(max(high, low * 1.01))
    return lambda value: start + (math.log10(value) - low) / max(high - low, 1e-9) * (end - start)


def _powers(low: float, high: float) -> list[float]:
    return [10.0**power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]


def _spread(places: list[float]) -> list[float]:
    """The same places, in the same order, far enough apart for a line of text each."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved, last = list(places), -math.inf
    for number in order:
        moved[number] = last = max(places[number], last + 15)
    return moved
