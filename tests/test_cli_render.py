"""An answer on the terminal, as lines."""

from __future__ import annotations

import pytest

from articleqa.cli.render import AnswerLines
from articleqa.cli.screen import Screen
from articleqa.types import Answer, AnswerSpan, Citation, Outcome, Quotes, Sentence

FIRST = Citation(1, "a", 1, "The mill", None, None, None, 40, 75, "The roof was mended by Ada Brook.\n ")
SECOND = Citation(2, "b", 1, "The news", None, None, None, 0, 29, "Lars Holm mended the roof, too")
ADA = AnswerSpan(1, 63, 72, "Ada\nBrook")
LARS = AnswerSpan(2, 0, 9, "Lars Holm")


@pytest.mark.parametrize(
    ("spans", "lead"),
    [
        ((ADA,), "Ada Brook"),
        ((ADA, LARS), "Ada Brook [1]; Lars Holm [2]"),
        ((), "“The roof was mended by Ada Brook.” [1]"),
    ],
)
def test_what_answers_by_itself_is_the_first_line(
    spans: tuple[AnswerSpan, ...], lead: str, capsys: pytest.CaptureFixture[str]
) -> None:
    quotes = (FIRST, SECOND)
    lines = AnswerLines(Screen(), composing=False)
    lines.show(Quotes(quotes))
    sentences = tuple(Sentence(quote.quote, (quote,)) for quote in quotes)
    lines.show(Answer("", Outcome.ANSWERED, spans=spans, sentences=sentences, citations=quotes))
    assert capsys.readouterr().out.splitlines()[0] == lead
