"""The report of a run as one HTML file that needs nothing else: figures, curves, latencies, the worst questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from articleqa.evaluation.charts import Line, chart
from articleqa.evaluation.comparison import Comparison
from articleqa.evaluation.escaping import escaped
from articleqa.evaluation.report import EvaluationReport, shown
from articleqa.evaluation.results import Result

# Of each kind of bad answer.
WORST = 15

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --faint: #5b6470; --paper: #fff; --rule: #d8dde3; --panel: #f5f7f9;
  --first: #1f5fbf; --second: #b0500c; --bad: #a61b29; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --faint: #a3adb8; --paper: #14171a; --rule: #363d45;
  --panel: #1d2226; --first: #7db4ff; --second: #f4a864; --bad: #ff8d94; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--rule); padding-bottom: .25rem; }
p.note, figcaption, .about { color: var(--faint); font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .75rem 0; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top;
  font-weight: 400; overflow-wrap: normal; }
thead th { color: var(--faint); }
td, thead th:not(:first-child) { text-align: right; }
.tables { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 0 2rem; }
figure { margin: 1rem 0; max-width: 40rem; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--faint); }
.grid { stroke: var(--rule); fill: none; }
.curve { fill: none; stroke-width: 2; }
.curve.first { stroke: var(--first); } .curve.second { stroke: var(--second); stroke-dasharray: 8 4; }
.curve.ideal { stroke: var(--faint); stroke-width: 1; stroke-dasharray: 2 4; }
.dot.first { fill: var(--first); } .dot.second { fill: var(--second); }
.key { list-style: none; padding: 0; margin: 0; font-size: .9rem; }
.key li::before { content: ""; display: inline-block; width: 1.5rem; margin-right: .5rem; vertical-align: middle;
  border-top: 2px solid; }
.key .first::before { border-color: var(--first); } .key .second::before { border-color: var(--second);
  border-top-style: dashed; } .key .ideal::before { border-color: var(--faint); border-top-style: dotted; }
article { background: var(--panel); border-left: 3px solid var(--bad); padding: .5rem 1rem; margin: 1rem 0; }
article h3 { font-size: 1rem; margin: .25rem 0; }
blockquote { margin: .35rem 0 .35rem .5rem; padding-left: .75rem; border-left: 2px solid var(--rule);
  white-space: pre-line; }
"""


def page(report: EvaluationReport, *, comparison: Comparison | None = None) -> str:
    """The whole file. Every text of the set and of its articles is escaped, and nothing is loaded from anywhere."""
    title = f"Evaluation: {report.name}"
    settings = ", ".join(f"{name} {value}" for name, value in report.settings.items())
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{escaped(title)}</h1>",
        f"<p>{report.questions:,} questions, {report.articles:,} articles, {report.seconds:,.0f} s.</p>",
        f"<p>{escaped(settings)}</p>",
        *_figures(report),
        *(_comparison(comparison) if comparison is not None else ()),
        *_curves(report),
        *_latencies(report),
        *_worst(report.results),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _figures(report: EvaluationReport) -> Iterable[str]:
    yield '<h2>Figures</h2>\n<div class="tables">'
    for section in ("retrieval", "answers", "refusals", "citations", "sentences", "selection", "follow_ups"):
        values = getattr(report, section)
        if values:
            yield _table(section.replace("_", "-"), (), [(name, shown(value)) for name, value in values.items()])
    yield "</div>"
    if report.types:
        names = list(dict.fromkeys(name for part in report.types.values() for name in part))
        rows = [
            (kind, *(shown(part[name]) if name in part else "–" for name in names))
            for kind, part in report.types.items()
        ]
        yield _table("types of questions", ("type", *names), rows)


def _comparison(comparison: Comparison) -> Iterable[str]:
    yield "<h2>Compared with the run before</h2>"
    yield (
        f"<p>{comparison.questions:,} questions that both runs asked, of {comparison.before:,} before and "
        f"{comparison.after:,} now. Intervals: 95 %, paired bootstrap over the questions.</p>"
    )
    rows = [
        (
            f"{entry.section}: {entry.measure}",
            f"{entry.before:.3f}",
            f"{entry.after:.3f}",
            f"{entry.change:+.3f}",
            f"{entry.low:+.3f} … {entry.high:+.3f}",
            "beyond noise" if entry.beyond_noise else "within noise",
        )
        for entry in comparison.differences
    ]
    yield _table("differences", ("measure", "before", "now", "difference", "95 % interval", ""), rows)


def _curves(report: EvaluationReport) -> Iterable[str]:
    yield "<h2>What the confidence is worth</h2>"
    if report.risk_coverage:
        base = report.risk_coverage[-1][1]
        yield _figure(
            chart(
                "Risk-coverage curve",
                "coverage: share of the questions answered, the surest first",
                "risk: share of these that are wrong",
                [
                    Line("in the order of confidence", report.risk_coverage, "first"),
                    Line("in no order", [(0.0, base), (1.0, base)], "ideal"),
                ],
            ),
            f"Risk-coverage curve. Its area (AURC) is {report.selection['AURC']:.3f}; in no order it would be about "
            f"{base:.3f}. Wrong: an answerable question without a right quote, an unanswerable one with an answer.",
        )
    if report.calibration:
        tenths = report.calibration
        counts = ", ".join(f"{tenth['questions']:,} at {tenth['confidence']:.2f}" for tenth in tenths)
        yield _figure(
            chart(
                "Calibration curve",
                "mean confidence of a tenth",
                "share of its questions",
                [
                    Line(
                        "answerable", [(each["confidence"], each["answerable"]) for each in tenths], "first", dots=True
                    ),
                    Line(
                        "answerable, and a quote is right",
                        [(each["confidence"], each["right"]) for each in tenths],
                        "second",
                        dots=True,
                    ),
                    Line("as the confidence says", [(0.0, 0.0), (1.0, 1.0)], "ideal"),
                ],
            ),
            f"Calibration curve. Questions: {counts}.",
        )


def _latencies(report: EvaluationReport) -> Iterable[str]:
    if report.latency_ms:
        yield "<h2>Latency</h2>"
        rows = [(stage, f"{part['p50']:.1f}", f"{part['p95']:.1f}") for stage, part in report.latency_ms.items()]
        yield _table("milliseconds per stage", ("stage", "p50", "p95"), rows)


def _worst(results: Sequence[Result]) -> Iterable[str]:
    surest = sorted(results, key=lambda result: -result.confidence)
    wrong = [result for result in surest if result.wrong and result.answered]
    refused = [result for result in surest if result.answerable and not result.answered]
    refused.sort(key=lambda result: (result.hit is None, result.hit or 0))
    yield from _questions("Confident and wrong", "The surest first.", wrong)
    yield from _questions("Refused though answerable", "Those first whose passage was found.", refused)


def _questions(title: str, order: str, results: Sequence[Result]) -> Iterable[str]:
    yield f"<h2>{title}</h2>"
    if not results:
        yield '<p class="note">None.</p>'
        return
    worst = results[:WORST]
    yield f'<p class="note">{len(worst)} of {len(results):,}. {order}</p>'
    for result in worst:
        place = "" if result.gain is None else f", first right passage: {result.hit or 'none'}"
        kind = f", {result.type}" if result.type else ""
        about = f"{result.id}{kind}, confidence {result.confidence:.2f}, {result.outcome.value}{place}"
        yield f'<article>\n<h3 dir="auto">{escaped(result.question)}</h3>\n<p class="about">{escaped(about)}</p>'
        gold = result.answers if result.answerable else ("The set says that the articles do not answer this.",)
        yield from _texts("Expected", gold)
        yield from _texts("Quoted", result.quotes)
        yield "</article>"


def _texts(label: str, texts: Sequence[str]) -> Iterable[str]:
    yield f'<p class="about">{label}{"" if texts else ": nothing"}</p>'
    for text in texts:
        yield f'<blockquote dir="auto">{escaped(text)}</blockquote>'


def _figure(picture: str, caption: str) -> str:
    return f"<figure>\n{picture}\n<figcaption>{escaped(caption)}</figcaption>\n</figure>"


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    parts = [f'<div class="wide"><table>\n<caption>{escaped(caption)}</caption>']
    if header:
        heads = "".join(f'<th scope="col">{escaped(name)}</th>' for name in header)
        parts.append(f"<thead><tr>{heads}</tr></thead>")
    parts.append("<tbody>")
    for first, *others in rows:
        cells = "".join(f"<td>{escaped(cell)}</td>" for cell in others)
        parts.append(f'<tr><th scope="row">{escaped(first)}</th>{cells}</tr>')
    parts.append("</tbody>\n</table></div>")
    return "\n".join(parts)
