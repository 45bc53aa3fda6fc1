"""Curves as SVG that stands inside an HTML page: no script, colours from the page's variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from articleqa.evaluation.escaping import escaped

_WIDTH, _HEIGHT = 560, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 48


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: points (x, y), each 0..1. ``style`` is a class of the page; ``dots`` marks the points."""

    name: str
    points: Sequence[tuple[float, float]]
    style: str
    dots: bool = False


def chart(title: str, x_axis: str, y_axis: str, lines: Sequence[Line]) -> str:
    """The picture of curves in the unit square, with a key below where there are several."""
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escaped(title)}">',
        f"<title>{escaped(title)}</title>",
    ]
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = _place(tick, tick)
        parts += [
            f'<path class="grid" d="M{x} {_TOP}V{_HEIGHT - _BOTTOM}M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>',
            f'<text x="{x}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{tick:.1f}</text>',
            f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:.1f}</text>',
        ]
    across, down = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    parts += [
        f'<text x="{across}" y="{_HEIGHT - 8}" text-anchor="middle">{escaped(x_axis)}</text>',
        f'<text transform="translate(14 {down}) rotate(-90)" text-anchor="middle">{escaped(y_axis)}</text>',
    ]
    for line in lines:
        places = [_place(*point) for point in line.points]
        trail = " ".join(f"{x},{y}" for x, y in places)
        parts.append(f'<polyline class="curve {line.style}" points="{trail}"/>')
        if line.dots or len(places) == 1:
            parts += [f'<circle class="dot {line.style}" cx="{x}" cy="{y}" r="4"/>' for x, y in places]
    parts.append("</svg>")
    if len(lines) > 1:
        entries = "".join(f'<li class="{line.style}">{escaped(line.name)}</li>' for line in lines)
        parts.append(f'<ul class="key">{entries}</ul>')
    return "\n".join(parts)


def _place(x: float, y: float) -> tuple[float, float]:
    across = _LEFT + x * (_WIDTH - _LEFT - _RIGHT)
    return round(across, 1), round(_TOP + (1 - y) * (_HEIGHT - _TOP - _BOTTOM), 1)
