"""Passages and sentences: exact spans that lose nothing, whatever the text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articleqa.chunking import (
    TITLE_TOKENS,
    Span,
    TokenCounter,
    cut_title,
    embedding_text,
    paragraphs,
    passages,
    sentences,
)
from articleqa.types import Encoder, InvalidInput


def words(text: str) -> int:
    return len(text.split())


def pieces(text: str) -> int:
    """Like a word piece tokenizer: three characters make a piece, each mark one."""
    return sum(-(-len(match) // 3) for match in re.findall(r"\w+|[^\w\s]", text))


def characters(text: str) -> int:
    return len(text)


def endless(text: str) -> int:
    """Like a tokenizer that gives up on long words: a word is one piece, whatever its length."""
    return sum(1 if len(word) > 100 else -(-len(word) // 4) for word in text.split())


COUNTERS: dict[str, TokenCounter] = {
    "words": words,
    "pieces": pieces,
    "characters": characters,
    "endless": endless,
}
WINDOW = 64

_fragments = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        [
            "The mayor spoke. ",
            "Is it? ",
            "“Yes!” he said. ",
            "Dr. J. K. Holm paid $3.5 million. ",
            "1. One\n2. Two\n",
            "# Heading\n\n",
            "\n\n",
            "\r\n",
            "\r\n\r\n",
            "\f",
            "\u2029",
            " \t\u3000\u00a0",
            "\x1c\x85",
            "他说了。然后走了！",
            "「はい。」と言った。",
            "مرحبا بالعالم؟ نعم۔ ",
            "यह है। वह है॥ ",
            "e\u0301\u0301a\u0308 ",
            "👩‍👩‍👧‍👦🏽 ",
            "นี่คือข้อความภาษาไทยที่ไม่มีช่องว่าง",
            "x" * 300,
            "no end in sight " * 40,
            "。" * 30,
            "..." * 20 + "x",
        ]
    ),
)
texts = st.lists(_fragments, max_size=14).map("".join)
titles = st.one_of(st.just(""), st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.just("long " * 99))


def check_spans(text: str, spans: list[Span], *, first: int = 0, last: int | None = None) -> None:
    """What the module promises of every list of spans."""
    last = len(text) if last is None else last
    position = first
    for start, end in spans:
        assert position <= start < end <= last
        assert not text[position:start].strip(), "text between two spans is lost"
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:last].strip(), "text after the last span is lost"


@pytest.mark.parametrize("name", COUNTERS)
@given(text=texts, title=titles)
@example(text="", title="")
@example(text=" \r\n\f \u2029 ", title="Only white space")
@example(text="x" * 5000, title="One word")
@example(text=("word " * 500).strip() + "\r\n\r\n" + "漢字" * 500, title="Overlong " * 200)
def test_passages_are_exact_and_lose_nothing(name: str, text: str, title: str) -> None:
    count = COUNTERS[name]
    window = WINDOW if count is not characters else 200
    if count(cut_title(title, count_tokens=count)) > window - 12:
        return
    spans = passages(text, title=title, count_tokens=count, max_tokens=window)
    check_spans(text, spans)
    for start, end in spans:
        assert count(embedding_text(title, text[start:end], count_tokens=count)) <= window
        check_spans(text, sentences(text, Span(start, end)), first=start, last=end)


@given(text=texts)
def test_sentences_are_exact_and_lose_nothing(text: str) -> None:
    check_spans(text, sentences(text))
    check_spans(text, list(paragraphs(text)))


@settings(max_examples=40)
@given(text=texts, title=titles)
@example(text="x" * 5000 + " " + "supercalifragilistic" * 60, title="One word")
@example(text="漢字仮名交じり文" * 200, title="漢字" * 100)
@example(text="नमस्ते दुनिया " * 200, title="")
@example(text="👩‍👩‍👧‍👦" * 300, title="👩‍👩‍👧‍👦" * 50)
def test_passages_fit_the_window_of_the_real_encoder(encoder: Encoder, text: str, title: str) -> None:
    spans = passages(text, title=title, count_tokens=encoder.count_tokens, max_tokens=encoder.max_tokens)
    check_spans(text, spans)
    for start, end in spans:
        words_read = embedding_text(title, text[start:end], count_tokens=encoder.count_tokens)
        assert encoder.count_tokens(words_read) + 2 <= encoder.max_tokens


def test_a_repeated_paragraph_has_its_own_offsets() -> None:
    paragraph = "The same paragraph, word for word, again and again. " * 4
    text = "\n\n".join([paragraph.strip()] * 5)
    spans = passages(text, title="Echo", count_tokens=words, max_tokens=WINDOW)
    assert len(spans) == 5
    assert len({span.start for span in spans}) == 5
    check_spans(text, spans)


def test_an_overlong_sentence_is_split_at_white_space() -> None:
    text = " ".join(f"word{number}" for number in range(1000)) + "."
    spans = passages(text, title="", count_tokens=words, max_tokens=WINDOW)
    assert len(spans) >= 1000 // WINDOW
    assert " ".join(text[start:end] for start, end in spans) == text


def test_an_overlong_sentence_is_split_where_accents_stay_with_their_letters() -> None:
    text = "e\u0301" * 999
    spans = passages(text, title="", count_tokens=characters, max_tokens=WINDOW)
    assert len(spans) > 10
    assert all(text[start] == "e" for start, _ in spans)


def test_a_word_without_end_is_no_passage_without_end() -> None:
    text = "A picture: " + "iVBORw0KGgo" * 20_000
    spans = passages(text, title="", count_tokens=endless, max_tokens=256)
    check_spans(text, spans)
    assert max(end - start for start, end in spans) <= 256 * 50


def test_an_overlong_title_is_cut_at_a_word() -> None:
    title = "A title\nthat  goes on " + "and on " * 200
    cut = cut_title(title, count_tokens=words)
    assert cut.startswith("A title that goes on and on")
    assert TITLE_TOKENS - 2 <= words(cut) <= TITLE_TOKENS
    assert cut.split() == title.split()[: words(cut)]


def test_a_short_title_stays_and_stands_in_front_of_the_passage() -> None:
    assert cut_title("  Fees\n rise ", count_tokens=words) == "Fees rise"
    assert embedding_text("Fees rise", "By 14 percent.", count_tokens=words) == "Fees rise\nBy 14 percent."
    assert embedding_text(" ", "By 14 percent.", count_tokens=words) == "By 14 percent."


def test_a_window_without_room_is_refused() -> None:
    with pytest.raises(InvalidInput, match="an encoder that reads 14 tokens has room for 7 beside the title"):
        passages("Text.", title="one two three", count_tokens=words, max_tokens=14)


def _sentence(source: random.Random, length: int) -> str:
    chosen = source.choices("harbour fee mayor storm ship union council vote tide pier".split(), k=length)
    return f"{' '.join(chosen).capitalize()} {source.randrange(10_000)}."


def _short(source: random.Random) -> str:
    return _sentence(source, 15)


def _mixed(source: random.Random) -> str:
    return " ".join(_sentence(source, 12) for _ in range(source.choice([1, 1, 2, 4, 30])))


@pytest.mark.parametrize("paragraph", [_short, _mixed])
@pytest.mark.parametrize("seed", range(6))
def test_a_paragraph_put_in_front_leaves_later_passages_as_they_were(
    paragraph: Callable[[random.Random], str], seed: int
) -> None:
    source = random.Random(seed)
    article = [paragraph(source) for _ in range(120)]
    before = "\n\n".join(article)
    after = "\n\n".join(["A word of correction: the storm was in March, not in February.", *article])
    old, new = (
        {text[start:end] for start, end in passages(text, title="Storm", count_tokens=words, max_tokens=256)}
        for text in (before, after)
    )
    assert len(old) > 12
    assert len(old & new) >= 0.9 * len(old)


def test_short_paragraphs_share_a_passage_and_a_heading_stays_with_what_it_heads() -> None:
    text = "Intro, which is short.\n\nAlso short.\n\n# Fees\n\nThey rise.\n\n" + "Long paragraph here. " * 60
    found = [text[start:end] for start, end in passages(text, title="", count_tokens=words, max_tokens=256)]
    assert any(passage.startswith("# Fees\n\nThey rise.") for passage in found)
    assert len(found) < 5


@pytest.mark.parametrize("length", [60, 190, 1000])
def test_a_heading_is_no_passage_of_its_own(length: int) -> None:
    text = (
        "Before it.\n\n" + "word " * 150 + ".\n\n## Fees\n\n" + "It says so. " * (length // 3) + "\n\n## Tides\n\nHigh."
    )
    found = [text[start:end] for start, end in passages(text, title="", count_tokens=words, max_tokens=256)]
    assert any(passage.startswith("## Fees\n\nIt says so.") for passage in found)
    assert any(passage.startswith("## Tides\n\nHigh.") for passage in found)
    check_spans(text, passages(text, title="", count_tokens=words, max_tokens=256))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He met Mr. Holm. She left.", ["He met Mr. Holm.", "She left."]),
        ("Dr. J. K. Holm of the U.S. Senate spoke.", ["Dr. J. K. Holm of the U.S. Senate spoke."]),
        ("He lives in the U.S. The weather is fine.", ["He lives in the U.S.", "The weather is fine."]),
        ("It was 3 p.m. on Nov. 7. It rained.", ["It was 3 p.m. on Nov. 7.", "It rained."]),
        ("It cost $3.5 million. See Fig. 3 and No. 5.", ["It cost $3.5 million.", "See Fig. 3 and No. 5."]),
        ("Is it? No. He left.", ["Is it?", "No.", "He left."]),
        ("“Why?” he asked. “Because,” she said.", ["“Why?” he asked.", "“Because,” she said."]),
        ('He said "go." Then he left.', ['He said "go."', "Then he left."]),
        ("Wait... what? Well… He left.", ["Wait... what?", "Well…", "He left."]),
        ("Version 2.0.1 of www.example.com is out.", ["Version 2.0.1 of www.example.com is out."]),
        ("So did I. Then he came.", ["So did I.", "Then he came."]),
        ("It was 1999. Then it was 2000.", ["It was 1999.", "Then it was 2000."]),
        ("Really?! Yes!! Good.", ["Really?!", "Yes!!", "Good."]),
        ("He won (see p. 5). She lost.", ["He won (see p. 5).", "She lost."]),
        ("- one item\n- two items", ["- one item", "- two items"]),
        ("They want:\nmore pay\n• less work", ["They want:", "more pay", "• less work"]),
        ("1. First.\n2. Second thing.\n10. Tenth.", ["1. First.", "2. Second thing.", "10. Tenth."]),
        ("# Heading\nText follows.", ["# Heading", "Text follows."]),
        ("One line\nand the next.", ["One line\nand the next."]),
        ("First paragraph\n\nSecond one", ["First paragraph", "Second one"]),
        ("Windows.\r\n\r\nLines.", ["Windows.", "Lines."]),
        ("Page one\fPage two", ["Page one", "Page two"]),
        ("他说。“好的。”然后走了！真的？", ["他说。", "“好的。”", "然后走了！", "真的？"]),
        ("今日は晴れです。明日は雨です。", ["今日は晴れです。", "明日は雨です。"]),
        ("كيف حالك؟ أنا بخير۔ شكرا", ["كيف حالك؟", "أنا بخير۔", "شكرا"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("", []),
        (" \n\f ", []),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 200_000 + "b",
        "a \n" * 60_000,
        "\n" * 200_000,
        "." * 200_000 + "x",
        "." + '"' * 200_000 + "x",
        "This is one of many sentences. " * 10_000,
        "12. " * 30_000,
        "x" * 500_000,
        "\t" * 100_000 + "\n",
    ],
    ids=["spaces", "lines", "blank lines", "dots", "quotes", "sentences", "numbers", "word", "tabs"],
)
def test_long_texts_of_every_kind_are_cut(text: str) -> None:
    """Each takes far below a second; a pattern that backtracks would take minutes."""
    check_spans(text, sentences(text))
    check_spans(text, passages(text, title="", count_tokens=words, max_tokens=256))
