"""Answers about whole articles: which articles are meant, and which of their sentences stand for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from articleqa import grounding
from articleqa.grounding import Candidate, Evidence, OverviewKind, OverviewQuestion, Scope
from articleqa.library import STOP_STEMS, Library, Snapshot, stems
from articleqa.retrieval import Found, Retriever
from articleqa.types import ArticleNotFound, ArticleRecord, Filters, Order, Turn

# Sentences for one article, and for each of several.
SENTENCES = 4
SENTENCES_EACH = 2
MOST_SENTENCES = 10
ARTICLES = 6
AGREEMENTS = 3
# Passages that are read: of one article, of each of several, and of those about a subject.
PASSAGES = 60
PASSAGES_EACH = 8
PASSAGES_ABOUT = 16
# Articles that are named when it is not clear which is meant.
NAMED = 5
# Articles without a date that may be new because they came lately.
UNDATED = 50
# A subject whose words, by weight, are so much those of a title names that article.
TITLE_SHARE = 0.85

NO_AGREEMENT = "No two of these articles say the same about it in words alike."


@dataclass(frozen=True, slots=True)
class Overview:
    """What an overview is made of: ``evidence`` in the order in which it is to be read."""

    found: Found
    evidence: list[Evidence]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """What to ask back, because it is not clear which article is meant."""

    text: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """An overview that is asked for, and from where."""

    about: OverviewQuestion
    history: Sequence[Turn]
    filters: Filters | None
    today: date


class Overviews:
    """Makes overviews of the articles of one library.

    ``is_about`` says of what a search found whether it is about what was sought.
    """

    def __init__(self, library: Library, retriever: Retriever, is_about: Callable[[str, Found], bool]) -> None:
        self._library = library
        self._retriever = retriever
        self._is_about = is_about

    def make(
        self, question: str, *, history: Sequence[Turn], filters: Filters | None, asked_on: date | None
    ) -> Overview | Unclear | None:
        """The overview that is asked for; None where none is, or nothing was found for it."""
        today = asked_on or datetime.now().astimezone().date()
        about = grounding.overview_question(question, today=today)
        if about is None:
            return None
        asked = _Asked(about, history, filters, today)
        if about.kind is OverviewKind.NEWS:
            return self._news(asked)
        if about.kind is OverviewKind.AGREEMENT:
            return self._agreement(asked)
        return self._summary(asked)

    def _summary(self, asked: _Asked) -> Overview | Unclear | None:
        about = asked.about
        if about.scope is Scope.ALL:
            with self._library.reading() as snapshot:
                records = snapshot.newest(limit=ARTICLES, filters=asked.filters)
                count = snapshot.article_count(asked.filters)
            notes = (f"The newest {len(records)} of {count:,} articles.",) if count > len(records) else ()
            return self._each([record.id for record in records], notes=notes)
        if about.scope is Scope.NEWEST:
            with self._library.reading() as snapshot:
                newest = snapshot.newest(limit=1, filters=asked.filters)
            return self._whole([record.id for record in newest], about)
        if about.scope is Scope.FOCUS:
            focus = self._in_focus(asked)
            return focus if isinstance(focus, Unclear) else self._whole(focus, about)
        found = self._retriever.search(about.subject, limit=PASSAGES_ABOUT, filters=asked.filters)
        named = _named(about.subject, found, least_words=1 if about.scope is Scope.NAMED else 2)
        if named is None and not self._is_about(about.subject, found):
            return None
        if named is None and about.scope is Scope.NAMED:
            named = found.passages[0].article_id
        return self._whole([named], about) if named is not None else self._on(about, found)

    def _whole(self, article_ids: Sequence[str], about: OverviewQuestion) -> Overview | None:
        """One article in a few sentences."""
        found = self._retriever.of_articles(article_ids, passages=PASSAGES)
        candidates = self._retriever.candidates(found, passages=PASSAGES)
        limit = min(about.sentences or min(SENTENCES, (len(candidates) + 1) // 2), MOST_SENTENCES)
        return _overview(found, grounding.summarise(candidates, limit=limit, ignored=STOP_STEMS))

    def _each(
        self, article_ids: Sequence[str], *, notes: tuple[str, ...] = (), words: frozenset[str] = frozenset()
    ) -> Overview | None:
        """Each of several articles in a sentence or two that have most of ``words``."""
        found = self._retriever.of_articles(article_ids, passages=PASSAGES_EACH)
        candidates = self._retriever.candidates(found, passages=len(found.passages))
        each = SENTENCES_EACH if len(article_ids) <= ARTICLES // 2 else 1
        evidence = []
        for article_id in article_ids:
            own = [
                entry
                for entry in candidates
                if entry.passage.article_id == article_id
                and (not words or 2 * len(words & (entry.stems | entry.title_stems)) > len(words))
            ]
            evidence += grounding.summarise(own, limit=each, ignored=STOP_STEMS)
        return _overview(found, evidence, notes)

    def _on(self, about: OverviewQuestion, found: Found) -> Overview | None:
        """What the articles say about a subject."""
        candidates = self._retriever.candidates(found, passages=len(found.passages))
        telling = [entry for entry in candidates if entry.stems & found.weights.keys()] or candidates
        limit = min(about.sentences or SENTENCES, MOST_SENTENCES)
        ranked = grounding.rank(
            about.subject, telling, found.weights, lambda texts: self._retriever.similarities(found, texts)
        )
        best = [entry.candidate for entry in ranked[: 3 * limit]]
        evidence = grounding.summarise(best, limit=limit, ignored=STOP_STEMS)
        order = list(dict.fromkeys(entry.passage.article_id for entry in best))
        evidence.sort(key=lambda span: (order.index(span.passage.article_id), span.start))
        return _overview(found, evidence)

    def _news(self, asked: _Asked) -> Overview | None:
        """What articles of a period, or the newest ones, say, the newest first."""
        period, subject = asked.about.period, asked.about.subject
        ids: list[str] | None = None
        if subject:
            found = self._retriever.search(subject, limit=PASSAGES_ABOUT, filters=asked.filters)
            if not self._is_about(subject, found):
                return None
            ids = list(dict.fromkeys(passage.article_id for passage in found.passages))
        with self._library.reading() as snapshot:
            records = [
                record
                for record in _latest(snapshot, asked.filters, ids)
                if period is None or period.first <= _day(record) <= period.last
            ]
        records.sort(key=_day, reverse=True)
        if not records:
            return None
        overview = self._each([record.id for record in records[:ARTICLES]], words=_words(subject))
        if overview is None or len(records) <= ARTICLES:
            return overview
        return Overview(overview.found, overview.evidence, (f"The newest {ARTICLES} articles of that time.",))

    def _agreement(self, asked: _Asked) -> Overview | Unclear | None:
        """Pairs of sentences of different articles that say the same."""
        subject = asked.about.subject or _asked_last(asked.history, asked.today)
        if subject:
            found = self._retriever.search(subject, limit=PASSAGES_ABOUT, filters=asked.filters)
            if not self._is_about(subject, found):
                return None
        else:
            with self._library.reading() as snapshot:
                if snapshot.article_count(asked.filters) > ARTICLES:
                    return Unclear("About what? Name it: “What do they agree on about the harbour?”")
                ids = [record.id for record in snapshot.newest(limit=ARTICLES, filters=asked.filters)]
            found = self._retriever.of_articles(ids, passages=PASSAGES_EACH)
        candidates = self._retriever.candidates(found, passages=len(found.passages))
        if not candidates:
            return None
        pairs = grounding.agreements(_telling(candidates), limit=AGREEMENTS, ignored=STOP_STEMS)
        evidence = list(dict.fromkeys(grounding.as_evidence(entry) for pair in pairs for entry in pair))
        return Overview(found, evidence, () if evidence else (NO_AGREEMENT,))

    def _in_focus(self, asked: _Asked) -> list[str] | Unclear:
        """The article that is meant: the only one there is, or the one that the last question was about."""
        with self._library.reading() as snapshot:
            records = snapshot.newest(limit=NAMED, filters=asked.filters)
            count = snapshot.article_count(asked.filters)
        if count <= 1:
            return [record.id for record in records]
        last = _asked_last(asked.history, asked.today)
        if last:
            found = self._retriever.search(last, limit=1, filters=asked.filters)
            if found.passages and self._is_about(last, found):
                return [found.passages[0].article_id]
        titles = [f"“{record.title}”" for record in records]
        more = f", or another of {count:,}" if count > len(titles) else ""
        return Unclear(f"Which article? Name it, or choose it in the library: {', '.join(titles)}{more}.")


def _overview(found: Found, evidence: list[Evidence], notes: tuple[str, ...] = ()) -> Overview | None:
    return Overview(found, evidence, notes) if evidence else None


def _named(subject: str, found: Found, *, least_words: int) -> str | None:
    """The article whose title has the words of ``subject``; None where no title has, or titles of several have."""
    words = _words(subject)
    if len(words) < least_words:
        return None
    fitting = {
        passage.article_id
        for passage in found.passages
        if len(words & set(stems(passage.title))) >= TITLE_SHARE * len(words)
    }
    return next(iter(fitting)) if len(fitting) == 1 else None


def _latest(snapshot: Snapshot, filters: Filters | None, ids: list[str] | None) -> list[ArticleRecord]:
    if ids is not None:
        records = []
        for article_id in ids:
            try:
                records.append(snapshot.record(article_id))
            except ArticleNotFound:
                continue  # it went while the answer was being made
        return records
    dated = snapshot.records(filters, order=Order.PUBLISHED, descending=True, limit=10 * ARTICLES)
    came_last = snapshot.newest(limit=UNDATED, filters=filters)
    return list({record.id: record for record in (*dated, *came_last)}.values())


def _day(record: ArticleRecord) -> date:
    """When an article was published, or came in where it does not say."""
    return date.fromisoformat((record.published or record.added)[:10])


def _words(text: str) -> frozenset[str]:
    return frozenset(stems(text)) - STOP_STEMS


def _asked_last(history: Sequence[Turn], today: date) -> str:
    """What was asked about before: the subject of an overview, or the question itself."""
    for turn in reversed(history):
        if turn.role != "user" or not turn.text.strip():
            continue
        about = grounding.overview_question(turn.text, today=today)
        if about is None:
            return turn.text
        if about.subject:
            return about.subject
    return ""


def _telling(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [entry for entry in candidates if len(entry.stems - STOP_STEMS) >= grounding.AGREEING_WORDS]
