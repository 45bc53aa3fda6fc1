"""What the sentences of the passages found say to a question, as citations that are checked against the texts."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace

from articleqa import grounding
from articleqa.grounding import Candidate, Carried, Evidence, Part, Pointed, Ranked, Signals
from articleqa.library import STOP_STEMS, Library, stems
from articleqa.retrieval import Found, Retriever
from articleqa.types import ArticleNotFound, Citation, Filters, InvalidInput, LibraryDamaged, Outcome, Passage, Reader

# Passages that an answer comes with, and those of them whose sentences may be quoted.
PASSAGES = 10
READ_PASSAGES = 8
# A language model sees more evidence than a reader is shown, and may leave most of it.
MODEL_QUOTES = 6
MODEL_MARGIN = 1.0
# It is shown short ones: it cites by number, and a paragraph is no exact citation.
MODEL_QUOTE_LENGTH = 300
LEAST_SHOWN = 3
# A question of several parts that is answered as surely as this needs only those looked up that are left open.
SURE = 0.6


@dataclass(frozen=True, slots=True)
class Read:
    """What was found for ``question``, and what its sentences say: ranked, chosen, and how sure it is.

    ``parts`` are those of a question that asks several things at once, and ``unanswered`` the ones on which the
    articles say nothing. ``spans`` answer by themselves, where a reader has found any: they stand in those of
    ``chosen`` whose places are their keys.
    """

    question: str
    found: Found
    candidates: list[Candidate]
    ranked: list[Ranked]
    chosen: tuple[Evidence, ...]
    signals: Signals
    confidence: float
    outcome: Outcome
    parts: tuple[Part, ...] = ()
    unanswered: tuple[str, ...] = ()
    spans: dict[int, Pointed] = field(default_factory=dict)

    def evidence(self, characters: int | None = None) -> list[Evidence]:
        """What a language model is shown: more than is quoted, the best first, by article.

        Of ``characters``, where so many are read in time, the best ``LEAST_SHOWN`` are shown however long they are.
        """
        whole = grounding.select(
            self.ranked,
            self.candidates,
            self.found.weights,
            limit=MODEL_QUOTES,
            margin=MODEL_MARGIN,
            longest=MODEL_QUOTE_LENGTH,
        )
        shown: list[Evidence] = []
        for span in grounding.distinct([*self.chosen, *whole], longest=MODEL_QUOTE_LENGTH)[:MODEL_QUOTES]:
            length = sum(len(each.text) for each in (*shown, span))
            if characters is not None and len(shown) >= LEAST_SHOWN and length > characters:
                break
            shown.append(span)
        return _by_article(shown)


class Quoting:
    """Reads what the retriever finds in one library."""

    def __init__(
        self, library: Library, retriever: Retriever, open_reader: Callable[[], Reader | None], *, abstain_below: float
    ) -> None:
        self._library = library
        self._retriever = retriever
        self._open_reader = open_reader
        self._abstain_below = abstain_below

    def read(
        self, question: str, found: Found, *, filters: Filters | None = None, carried: Carried | None = None
    ) -> Read:
        """What ``found`` says to ``question``; a part of it that this leaves open is looked up by itself."""
        asked = grounding.parts(question)
        read = replace(self._read(question, found), parts=asked)
        if not asked or read.outcome is not Outcome.ANSWERED:
            return read
        still_open = grounding.open_parts(asked, read.chosen, stems=stems, ignored=STOP_STEMS)
        if not still_open:
            return read
        # Where the whole is unsure, what it seems to answer may be an accident too.
        looked_up = asked if read.confidence < SURE else still_open
        parts = {part: self._looked_up(part.sought, filters, carried) for part in looked_up}
        combined = self._combined(read, tuple(parts.values()), of=len(asked))
        unanswered = tuple(part.asked for part in still_open if not self.is_sure(parts[part]))
        return replace(combined, unanswered=unanswered)

    def has_reader(self) -> bool:
        """Whether there is one to look closely."""
        return self._open_reader() is not None

    def read_closely(self, read: Read) -> Read:
        """``read`` after a reader has had a look at the best of it; the same where there is no reader.

        Where articles contradict each other, or a question asks several things, no one span answers.

        Raises:
            InvalidInput: if the reader does not give one reading for each passage.
        """
        reader = self._open_reader()
        if reader is None or not read.ranked or read.outcome is not Outcome.ANSWERED or read.parts:
            return read
        stretches = grounding.windows(read.ranked, read.candidates)
        readings = reader.read(read.question, stretches)
        if len(readings) != len(stretches):
            raise InvalidInput(
                f"the reader gave {len(readings)} readings of {len(stretches)} passages: it must give one for each"
            )
        spans = grounding.pointed(readings)
        ranked = grounding.reranked(read.question, read.ranked, spans)
        chosen = tuple(grounding.select(ranked, read.candidates, read.found.weights, margin=grounding.READ_MARGIN))
        return replace(
            read,
            found=replace(read.found, passages=grounding.reordered(read.found.passages, spans)),
            ranked=ranked,
            chosen=chosen,
            confidence=grounding.after_reading(read.signals, readings),
            spans=grounding.answering(read.question, chosen, spans, stems=stems),
        )

    def _looked_up(self, question: str, filters: Filters | None, carried: Carried | None) -> Read:
        found = self._retriever.search(question, limit=PASSAGES, filters=filters, carried=carried)
        return self._read(question, found)

    def is_sure(self, read: Read) -> bool:
        """Whether what was read is an answer, and not only what came nearest."""
        return bool(read.chosen) and read.confidence >= self._abstain_below

    def _combined(self, read: Read, parts: Sequence[Read], *, of: int) -> Read:
        """One reading of a question of so many parts; what is quoted comes from those that the articles answer."""
        sure = [each for each in (read, *parts) if self.is_sure(each)]
        spans = grounding.distinct(
            [*(sure[0].chosen if sure else ()), *(span for each in sure[1:] for span in each.chosen[:1])]
        )
        met = (sum(each.confidence for each in parts) + (of - len(parts)) * read.confidence) / of
        return replace(
            read,
            found=replace(
                read.found,
                passages=tuple(_best((read, *parts), {span.passage.id for span in spans})),
                origins={number: origin for each in (*parts, read) for number, origin in each.found.origins.items()},
            ),
            chosen=tuple(spans) or read.chosen,
            confidence=max(read.confidence, met),
        )

    def _read(self, question: str, found: Found) -> Read:
        candidates = self._retriever.candidates(found, passages=READ_PASSAGES)
        ranked = grounding.rank(
            question, candidates, found.weights, lambda texts: self._retriever.similarities(found, texts)
        )
        contradicting = grounding.conflict(question, ranked, found.weights, ignored=STOP_STEMS)
        spans = (
            [grounding.as_evidence(entry.candidate, score=entry.score) for entry in contradicting]
            if contradicting is not None
            else grounding.select(ranked, candidates, found.weights)
        )
        signals = grounding.signals(
            question, ranked, candidates, found.cosines, stems, agreement=found.best, searched=found.searched
        )
        return Read(
            question=question,
            found=found,
            candidates=candidates,
            ranked=ranked,
            chosen=tuple(spans),
            signals=signals,
            confidence=grounding.confidence(signals),
            outcome=Outcome.ANSWERED if contradicting is None else Outcome.CONFLICTING,
        )

    def citations(self, found: Found, spans: Sequence[Evidence]) -> tuple[Citation, ...]:
        """Spans of what was found as citations, numbered in their order."""
        numbered: dict[int, Citation] = {}
        for index, span in enumerate(spans):
            self.number(found, span, index, numbered)
        return tuple(numbered.values())

    def number(self, found: Found, span: Evidence, index: int, numbered: dict[int, Citation]) -> Citation:
        """The citation of a span, checked against the stored text; numbers are given in the order of first use."""
        if index not in numbered:
            origin = found.origins[span.passage.id]
            citation = Citation(
                number=len(numbered) + 1,
                article_id=origin.article.id,
                revision=origin.article.revision,
                title=origin.article.title,
                url=origin.article.url,
                source=origin.article.source,
                published=origin.article.published,
                start=span.start,
                end=span.end,
                quote=span.text,
                also_in=origin.also_in,
                page=origin.page_of(span.start),
            )
            self._check(citation)
            numbered[index] = citation
        return numbered[index]

    def _check(self, citation: Citation) -> None:
        """Hold a citation to the promise: it is an exact span of that revision."""
        try:
            with self._library.reading() as snapshot:
                article = snapshot.article(citation.article_id, citation.revision)
        except ArticleNotFound:
            # It went while the answer was being made. What was quoted stood in it.
            return
        if article.text[citation.start : citation.end] != citation.quote:
            raise LibraryDamaged(f"a quote of {citation.article_id!r} is not in its text: run `articleqa rebuild`")


def _best(reads: Iterable[Read], quoted: Container[int]) -> list[Passage]:
    """The best passages of all, each once; those that are quoted are among them."""
    known = {passage.id: passage for each in reads for passage in each.found.passages}
    chosen = sorted(known.values(), key=lambda passage: (passage.id not in quoted, -passage.score))[:PASSAGES]
    return sorted(chosen, key=lambda passage: -passage.score)


def _by_article(spans: Sequence[Evidence]) -> list[Evidence]:
    """The same spans, those of one article together; the article with the best one comes first."""
    order = list(dict.fromkeys(span.passage.article_id for span in spans))
    return sorted(spans, key=lambda span: order.index(span.passage.article_id))
