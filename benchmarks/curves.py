"""Draws the risk-coverage curves of a run for the README.

    articleqa eval SQUAD_FOLDER --limit 1000 --save RUN
    python benchmarks/curves.py RUN --json benchmarks/results/risk-coverage.json --svg docs/risk-coverage.svg

One curve is of all questions of the run, one of those that the articles answer.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from articleqa.evaluation import load_report
from articleqa.evaluation.charts import Line, chart
from articleqa.evaluation.curves import risk_coverage

_STYLE = """<style>
svg { background: #fff; font: 13px sans-serif; fill: #333 }
.grid { stroke: #ddd; fill: none } .curve { fill: none; stroke-width: 2.5 }
.curve.first { stroke: #0b6e4f } .curve.second { stroke: #b3431e; stroke-dasharray: 6 3 }
text.first { fill: #0b6e4f } text.second { fill: #b3431e }
</style>"""


def main() -> None:
    """Compute, keep and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--svg", type=Path, required=True)
    options = parser.parse_args()

    results = load_report(options.run).results
    kept: dict[str, dict[str, Any]] = {}
    for name, chosen in (
        ("all questions", results),
        ("those that the articles answer", [result for result in results if result.answerable]),
    ):
        points, area = risk_coverage(chosen)
        kept[name] = {"questions": len(chosen), "AURC": area, "points": points}
    options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    styles = ("first", "second")
    lines = [Line(name, kept[name]["points"], style) for name, style in zip(kept, styles, strict=True)]
    picture = chart("Risk and coverage", "share of the questions that are answered", "share of them wrong", lines)
    picture = picture.partition("</svg>")[0].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    key = "".join(
        f'<text class="{style}" x="75" y="{36 + 20 * row}">{name}: {kept[name]["questions"]}, area '
        f"{kept[name]['AURC']:.3f}</text>"
        for row, (name, style) in enumerate(zip(kept, styles, strict=True))
    )
    head, _, rest = picture.partition("</title>")
    options.svg.write_text(f"{head}</title>\n{_STYLE}{rest}{key}</svg>\n", encoding="utf-8")


if __name__ == "__main__":
    main()
