"""An exchange on the page: who speaks, how well it is supported, and what opens."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from articleqa.types import Answer, AnswerSpan, Citation, Filters, Outcome, Passage, Sentence, Support
from articleqa.ui.answer import as_markdown, exported_turn, render
from articleqa.ui.exchange import Exchange

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def citation(number: int, quote: str = "Exact words.", article: str = "a", **more: object) -> Citation:
    plain = Citation(number, article, 1, "A title", None, "Outlet", "2024-11-07", 0, len(quote), quote)
    return replace(plain, **more)  # type: ignore[arg-type]


def passage(number: int, text: str = "Some words that came near.") -> Passage:
    return Passage(number, "a", 1, f"Title {number}", "Outlet", None, 0, len(text), text, 1.0)


def answered(*sentences: Sentence, **more: object) -> Answer:
    citations = tuple(citation for sentence in sentences for citation in sentence.citations)
    text = " ".join(sentence.marked for sentence in sentences)
    plain = Answer(text, Outcome.ANSWERED, sentences=sentences, citations=citations)
    return replace(plain, **more)  # type: ignore[arg-type]


def page(answer: Answer | None = None, **more: object) -> str:
    exchange = Exchange("Why?", answer=answer)
    return render(replace(exchange, **more), 4, composing=False, last=True)  # type: ignore[arg-type]


def test_an_exact_quote_is_the_article_speaking() -> None:
    markup = page(answered(Sentence("Exact words.", (citation(1),))))
    assert re.search(r'<blockquote[^>]*>Exact <span class="unbroken">words\.<button', markup)
    assert 'class="prose"' not in markup
    assert "Sources" not in markup  # the quotation names its source itself
    assert re.search(r"<figcaption>.*A title.*Outlet.*7 November 2024.*</figcaption>", markup, re.DOTALL)


def test_quotes_of_one_article_stand_over_one_source() -> None:
    quotes = [Sentence(f"Words {number}.", (citation(number, f"Words {number}."),)) for number in (1, 2)]
    other = Sentence("Others.", (citation(3, "Others.", article="b"),))
    markup = page(answered(*quotes, other))
    assert markup.count("<figure") == 2
    assert markup.count("<blockquote") == 3


def test_a_composed_sentence_is_prose_and_its_quote_a_source() -> None:
    markup = page(answered(Sentence("So it is.", (citation(1),))))
    assert re.search(r'<p class="prose"[^>]*>So it <span class="unbroken">is\.<button', markup)
    assert re.search(r"Sources</h3><figure.*Exact <span[^>]*>words\.", markup, re.DOTALL)


def test_every_marker_is_a_button_that_says_what_it_opens() -> None:
    markup = page(answered(Sentence("So it is.", (citation(1), citation(2, "Other words.")))))
    for number in (1, 2):
        assert re.search(
            rf'<button type="button" class="marker" data-event="open" data-turn="4" data-number="{number}" [^>]*'
            rf'aria-label="Citation {number}: A title">{number}</button>',
            markup,
        )


@pytest.mark.parametrize(
    ("support", "words"), [(Support.PARTLY, "partly supported"), (Support.UNSUPPORTED, "not in the articles")]
)
def test_support_is_said_in_words(support: Support, words: str) -> None:
    assert words in page(answered(Sentence("So it is.", (), support)))


def test_a_supported_sentence_needs_no_remark() -> None:
    assert "judgement" not in page(answered(Sentence("So it is.", (citation(1),))))


def pointing(*quoted: str) -> Answer:
    """An answer of quotes, each followed by the words in it that answer."""
    cited = [citation(number, quote) for number, quote in enumerate(quoted[::2], start=1)]
    spans = []
    for each, words in zip(cited, quoted[1::2], strict=True):
        start = each.start + each.quote.index(words)
        spans.append(AnswerSpan(each.number, start, start + len(words), words))
    return answered(*(Sentence(each.quote, (each,)) for each in cited), short=spans[0].text, spans=tuple(spans))


def test_the_span_that_answers_stands_out_within_its_quote() -> None:
    quote = "He believes that he can finish the war in 24 hours, they say."
    assert "<strong>in 24 hours</strong>" in page(pointing(quote, "in 24 hours"))
    assert "<strong>" not in page(pointing(quote, quote))


def test_the_span_that_answers_leads_its_quote_and_no_sentence_that_says_it_itself() -> None:
    quote = "He believes that he can finish the war in 24 hours, they say."
    short = '<p class="short" dir="auto"><strong>in 24 hours</strong></p>'
    quoted = pointing(quote, "in 24 hours")
    assert page(quoted).index(short) < page(quoted).index("blockquote")
    assert as_markdown(quoted).startswith("**in 24 hours**\n\n")
    composed = answered(Sentence("He wants it over in 24 hours.", (citation(1, quote),)), short="in 24 hours")
    assert short not in page(composed)
    assert "**" not in as_markdown(composed)


def test_spans_that_answer_differently_lead_with_their_markers() -> None:
    quotes = ("It takes 24 hours, they say.", "24 hours", "It took two days in 24 hours, say others.", "two days")
    markup = page(pointing(*quotes))
    lead = markup[markup.index('<p class="short"') : markup.index("<figure")]
    assert re.findall(r"<strong>(.*?)</strong>", lead) == ["24 hours", "two days"]
    assert re.findall(r'data-number="(\d)"', lead) == ["1", "2"]
    assert markup.count("<strong>24 hours</strong>") == markup.count("<strong>two days</strong>") == 2
    assert as_markdown(pointing(*quotes)).startswith("**24 hours** [1]; **two days** [2]\n\n")


def test_a_span_at_the_end_of_its_quote_is_strong_beside_the_marker() -> None:
    quote = "He believes that he can finish the war in 24 hours."
    markup = page(pointing(quote, "24 hours"))
    assert '<strong>24 </strong><span class="unbroken"><strong>hours</strong>.<button' in markup


def test_a_marker_does_not_hold_a_line_that_has_no_words() -> None:
    quote = "桥梁将于九月十四日通车" * 4
    assert "unbroken" not in page(answered(Sentence(quote, (citation(1, quote),))))


def test_lines_of_a_list_are_a_list() -> None:
    markup = page(answered(Sentence("There are 2 articles:"), Sentence("• One"), Sentence("• Two")))
    assert re.search(r'<ul class="items"><li[^>]*>One</li><li[^>]*>Two</li></ul>', markup)


def test_abstention_is_calm_and_shows_the_three_nearest() -> None:
    nothing = Answer(
        "The articles do not say.",
        Outcome.NOT_FOUND,
        sentences=(Sentence("The articles do not say."),),
        passages=tuple(passage(number) for number in range(5)),
    )
    markup = page(nothing)
    assert "The articles do not say." in markup
    assert re.findall(r'data-passage="(\d)"', markup) == ["0", "1", "2"]
    assert 'class="marker"' not in markup
    assert 'data-show="library"' in markup


def test_an_abstention_with_nothing_near_still_says_what_to_do() -> None:
    markup = page(Answer("The articles do not say.", Outcome.NOT_FOUND, notes=("The library is empty.",)))
    assert "come nearest" not in markup
    assert "The library is empty." in markup


def test_a_disagreement_is_said() -> None:
    markup = page(answered(Sentence("Exact words.", (citation(1),)), outcome=Outcome.CONFLICTING))
    assert "do not agree" in markup


def test_copies_and_pages_are_named() -> None:
    cited = citation(1, also_in=("b", "c"), page=12)
    markup = page(answered(Sentence("Exact words.", (cited,))))
    assert "page 12" in markup
    assert "also in 2 other articles" in markup


def test_evidence_that_comes_before_the_answer_can_be_opened() -> None:
    markup = page(quotes=(citation(1), citation(2, "More words.")))
    assert re.findall(r'class="marker" data-event="open" data-turn="4" data-quoted="(\d)"', markup) == ["0", "1"]
    assert 'aria-busy="true"' in markup


def test_a_draft_is_shown_over_its_evidence() -> None:
    exchange = Exchange("Why?", quotes=(citation(1),))
    writing = render(exchange, 0, composing=True, last=True)
    assert "Writing an answer" in writing
    drafted = render(replace(exchange, draft="Beca"), 0, composing=True, last=True)
    assert "Writing an answer" not in drafted
    assert drafted.index("Beca") < drafted.index("<blockquote")


def test_a_stopped_answer_says_so_and_is_no_longer_busy() -> None:
    markup = page(draft="Half an", stopped=True)
    assert "Half an" in markup
    assert "Stopped." in markup
    assert 'aria-busy="false"' in markup


def test_a_failure_is_one_line() -> None:
    assert '<p class="failure" role="alert">No &lt;b&gt;.</p>' in page(failure="No <b>.")


def test_nothing_that_articles_models_or_people_write_is_markup() -> None:
    cited = citation(1, EVIL, title=EVIL, source=EVIL, url=EVIL)
    answer = answered(
        Sentence(EVIL, (cited,)),
        Sentence(EVIL + " [1]", (cited,), Support.PARTLY),
        notes=(EVIL,),
        short=EVIL[2:],
        spans=(AnswerSpan(1, 2, len(EVIL), EVIL[2:]), AnswerSpan(1, 0, 3, EVIL[:3])),
    )
    nothing = Answer(EVIL, Outcome.NOT_FOUND, passages=(replace(passage(0, EVIL), title=EVIL, source=EVIL),))
    for markup in (
        page(answer, question=EVIL),
        page(nothing, question=EVIL),
        page(question=EVIL, draft=EVIL, quotes=(cited,)),
        page(failure=EVIL),
    ):
        assert "<img" not in markup
        assert "<script" not in markup
        outside_of_values = re.sub(r'"[^"]*"', "", markup)
        assert "onerror" not in "".join(re.findall(r"<[^>]*>", outside_of_values))


def test_a_number_in_the_text_is_no_marker() -> None:
    markup = page(answered(Sentence("He wrote [1] and [2].")))
    assert "He wrote [1] and [2]." in markup
    assert 'class="marker"' not in markup


def test_the_copied_answer_carries_its_sources() -> None:
    answer = answered(Sentence("So it is.", (citation(1, url="https://example.org/a", page=3),)))
    assert as_markdown(answer) == (
        "So it is. [1]\n\n[1] A title, Outlet, 7 November 2024, page 3: “Exact words.” <https://example.org/a>"
    )


@pytest.mark.parametrize(
    "state",
    [
        {"answer": answered(Sentence("Exact words.", (citation(1),)))},
        {"answer": Answer("The articles do not say.", Outcome.NOT_FOUND)},
        {"failure": "It is broken."},
        {"stopped": True},
    ],
)
def test_every_finished_question_can_be_edited_and_the_last_one_asked_again(state: dict[str, object]) -> None:
    exchange = replace(Exchange("Why?"), **state)  # type: ignore[arg-type]
    last, earlier = (render(exchange, 4, composing=False, last=flag) for flag in (True, False))
    assert 'data-edit="4"' in last
    assert 'data-edit="4"' in earlier
    assert ">Ask again<" in last
    assert ">Ask again<" not in earlier
    coming = render(Exchange("Why?"), 4, composing=False, last=True)
    assert "data-edit" not in coming
    assert "Ask again" not in coming


def test_what_was_asked_is_said_with_the_question() -> None:
    exchange = Exchange("Why?", filters=Filters(source='<b>"'), answer=Answer("No.", Outcome.NOT_FOUND))
    markup = render(exchange, 0, composing=False, last=True)
    assert "Only &lt;b&gt;&quot;" in markup
    assert 'data-scope="all"' in markup
    assert "Only" not in render(replace(exchange, filters=None), 0, composing=False, last=True)


def test_a_copy_has_no_markup_of_an_article_in_it() -> None:
    quote = "# See ![x](http://outside.example/a.png) <img src=x> [1] `code` *bold* | a_b"
    copied = as_markdown(answered(Sentence(quote, (citation(1, quote, title="[t](http://x.example)"),))))
    plain = re.sub(r"\\.", "", copied)  # what a backslash stands before is no markup
    assert re.findall(r"[`*_<>|]|\]\(|!\[", plain) == []
    assert copied.count("[1]") == 2  # the marker, and the source that it names
    assert copied.startswith("\\# See")


def test_a_copy_says_what_is_not_supported() -> None:
    copied = as_markdown(answered(Sentence("So it is.", (citation(1),)), Sentence("Or not.", (), Support.UNSUPPORTED)))
    assert copied.splitlines()[0] == "So it is. [1] Or not. *(not in the articles)*"


def test_an_exported_turn_holds_the_question_the_filters_and_the_notes() -> None:
    found = answered(Sentence("Exact words.", (citation(1),)), notes=("The articles are old.",))
    exported = exported_turn(Exchange("Why *now*?", filters=Filters(source="Outlet"), answer=found))
    assert exported.split("\n\n")[:3] == ["## Why \\*now\\*?", "*Only Outlet*", "Exact words. [1]"]
    assert exported.endswith("*The articles are old.*")
    assert exported_turn(Exchange("Why?", stopped=True)).endswith("*Stopped.*")
    assert exported_turn(Exchange("Why?", failure="It is broken.")).endswith("It is broken.")


def test_a_question_back_is_shown_alone() -> None:
    markup = page(Answer("Which article? Name it: “<b>”.", Outcome.UNCLEAR))
    assert "Which article? Name it: “&lt;b&gt;”." in markup
    assert "add it to the library" not in markup
    assert "nearest" not in markup
