"""An exchange as HTML: the question, the quotations or sentences with their markers, the sources, the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from unicodedata import east_asian_width

from articleqa.types import Answer, AnswerSpan, Citation, Outcome, Passage, Sentence, Support
from articleqa.ui import scope
from articleqa.ui.exchange import Exchange
from articleqa.ui.markup import day, dotted, escape, excerpt, isolated, markdown, time, web_address
from articleqa.wording import plural

_NEAREST = 3
_SHORT_SHARE = 0.6
_LONGEST_LAST_WORD = 24  # a longer one may break: an address, a line of Chinese
_BULLET = "• "  # how the facade begins the lines of a list
_QUOTE_IN_CARD = 220
_QUOTE_IN_TIP = 320

# What is not fully supported is said in words, so that nobody depends on a colour.
_SUPPORT = {
    Support.PARTLY: ("partly", "partly supported"),
    Support.UNSUPPORTED: ("unsupported", "not in the articles"),
}


def render(exchange: Exchange, turn: int, *, composing: bool, last: bool) -> str:
    """One turn of the conversation. ``composing`` says that a language model writes after the quotes.

    Only the ``last`` turn can be asked again in its place; to ask an earlier one anew, it is edited.
    """
    busy = "false" if exchange.finished else "true"
    told = f' data-key="{exchange.key}" data-question="{escape(exchange.question)}"'
    if exchange.finished:
        told += f' data-export="{escape(exported_turn(exchange))}"'
    return (
        f'<article class="turn" aria-busy="{busy}"{told}>'
        f"{_asked(exchange, turn)}"
        f'<div class="answer">{_body(exchange, turn, composing=composing)}{_actions(exchange, turn, last=last)}</div>'
        "</article>"
    )


def _asked(exchange: Exchange, turn: int) -> str:
    limited = scope.words(exchange.filters)
    only = f'<p class="limited" dir="auto">Only {escape(limited)}</p>' if limited else ""
    edit = (
        f'<button type="button" class="quiet edit" data-edit="{turn}" '
        f'aria-label="Edit the question: {escape(excerpt(exchange.question, 60))}">Edit</button>'
        if exchange.finished
        else ""
    )
    return f'<div class="asked">{edit}<h2 class="question" dir="auto">{escape(exchange.question)}</h2></div>{only}'


def _body(exchange: Exchange, turn: int, *, composing: bool) -> str:
    if exchange.answer is not None:
        return _finished(exchange.answer, turn, limited=exchange.filters is not None)
    if exchange.failure is not None:
        return f'<p class="failure" role="alert">{escape(exchange.failure)}</p>'
    parts = []
    if exchange.sentences:
        parts.append(_sentences(exchange.sentences, turn))
    if exchange.draft.strip():
        parts.append(f'<p class="prose draft" dir="auto">{escape(exchange.draft)}</p>')
    evidence = [(quote, f'data-turn="{turn}" data-quoted="{place}"') for place, quote in enumerate(exchange.quotes)]
    if evidence and composing:
        if not parts and not exchange.stopped:
            parts.append('<p class="status">Writing an answer from these quotes</p>')
        parts.append(_sources(evidence))
    elif evidence and not exchange.sentences:
        parts.append(_quotations(evidence))
    if exchange.stopped:
        parts.append('<p class="notes">Stopped.</p>')
    return "".join(parts) or '<p class="status">Looking in the articles</p>'


def _finished(answer: Answer, turn: int, *, limited: bool) -> str:
    if answer.outcome is Outcome.UNCLEAR:
        return f'<p class="calm" dir="auto">{escape(answer.text)}</p>' + _notes(answer)
    if not answer.answered:
        return _abstention(answer, turn, limited=limited) + _notes(answer)
    shown = {sentence.citations[0].number for sentence in answer.sentences if sentence.is_quotation}
    sources = [(citation, _target(citation, turn)) for citation in answer.citations if citation.number not in shown]
    disagreement = (
        '<p class="hint">The articles do not agree. Read what each of them says.</p>'
        if answer.outcome is Outcome.CONFLICTING
        else ""
    )
    said = _lead(answer, turn) + _sentences(answer.sentences, turn, spans=answer.spans)
    return disagreement + said + _sources(sources) + _notes(answer)


def _lead(answer: Answer, turn: int) -> str:
    """What answers by itself, before the quotations that it stands in; of several, each with its marker."""
    spans = _leading(answer)
    cited = {citation.number: citation for citation in answer.citations}
    said = "; ".join(
        f"<strong>{escape(span.text)}</strong>"
        + (_marker(cited[span.number], _target(cited[span.number], turn)) if len(spans) > 1 else "")
        for span in spans
    )
    return f'<p class="short" dir="auto">{said}</p>' if said else ""


def _leading(answer: Answer) -> tuple[AnswerSpan, ...]:
    """The spans that lead: none where the only one is most of its quotation, which then stands for itself."""
    cited = {citation.number: citation for citation in answer.citations}
    alone = len(answer.spans) == 1
    return tuple(span for span in answer.spans if not (alone and _is_most(span, cited[span.number])))


def _is_most(span: AnswerSpan, quoted: Citation) -> bool:
    return len(span.text) > _SHORT_SHARE * len(quoted.quote)


def _sentences(sentences: Sequence[Sentence], turn: int, *, spans: Sequence[AnswerSpan] = ()) -> str:
    parts = []
    for form, group in groupby(sentences, key=_form):
        run = list(group)
        if form == "quotation":
            quotes = [(sentence.citations[0], _target(sentence.citations[0], turn)) for sentence in run]
            parts.append(_quotations(quotes, spans=spans))
        elif form == "item":
            items = "".join(f'<li dir="auto">{_sentence(sentence, turn, bullet=True)}</li>' for sentence in run)
            parts.append(f'<ul class="items">{items}</ul>')
        else:
            parts.append(f'<p class="prose" dir="auto">{" ".join(_sentence(sentence, turn) for sentence in run)}</p>')
    return "".join(parts)


def _form(sentence: Sentence) -> str:
    if sentence.is_quotation:
        return "quotation"
    return "item" if sentence.text.startswith(_BULLET) else "prose"


def _sentence(sentence: Sentence, turn: int, *, bullet: bool = False) -> str:
    said = sentence.text.removeprefix(_BULLET) if bullet else sentence.text
    text = _marked(said, [_marker(citation, _target(citation, turn)) for citation in sentence.citations])
    if sentence.support not in _SUPPORT:
        return text
    name, words = _SUPPORT[sentence.support]
    return f'<span class="{name}">{text}</span> <span class="judgement {name}">{words}</span>'


def _marked(text: str, markers: Sequence[str], *, strong: tuple[int, int] = (0, 0)) -> str:
    """``text`` with its markers, which stay on the line of its last word; ``strong`` is a span of it."""
    last = text.rfind(" ") + 1
    if not markers or sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text[last:]) > _LONGEST_LAST_WORD:
        return _emphasised(text, 0, len(text), strong) + "".join(markers)
    word = _emphasised(text, last, len(text), strong)
    return f'{_emphasised(text, 0, last, strong)}<span class="unbroken">{word}{"".join(markers)}</span>'


def _emphasised(text: str, first: int, last: int, strong: tuple[int, int]) -> str:
    """``text[first:last]`` escaped, with what of it lies in ``strong`` made strong."""
    start, end = (min(max(edge, first), last) for edge in strong)
    if start == end:
        return escape(text[first:last])
    return f"{escape(text[first:start])}<strong>{escape(text[start:end])}</strong>{escape(text[end:last])}"


def _target(citation: Citation, turn: int) -> str:
    """What the page sends back to open a citation of an answer."""
    return f'data-turn="{turn}" data-number="{citation.number}"'


def _quotations(quotes: Sequence[tuple[Citation, str]], *, spans: Sequence[AnswerSpan] = ()) -> str:
    """Quotations, each with what opens it; those of one article together over one line that names it.

    ``spans`` stand out in them; one that is most of its quotation does so by itself.
    """
    within = {span.number: span for span in spans}
    figures = []
    for _, group in groupby(quotes, key=lambda quote: quote[0].article_id):
        run = list(group)
        texts = "".join(
            f'<blockquote dir="auto">{_marked(citation.quote, [_marker(citation, target)], strong=strong)}</blockquote>'
            for citation, target in run
            for strong in [_strong(within.get(citation.number), citation)]
        )
        first, target = run[0]
        card = f'<button type="button" class="card" data-event="open" {target}>{_source(first)}</button>'
        figures.append(f'<figure class="quotation">{texts}<figcaption>{card}</figcaption></figure>')
    return "".join(figures)


def _strong(span: AnswerSpan | None, quoted: Citation) -> tuple[int, int]:
    """Where ``span`` stands in the quotation, if it is to stand out there."""
    if span is None or _is_most(span, quoted):
        return (0, 0)
    return (span.start - quoted.start, span.end - quoted.start)


def _source(quoted: Citation | Passage) -> str:
    return f'<span class="title" dir="auto">{escape(quoted.title)}</span><span class="meta">{_origin(quoted)}</span>'


def _origin(quoted: Citation | Passage) -> str:
    return dotted(
        isolated(quoted.source or ""),
        time(quoted.published),
        f"page {quoted.page}" if quoted.page is not None else "",
        f"also in {plural(len(quoted.also_in), 'other article')}" if quoted.also_in else "",
    )


def _marker(citation: Citation, target: str) -> str:
    """The number that opens the article at the quote. Its tip is made by the page from the data attributes."""
    about = " · ".join(part for part in (_isolate(citation.source), day(citation.published)) if part)
    return (
        f'<button type="button" class="marker" data-event="open" {target} '
        f'data-quote="{escape(excerpt(citation.quote, _QUOTE_IN_TIP))}" '
        f'data-title="{escape(citation.title)}" data-about="{escape(about)}" '
        f'aria-label="Citation {citation.number}: {escape(excerpt(citation.title, 80))}">{citation.number}</button>'
    )


def _isolate(text: str | None) -> str:
    """``text`` between Unicode's isolating marks: in an attribute no element can keep its direction to itself."""
    return f"\u2068{text}\u2069" if text else ""


def _sources(quotes: Sequence[tuple[Citation, str]]) -> str:
    """The quotes behind a composed answer, as they stood there before it was composed."""
    if not quotes:
        return ""
    return f'<section class="sources"><h3 class="label">Sources</h3>{_quotations(quotes)}</section>'


def _abstention(answer: Answer, turn: int, *, limited: bool) -> str:
    nearest = "".join(_nearest(answer.passages[:_NEAREST], turn))
    found = f'<p class="hint">These passages come nearest:</p><ol class="cards">{nearest}</ol>' if nearest else ""
    wider = (
        '<p class="hint">Only some of the articles were asked. '
        f'<button type="button" class="link" data-again="{turn}" data-scope="all">Ask all of them</button></p>'
        if limited
        else ""
    )
    return (
        f'<p class="calm" dir="auto">{escape(answer.text)}</p>{wider}{found}'
        '<p class="hint">If you have an article about it, '
        '<button type="button" class="link" data-show="library">add it to the library</button> and ask again.</p>'
    )


def _nearest(passages: Sequence[Passage], turn: int) -> Iterator[str]:
    for place, passage in enumerate(passages):
        yield (
            f'<li><button type="button" class="card" data-event="open" data-turn="{turn}" data-passage="{place}">'
            f"{_source(passage)}"
            f'<span class="excerpt" dir="auto">{escape(excerpt(passage.text, _QUOTE_IN_CARD))}</span></button></li>'
        )


def _notes(answer: Answer) -> str:
    return "".join(f'<p class="notes">{escape(note)}</p>' for note in answer.notes)


def _actions(exchange: Exchange, turn: int, *, last: bool) -> str:
    if not exchange.finished:
        return ""
    answer = exchange.answer
    copy = (
        f'<button type="button" class="quiet" data-copy="{escape(as_markdown(answer))}">Copy with sources</button>'
        if answer is not None and answer.answered
        else ""
    )
    again = f'<button type="button" class="quiet" data-again="{turn}">Ask again</button>' if last else ""
    return f'<p class="actions">{copy}{again}</p>' if copy or again else ""


def as_markdown(answer: Answer) -> str:
    """The answer with its markers and, under it, the sources by number. What articles say stays plain text in it."""
    lines = [
        " ".join([markdown(sentence.text), *(f"[{citation.number}]" for citation in sentence.citations)])
        + (f" *({_SUPPORT[sentence.support][1]})*" if sentence.support in _SUPPORT else "")
        for sentence in answer.sentences
    ]
    if leading := _leading(answer):
        numbered = len(leading) > 1
        spans = (f"**{markdown(span.text)}**" + (f" [{span.number}]" if numbered else "") for span in leading)
        lines.insert(0, "; ".join(spans))
    composed = all(not sentence.is_quotation for sentence in answer.sentences)
    text = [" ".join(lines)] if composed and not any(line.startswith(_BULLET) for line in lines) else lines
    return "\n\n".join([*text, *map(_as_source, answer.citations)])


def _as_source(citation: Citation) -> str:
    about = ", ".join(part for part in (citation.title, citation.source, day(citation.published)) if part)
    place = f", page {citation.page}" if citation.page is not None else ""
    address = f" <{citation.url}>" if web_address(citation.url) else ""
    return f"[{citation.number}] {markdown(about)}{place}: “{markdown(citation.quote)}”{address}"


def exported_turn(exchange: Exchange) -> str:
    """One turn as Markdown: the question, which articles were asked, and the answer or why there is none."""
    parts = [f"## {markdown(exchange.question)}"]
    limited = scope.words(exchange.filters)
    if limited:
        parts.append(f"*Only {markdown(limited)}*")
    if exchange.answer is not None:
        parts.append(as_markdown(exchange.answer))
        parts += [f"*{markdown(note)}*" for note in exchange.answer.notes]
    elif exchange.failure is not None:
        parts.append(markdown(exchange.failure))
    else:
        parts.append("*Stopped.*")
    return "\n\n".join(parts)
