"""Draws the risk-coverage curves of a run for the README.

    ARTICLEQA_READER=none articleqa eval SQUAD_FOLDER --limit 1000 --save WITHOUT
    articleqa eval SQUAD_FOLDER --limit 1000 --save WITH
    python benchmarks/curves.py WITHOUT WITH --json benchmarks/results/risk-coverage.json --svg docs/risk-coverage.svg

The runs are without and with the reader. Of each, one curve is of all questions, one of those that the articles answer.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from articleqa.evaluation import load_report
from articleqa.evaluation.charts import Line, chart
from articleqa.evaluation.curves import risk_coverage

_STYLES = {"without": "#8a5a44", "with": "#0b6e4f"}
_STYLE = (
    "<style>\nsvg { background: #fff; font: 13px sans-serif; fill: #333 }\n"
    ".grid { stroke: #ddd; fill: none } .curve { fill: none; stroke-width: 2.5 }\n"
    ".answered { stroke-dasharray: 6 3 }\n"
    + "".join(
        f".curve.{name} {{ stroke: {colour} }} text.{name} {{ fill: {colour} }}\n" for name, colour in _STYLES.items()
    )
    + "</style>"
)


def main() -> None:
    """Compute, keep and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("without", type=Path)
    parser.add_argument("with_reader", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--svg", type=Path, required=True)
    options = parser.parse_args()

    kept: dict[str, dict[str, Any]] = {}
    lines = []
    for which, run in zip(_STYLES, (options.without, options.with_reader), strict=True):
        results = load_report(run).results
        answered = [result for result in results if result.answerable]
        for name, style, chosen in (("all questions", "", results), ("those answered", " answered", answered)):
            points, area = risk_coverage(chosen)
            title = f"{name}, {which} the reader"
            kept[title] = {"questions": len(chosen), "AURC": area, "points": points}
            lines.append(Line(title, points, which + style))
    options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")

    picture = chart("Risk and coverage", "share of the questions that are answered", "share of them wrong", lines)
    picture = picture.partition("</svg>")[0].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    key = "".join(
        f'<text class="{line.style}" x="75" y="{36 + 20 * row}">{line.name}{" (dashed)" if " " in line.style else ""}: '
        f"{kept[line.name]['questions']}, area {kept[line.name]['AURC']:.3f}</text>"
        for row, line in enumerate(lines)
    )
    head, _, rest = picture.partition("</title>")
    options.svg.write_text(f"{head}</title>\n{_STYLE}{rest}{key}</svg>\n", encoding="utf-8")


if __name__ == "__main__":
    main()
