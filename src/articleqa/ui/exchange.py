"""One question and what has been answered so far: the state of a conversation is a tuple of these."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from articleqa.types import Answer, Citation, Event, Filters, Passage, Quotes, Retrieved, Sentence, Token

_WORD = re.compile(r"\w+")
# What may stand between the last word of a sentence and the first of the next: markers, its end, its quotation marks.
_BETWEEN = re.compile(r"^(?:\s*\[[\d,;\s]*\]|\s*[^\w\s\[(“«])*\s*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer while it comes in.

    Attributes:
        filters: which articles were asked; None where all of them were.
        quotes: the evidence that was found, before anything is composed of it. Their numbers are not the answer's.
        draft: text of a language model that comes after ``sentences`` and is not judged yet.
        sentences: what has been judged of the answer that is still coming.
        answer: the whole answer, once it is there.
        failure: one line for the person, where there can be no answer.
        stopped: whether the person ended it.
        key: tells this asking from every other, so that the same answer to the same question is drawn again.
    """

    question: str
    filters: Filters | None = None
    quotes: tuple[Citation, ...] = ()
    draft: str = ""
    sentences: tuple[Sentence, ...] = ()
    answer: Answer | None = None
    failure: str | None = None
    stopped: bool = False
    key: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.answer is not None or self.failure is not None or self.stopped

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The answer's citations; until it is whole, those of the sentences that are there."""
        if self.answer is not None:
            return self.answer.citations
        found = {citation.number: citation for sentence in self.sentences for citation in sentence.citations}
        return tuple(found[number] for number in sorted(found))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages that the answer names, best first."""
        return self.answer.passages if self.answer is not None else ()

    def after(self, event: Event) -> Exchange:
        """The exchange once ``event`` has come in."""
        match event:
            case Retrieved():
                return self
            case Quotes(citations=citations):
                return replace(self, quotes=citations)
            case Token(text=text):
                return replace(self, draft=self.draft + text)
            case Sentence():
                return replace(self, sentences=(*self.sentences, event), draft=_after(self.draft, event.text))
            case Answer():
                return replace(self, answer=event)


def _after(draft: str, sentence: str) -> str:
    """What of a draft comes after ``sentence``, which was judged and may have lost its markers on the way."""
    tail = " ".join(_WORD.findall(sentence)[-3:])
    place = draft.find(tail)
    return _BETWEEN.sub("", draft[place + len(tail) :]) if tail and place >= 0 else ""


def history(exchanges: tuple[Exchange, ...]) -> list[dict[str, str]]:
    """The turns of a conversation, oldest first, as the facade reads them. What failed or was stopped is left out."""
    turns = []
    for exchange in exchanges:
        if exchange.answer is not None:
            turns.append({"role": "user", "text": exchange.question})
            turns.append({"role": "assistant", "text": exchange.answer.text})
    return turns
