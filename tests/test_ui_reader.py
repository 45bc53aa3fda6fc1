"""An article on the page: all of its text, and the highlight is exactly what was cited."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.types import Article, Citation
from articleqa.ui.reader import EXTENT, Span, Steps, View, gone, render, window

# Letters, white space of all kinds, and what HTML and our own patterns care about; no control characters.
TEXTS = st.text(st.sampled_from("ab ñ漢😀\u200f<>&\"'`${}#[]1.\n\n \t"), max_size=300)


@st.composite
def texts_and_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(TEXTS)
    edges = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = [Span(start, end) for start, end in draw(st.lists(edges, max_size=3))]
    start, end = draw(edges)
    return text, [Span(start, end, cited=True), *spans]


def shown(markup: str, name: str | None = None) -> str:
    """The text of the body, or of the marks with that class, without the white space that lies between paragraphs."""
    body = re.search(r'<div class="text"[^>]*>(.*)</div>', markup, re.DOTALL)
    assert body is not None
    inner = body[1]
    if name is not None:
        inner = "".join(re.findall(rf'<mark class="{name}"[^>]*>(.*?)</mark>', inner, re.DOTALL))
    return bare(unescape(re.sub(r"<[^>]*>", "", inner)))


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def page(text: str, *spans: Span) -> str:
    return render(Article("A title", text, id="a"), View(spans=spans), opened=1)


@given(texts_and_spans())
def test_all_of_the_text_is_there_and_the_highlight_is_the_cited_span(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    markup = page(text, *spans)
    assert shown(markup) == bare(text)
    cited = text[spans[0].start : spans[0].end]
    assert shown(markup, "cited") == bare(cited)
    if bare(cited):
        assert markup.count('id="cited"') == 1


@given(texts_and_spans())
def test_other_citations_are_marked_where_the_cited_one_is_not(case: tuple[str, list[Span]]) -> None:
    text, spans = case
    first, *others = spans
    covered = {place for span in others for place in range(span.start, span.end)}
    soft = "".join(
        letter for place, letter in enumerate(text) if place in covered and not first.start <= place < first.end
    )
    assert shown(page(text, *spans), "also") == bare(soft)


def test_a_highlight_that_crosses_paragraphs_is_anchored_once() -> None:
    text = "One ends here.\n\nTwo is between.\n\nThree begins."
    start, end = text.index("here"), text.index("begins")
    markup = page(text, Span(start, end, cited=True))
    assert re.findall(r'<mark class="cited"( id="cited" tabindex="-1")?>(.*?)</mark>', markup) == [
        (' id="cited" tabindex="-1"', "here."),
        ("", "Two is between."),
        ("", "Three "),
    ]


@given(
    st.text(st.sampled_from("ab\n"), min_size=1, max_size=2_000),
    st.integers(0, 2_000),
    st.integers(0, 300),
    st.integers(20, 400),
)
def test_a_window_holds_the_span_and_not_much_more(text: str, start: int, length: int, extent: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    first, last = window(text, Span(start, end, cited=True), extent)
    assert 0 <= first <= start
    assert end <= last <= len(text)
    assert last - first <= max(extent, end - start)


def test_a_window_without_a_span_is_the_beginning() -> None:
    first, last = window("word " * 100_000, None, EXTENT)
    assert first == 0
    assert EXTENT * 0.8 < last <= EXTENT


def test_of_a_huge_article_the_part_around_the_span_is_shown_and_the_rest_can_be_asked_for() -> None:
    text = "\n\n".join(f"Paragraph {number} says something about the sea." for number in range(20_000))
    start = text.index("Paragraph 10000 ")
    view = View(spans=[Span(start, start + 15, cited=True)], request={"turn": 2, "number": 3})
    markup = render(Article("Sea", text, id="sea"), view, opened=1)
    assert len(markup) < 3 * EXTENT
    assert '<mark class="cited" id="cited" tabindex="-1">Paragraph 10000</mark>' in markup
    more = f'data-event="open" data-turn="2" data-number="3" data-extent="{4 * EXTENT}"'
    assert markup.count(more) == 2
    assert len(re.findall(r"[\d,]+ characters (?:before|after) this are not shown", markup)) == 2


def test_a_short_article_is_whole() -> None:
    assert "not shown" not in page("Short.")


def test_a_line_of_its_own_is_a_paragraph_where_there_are_no_blank_lines() -> None:
    assert page("One.\nTwo.").count("<p>") == 2


def test_lines_that_end_at_a_column_flow_and_others_stay() -> None:
    column = "\n".join(["A line that goes on until it has reached the column where it is cut"] * 3) + "\nand ends."
    assert '<p class="wrapped">' in page(column + "\n\nOther text.")
    assert '<p class="wrapped">' not in page("- one\n- two\n- three\n\nOther text.")


def test_a_heading_is_one_and_keeps_its_signs() -> None:
    assert '<p class="heading" role="heading" aria-level="4">## Part two</p>' in page("Text.\n\n## Part two\n\nMore.")
    assert "heading" not in page("#hashtag\n\n# \n\nMore.").split('<div class="text"')[1]


def test_pages_are_numbered() -> None:
    text = "First page.\n\nSecond page.\n\nThird page."
    pages = (0, text.index("Second"), text.index("Third"))
    markup = render(Article("Paged", text, id="p", pages=pages), View(), opened=1)
    assert re.findall(r"Page \d", markup) == ["Page 1", "Page 2", "Page 3"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", None])
def test_an_article_links_only_to_the_web(url: str | None) -> None:
    assert "<a " not in render(Article("T", "x", id="a", url=url), View(), opened=1)


def test_the_original_opens_elsewhere_and_learns_nothing() -> None:
    markup = render(Article("T", "x", id="a", url='https://www.example.org/?q="><b>'), View(), opened=1)
    assert 'target="_blank" rel="noopener noreferrer">example.org<' in markup
    assert "<b>" not in markup


def test_what_an_article_claims_about_itself_is_text() -> None:
    evil = '"><img src=x onerror=alert(1)>'
    article = Article(evil, evil, id=evil, source=evil, author=evil, language=evil)
    assert "<img" not in render(article, View(request={"article": evil}), opened=1)


def test_the_steps_lead_to_the_neighbours() -> None:
    steps = Steps(position=2, count=2, previous={"turn": 0, "number": 1}, next=None)
    markup = render(Article("T", "x", id="a"), View(steps=steps), opened=1)
    assert 'data-event="open" data-turn="0" data-number="1" aria-label="Previous citation"' in markup
    assert 'disabled aria-label="Next citation"' in markup
    assert "Citation 2 of 2" in markup


def test_of_an_article_that_is_gone_the_quote_stays() -> None:
    citation = Citation(1, "a", 1, "Old <b>", None, "Outlet", "2024-11-07", 0, 5, "Words <i>")
    markup = gone(citation, citation.quote, opened=1)
    assert "changed or removed since" in markup
    assert "Words &lt;i&gt;" in markup
    assert "<b>" not in markup
