"""How an answer is made: retrieve, select evidence, compose, verify; or quote; or say that the articles do not say."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from articleqa import chunking, grounding, llm
from articleqa.assistant import rewriting
from articleqa.assistant.models import Models
from articleqa.assistant.overviews import Overview, Overviews, Unclear
from articleqa.assistant.pace import Pace
from articleqa.assistant.quoting import PASSAGES, Quoting, Read
from articleqa.assistant.records import describe_library
from articleqa.assistant.requests import Request
from articleqa.grounding import ABSTENTION, Carried, Evidence
from articleqa.library import STOP_STEMS, Library, stems
from articleqa.retrieval import Found, Retriever
from articleqa.settings import Settings
from articleqa.types import (
    Answer,
    AnswerSpan,
    Citation,
    Event,
    Filters,
    InvalidInput,
    LanguageModelError,
    Outcome,
    Quotes,
    Retrieved,
    Sentence,
    Token,
)

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

# A passage that has so much of the words of a subject, by weight, is about it.
_ABOUT = 0.9
# A follow-up that finds less sure an answer is put into other words first, where there is a language model.
REWRITE_BELOW = 0.6
# Quotes that are this sure to answer stay, with a note, where a language model says that they do not.
DOUBTED_MODEL = 0.8
# So a note begins where a language model failed.
NO_ANSWER = "The language model did not answer"
# An answer about the present from articles older than this says so.
OLD_DAYS = 60


@dataclass(frozen=True, slots=True)
class _Material:
    """What an answer is made of.

    ``evidence`` is called where a language model is to see it, which reads so much; ``shown`` are the quotes that are
    on the screen already.
    """

    found: Found
    quotes: tuple[Citation, ...]
    evidence: Callable[[int | None], Sequence[Evidence]]
    confidence: float = 1.0
    outcome: Outcome = Outcome.ANSWERED
    notes: tuple[str, ...] = ()
    spans: tuple[AnswerSpan, ...] = ()
    shown: tuple[Citation, ...] = ()

    @property
    def short(self) -> str | None:
        """The span that answers, where there is one."""
        return self.spans[0].text if self.spans else None


@dataclass
class _Clock:
    """Seconds per stage."""

    started: float = field(default_factory=time.perf_counter)
    timings: dict[str, float] = field(default_factory=dict)

    def stage(self, name: str, since: float) -> float:
        """Add the time since ``since`` to a stage; the time now."""
        moment = time.perf_counter()
        self.timings[name] = self.timings.get(name, 0.0) + moment - since
        return moment

    def once(self, name: str) -> None:
        """Note when something happened for the first time, from the beginning."""
        self.timings.setdefault(name, time.perf_counter() - self.started)

    def finished(self) -> dict[str, float]:
        """Every stage, and the whole."""
        return {**self.timings, "total": time.perf_counter() - self.started}


class Answering:
    """Makes answers from one library."""

    def __init__(self, settings: Settings, library: Library, retriever: Retriever, models: Models) -> None:
        self._settings = settings
        self._library = library
        self._retriever = retriever
        self._language_model = models.language_model
        self._open_judge = models.judge
        self._prepare_reader = models.prepare_reader
        self._pace = Pace()
        self._quoting = Quoting(library, retriever, models.reader, abstain_below=settings.abstain_below)
        self._overviews = Overviews(library, retriever, self._is_about)

    def stream(self, asked: Request) -> Generator[Event, None, None]:
        """The events of one answer; the last one is the :class:`Answer`."""
        clock = _Clock()
        about = grounding.library_question(asked.question)
        if about is not None:
            with self._library.reading() as snapshot:
                text, sentences = describe_library(snapshot, about, asked.filters)
            yield Retrieved(())
            yield from sentences
            yield Answer(text, Outcome.ANSWERED, confidence=1.0, sentences=sentences, timings=clock.finished())
            return

        overview = self._overviews.make(
            asked.question, history=asked.history, filters=asked.filters, asked_on=asked.asked_on
        )
        if overview is not None:
            yield from self._overview(asked, overview, clock)
            return

        moment = time.perf_counter()
        self._prepare_reader()
        carried = grounding.carried(asked.question, asked.history)
        question = grounding.without_limit(asked.question)
        found = self._found(asked, question=question, carried=carried)
        moment = clock.stage("retrieve", moment)
        read = self._quoting.read(question, found, filters=asked.filters, carried=carried)
        moment = clock.stage("read", moment)
        if read.confidence < REWRITE_BELOW and grounding.leans_on_history(asked.question):
            read = self._rewritten(asked, read)
            clock.stage("rewrite", moment)
        yield Retrieved(read.found.passages)
        shown: tuple[Citation, ...] = ()
        if self._quoting.is_sure(read) and self._quoting.has_reader():
            # Something to look at until the reader is done.
            shown = self._quoting.citations(read.found, read.chosen)
            clock.once("first_quote")
            yield Quotes(shown)
        moment = time.perf_counter()
        read = self._quoting.read_closely(read)
        clock.stage("read", moment)
        if not self._quoting.is_sure(read):
            notes = self._empty_notes(read.found, asked.filters)
            yield self._abstention(read.found, read.confidence, clock, notes)
            return

        quotes = self._quoting.citations(read.found, read.chosen)
        notes = tuple(f"The articles do not say: {part}" for part in read.unanswered)
        spans = tuple(AnswerSpan(place + 1, span.start, span.end, span.text) for place, span in read.spans.items())
        material = _Material(read.found, quotes, read.evidence, read.confidence, read.outcome, notes, spans, shown)
        yield from self._answered(asked, material, clock)

    def _overview(self, asked: Request, overview: Overview | Unclear, clock: _Clock) -> Generator[Event, None, None]:
        """The events of an answer about whole articles, or of a question back."""
        if isinstance(overview, Unclear):
            yield Retrieved(())
            sentences = (Sentence(overview.text),)
            yield from sentences
            yield Answer(overview.text, Outcome.UNCLEAR, sentences=sentences, timings=clock.finished())
            return
        found = overview.found
        told = dict.fromkeys([*(span.passage for span in overview.evidence), *found.passages])
        shown = replace(found, passages=tuple(sorted(list(told)[:PASSAGES], key=lambda passage: -passage.score)))
        clock.stage("retrieve", clock.started)
        yield Retrieved(shown.passages)
        if not overview.evidence:
            yield self._abstention(shown, 0.0, clock, overview.notes)
            return
        quotes = self._quoting.citations(found, overview.evidence)
        material = _Material(shown, quotes, lambda _: overview.evidence, notes=overview.notes)
        yield from self._answered(asked, material, clock)

    def _answered(self, asked: Request, material: _Material, clock: _Clock) -> Generator[Event, None, None]:
        """The events of an answer. Articles that contradict each other speak for themselves."""
        quotes, confidence = material.quotes, material.confidence
        if quotes != material.shown:
            clock.once("first_quote")
            yield Quotes(quotes)

        notes = list(material.notes)
        try:
            model = self._language_model() if material.outcome is Outcome.ANSWERED else None
            if model is not None:
                composed = yield from self._composed(
                    model, asked, material.found, material.evidence(self._readable()), confidence, clock
                )
                if isinstance(composed, Answer):
                    if composed.answered:
                        composed, doubts = _with_short(composed, material.short)
                        notes += doubts
                    yield replace(composed, notes=(*notes, *composed.notes))
                    return
                notes.append(composed)
        except (LanguageModelError, InvalidInput) as error:
            notes.append(f"{NO_ANSWER} ({error}); these are the articles' own words.")

        sentences = tuple(Sentence(citation.quote, (citation,)) for citation in quotes)
        yield from sentences
        yield Answer(
            text="\n\n".join([*_lead(material.spans), *(each.marked for each in sentences)]),
            short=material.short,
            spans=material.spans,
            outcome=material.outcome,
            confidence=confidence,
            sentences=sentences,
            citations=quotes,
            passages=material.found.passages,
            notes=(*notes, *_age_notes(asked, quotes)),
            timings=clock.finished(),
        )

    def _is_about(self, subject: str, found: Found) -> bool:
        """Whether what was found for ``subject`` would be an answer, or the best of it has all of its words."""
        if any(
            grounding.coverage(frozenset(stems(f"{passage.title} {passage.text}")), found.weights) >= _ABOUT
            for passage in found.passages[:3]
        ):
            return True
        return self._quoting.is_sure(self._quoting.read(subject, found))

    def quotes(self, question: str) -> tuple[tuple[Citation, ...], float]:
        """What an answer in the articles' own words would quote, best first, and how sure it would be.

        No language model is asked, whatever the settings say.
        """
        found = self._retriever.search(question, limit=PASSAGES)
        read = self._quoting.read_closely(self._quoting.read(question, found))
        return self._quoting.citations(read.found, read.chosen), read.confidence

    def _rewritten(self, asked: Request, read: Read) -> Read:
        """What the question finds in a language model's words, where those find more than it did by itself."""
        rewritten = rewriting.rewritten(self._language_model, asked.question, asked.history, self._settings.llm_timeout)
        if rewritten is None:
            return read
        other = self._quoting.read(rewritten, self._found(asked, question=rewritten), filters=asked.filters)
        return other if other.confidence > read.confidence else read

    def _readable(self) -> int | None:
        """Characters that the language model reads before the first word of its answer is due."""
        return self._pace.readable(self._settings.llm_first_token)

    def _found(self, asked: Request, *, question: str, carried: Carried | None = None) -> Found:
        """The best passages for ``question``, the articles of the time that it asks about first."""
        found = self._retriever.search(question, limit=PASSAGES, filters=asked.filters, carried=carried)
        period = grounding.asked_period(asked.question, today=_today(asked))
        return found if period is None else replace(found, passages=grounding.prefer_recent(found.passages, period))

    def _composed(
        self,
        model: LLM,
        asked: Request,
        found: Found,
        shown: Sequence[Evidence],
        confidence: float,
        clock: _Clock,
    ) -> Generator[Event, None, Answer | str]:
        """Stream a language model's answer, each sentence judged; returns the answer, or why the quotes are one."""
        evidence = [(_heading(span), span.text) for span in shown]
        texts = [f"{_origin(span)}. {span.text}" for span in shown]
        messages = grounding.compose_messages(
            asked.question,
            evidence,
            history=asked.history,
            asked_on=asked.asked_on,
            context_tokens=self._settings.llm_context,
        )
        judge = self._open_judge()
        entailed = None if judge is None else judge.judge
        draft = grounding.Draft(lambda text: [(span.start, span.end) for span in chunking.sentences(text)])
        numbered: dict[int, Citation] = {}
        sentences: list[Sentence] = []
        said: list[str] = []

        def judged(pieces: Sequence[tuple[str, list[int]]]) -> Iterator[Sentence]:
            for text, numbers in pieces:
                if grounding.is_abstention(text) or grounding.recites_instructions(text):
                    continue
                since = time.perf_counter()
                verdict = grounding.judge(
                    text,
                    [number - 1 for number in numbers],
                    texts,
                    stems=stems,
                    ignored=STOP_STEMS,
                    question=asked.question,
                    alike=self._retriever.alike,
                    entailed=entailed,
                )
                citations = tuple(
                    self._quoting.number(found, shown[index], index, numbered) for index in verdict.evidence
                )
                clock.stage("verify", since)
                sentence = Sentence(text, citations, verdict.support)
                sentences.append(sentence)
                yield sentence

        moment = time.perf_counter()
        try:
            with closing(llm.stream_text(model, messages, timeout=self._settings.llm_timeout)) as deltas:
                for delta in deltas:
                    if not said:
                        clock.once("first_token")
                        # What never changes has been read before.
                        asking = sum(len(text) for role, text in messages if role != "system")
                        self._pace.observe(asking, time.perf_counter() - moment)
                    said.append(delta)
                    yield Token(delta)
                    yield from judged(draft.feed(delta))
                    if draft.over:
                        break
            yield from judged(draft.end())
        finally:
            clock.stage("generate", moment)

        if not numbered:
            if not grounding.is_abstention("".join(said)):
                return "The articles do not support what the language model wrote; these are their own words."
            if confidence < DOUBTED_MODEL:
                return self._abstention(found, min(confidence, 1 - confidence), clock, ())
            return "The language model finds no answer in these quotes."
        citations = tuple(sorted(numbered.values(), key=lambda citation: citation.number))
        return Answer(
            text=" ".join(sentence.marked for sentence in sentences),
            outcome=Outcome.ANSWERED,
            confidence=grounding.after_verification(confidence, [sentence.support for sentence in sentences]),
            sentences=tuple(sentences),
            citations=citations,
            passages=found.passages,
            notes=_age_notes(asked, citations),
            timings=clock.finished(),
        )

    def _abstention(self, found: Found, confidence: float, clock: _Clock, notes: Sequence[str]) -> Answer:
        return Answer(
            text=ABSTENTION,
            outcome=Outcome.NOT_FOUND,
            confidence=confidence,
            sentences=(Sentence(ABSTENTION),),
            passages=found.passages,
            notes=tuple(notes),
            timings=clock.finished(),
        )

    def _empty_notes(self, found: Found, filters: Filters | None) -> tuple[str, ...]:
        """Why nothing was found at all."""
        if found.passages:
            return ()
        with self._library.reading() as snapshot:
            if not snapshot.article_count():
                return ("The library is empty: add articles first.",)
            if filters and not snapshot.article_count(filters):
                return ("No article passes the filters.",)
        return ()


def _lead(spans: Sequence[AnswerSpan]) -> list[str]:
    """What answers by itself, as a line; of several, each with its marker."""
    if len(spans) < 2:
        return [span.text for span in spans]
    return ["; ".join(f"{span.text} [{span.number}]" for span in spans)]


def _with_short(answer: Answer, short: str | None) -> tuple[Answer, list[str]]:
    """What a language model wrote with the span that a reader found, where it says so; else a note that it does not."""
    if short is None:
        return answer, []
    if set(stems(short)) <= set(stems(answer.text)):
        return replace(answer, short=short), []
    return answer, [f"The quotes may answer otherwise: “{short}”."]


def _age_notes(asked: Request, citations: Sequence[Citation]) -> tuple[str, ...]:
    """A note when a question about some time, as the present is one, is answered by articles of another."""
    dates = [citation.published[:10] for citation in citations if citation.published]
    period = grounding.asked_period(asked.question, today=_today(asked))
    if not dates or period is None:
        return ()
    newest = date.fromisoformat(max(dates))
    earliest = period.last - timedelta(days=OLD_DAYS) if period.first == date.min else period.first
    if newest < earliest:
        return (f"The newest article cited here is of {newest}.",)
    if date.fromisoformat(min(dates)) > period.last:
        return (f"The oldest article cited here is of {min(dates)}.",)
    return ()


def _today(asked: Request) -> date:
    return asked.asked_on or datetime.now().astimezone().date()


def _heading(span: Evidence) -> str:
    passage = span.passage
    return ", ".join(part for part in (passage.title, passage.source, (passage.published or "")[:10]) if part)


def _origin(span: Evidence) -> str:
    """What else of its article may carry a sentence; no month and day, which as numbers would carry too much."""
    passage = span.passage
    return ", ".join(part for part in (passage.title, passage.source, (passage.published or "")[:4]) if part)
