"""Text to passages and sentences, as exact spans.

Invariants, for every text:

- ``0 <= start < end <= len(text)``; spans are in order and do not overlap;
- what lies between two spans is white space only, so nothing is lost;
- a span neither begins nor ends with white space;
- the sentences of a passage lie within it;
- a passage, with the title in front, fits the encoder's window.

Passages are cut at paragraphs, and where short paragraphs are joined, the joints depend on the paragraphs themselves.
Text inserted early in an article therefore moves the later passages without cutting them differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from unicodedata import category
from zlib import crc32

from articleqa.types import InvalidInput

CHUNKER_VERSION = "1"

# A passage of this many word pieces is large enough to stand alone; short ones are joined until they reach it.
JOIN_BELOW = 90
# A passage is cut before it passes this many word pieces, or the encoder's window if that is smaller.
TARGET_TOKENS = 200
TITLE_TOKENS = 32
# [CLS], [SEP], and the joint between title and text.
_OVERHEAD = 4
# No tokenizer makes fewer than one piece of this many characters of prose.
_LONGEST_PIECE = 50

TokenCounter = Callable[[str], int]


class Span(NamedTuple):
    """``text[start:end]``, in code points."""

    start: int
    end: int


def embedding_text(title: str, passage: str, *, count_tokens: TokenCounter) -> str:
    """What the encoder reads of a passage: the title, cut where it is overlong, and the passage."""
    head = cut_title(title, count_tokens=count_tokens)
    return f"{head}\n{passage}" if head else passage


def cut_title(title: str, *, count_tokens: TokenCounter) -> str:
    """``title`` on one line, at most ``TITLE_TOKENS`` word pieces long."""
    line = " ".join(title.split())[: TITLE_TOKENS * 20].rstrip()
    tokens = count_tokens(line)
    if tokens <= TITLE_TOKENS:
        return line
    return line[: _fitting_length(line, TITLE_TOKENS, tokens, count_tokens)].rstrip()


def passages(text: str, *, title: str, count_tokens: TokenCounter, max_tokens: int) -> list[Span]:
    """Cut ``text`` into passages that fit a window of ``max_tokens`` word pieces with the title in front.

    Raises:
        InvalidInput: if the window leaves no room for text beside the title.
    """
    room = max_tokens - _OVERHEAD - count_tokens(cut_title(title, count_tokens=count_tokens))
    if room < 8:
        raise InvalidInput(
            f"an encoder that reads {max_tokens} tokens has room for {max(room, 0)} beside the title: choose one that "
            "reads more"
        )
    budget = min(room, TARGET_TOKENS)
    count_tokens = _bounded(count_tokens)
    spans: list[Span] = []
    group: Span | None = None
    group_tokens = 0
    group_open = False  # a heading at its end waits for what it heads
    for paragraph in paragraphs(text):
        content = text[paragraph.start : paragraph.end]
        tokens = count_tokens(content)
        heading = _is_heading(content)
        whole = paragraph
        if group is not None:
            full = group_tokens + tokens > budget
            anchored = not group_open and (group_tokens >= JOIN_BELOW or heading or _is_anchor(content))
            if not full and not anchored:
                group = Span(group.start, paragraph.end)
                group_tokens += tokens
                group_open = heading
                continue
            if group_open:
                # A heading that does not fit beside the whole of what it heads leads its first piece.
                whole, tokens = Span(group.start, paragraph.end), group_tokens + tokens
            else:
                spans.append(group)
            group = None
        if tokens > budget:
            spans.extend(_pack(text, whole, budget, count_tokens))
        else:
            group, group_tokens, group_open = whole, tokens, heading
    if group is not None:
        spans.append(group)
    # Counts of parts may add up to less than the count of the whole, for a tokenizer that reads across white space.
    return [
        piece
        for span in spans
        for piece in (
            [span]
            if count_tokens(text[span.start : span.end]) <= room
            else _pack(text, span, max(budget // 2, 1), count_tokens)
        )
    ]


# Like every pattern here, it never looks at the same stretch twice: texts are long, and not all are friendly.
_BLANK_LINES = re.compile(r"(?:\n[^\S\n]*+\n|\f|\u2029)\s*+")


def paragraphs(text: str) -> Iterator[Span]:
    """The paragraphs of ``text``: what blank lines separate."""
    start = 0
    for gap in _BLANK_LINES.finditer(text):
        if (span := _stripped(text, start, gap.start())) is not None:
            yield span
        start = gap.end()
    if (span := _stripped(text, start, len(text))) is not None:
        yield span


# A sentence ends at a full stop, question or exclamation mark (with what closes after it) before white space; in
# scripts that put no space between sentences, at their own full stop.
_TERMINATOR = re.compile(
    r"""(?:(?<![.!?…؟۔।॥]) [.!?…؟۔।॥]++ ["'”’»)\]】」』]*+ (?=\s) | [。！？｡]++ ["'”’»)\]）】」』]*+)""", re.VERBOSE
)
_LINE_BREAK = re.compile(r"\n\s*+")
_LIST_ITEM = re.compile(r"(?:[-*•·▪‣–—]|\d{1,3}[.)]|[a-z][.)]|\|)\s")
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«]+$")
# What stands before a full stop is looked at this far back.
_LOOK_BACK = 40
# Words that are written with a full stop and are followed by more of the same sentence.
_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev hon st sr jr sen rep gov gen col maj capt lt sgt cmdr adm pres supt det insp
    vs v cf viz approx ca c e.g i.e eg ie al et no nos vol vols pp p fig figs eq ed eds ch sec art para
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    u.s u.k u.n e.u d.c ph.d m.d b.a m.a a.m p.m inc ltd co corp bros dept univ assn est
    ft mt hwy ave blvd rd min max bzw z.b d.h usw nr str mme mlle sra dra
    """.split()
)
# Abbreviations that often end a sentence too: the next word decides.
_EITHER = frozenset("etc inc ltd co corp jr sr a.m p.m u.s u.k u.n e.u d.c ph.d m.d b.a m.a al usw".split())
_STARTERS = frozenset(
    """
    the a an he she it they we you i this that these those there in on at as but and or so if when while after before
    his her its their our my for from by with to not no one some many most what who how why where however then now
    """.split()
)


def sentences(text: str, span: Span | None = None) -> list[Span]:
    """The sentences of ``text`` within ``span`` (all of it by default), in order."""
    first, last = span if span is not None else (0, len(text))
    result: list[Span] = []
    for paragraph in paragraphs(text[first:last]):
        base = first + paragraph.start
        content = text[base : first + paragraph.end]
        start = 0
        for cut in (*_boundaries(content), len(content)):
            if (piece := _stripped(content, start, cut)) is not None:
                result.append(Span(base + piece.start, base + piece.end))
            start = cut
    return result


def _boundaries(paragraph: str) -> list[int]:
    """Offsets at which a new sentence begins."""
    cuts = {match.end() for match in _TERMINATOR.finditer(paragraph) if _ends_sentence(paragraph, match)}
    for match in _LINE_BREAK.finditer(paragraph):
        line = paragraph[paragraph.rfind("\n", 0, match.start()) + 1 : match.start()].rstrip()
        if line.startswith("#") or line.endswith(":") or _LIST_ITEM.match(paragraph, match.end()):
            cuts.add(match.end())
    return sorted(cuts - {len(paragraph)})


def _ends_sentence(paragraph: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if not mark.startswith("."):
        # "Why?" he asked: the sentence goes on.
        return not _next_is_lower(paragraph, match.end())
    if _next_is_lower(paragraph, match.end()):
        return False
    before = paragraph[max(0, match.start() - _LOOK_BACK) : match.start()]
    word_match = _LAST_WORD.search(before)
    word = word_match.group() if word_match else ""
    following = re.match(r"\s*[\"'“‘«(\[]*(\w+)", paragraph[match.end() : match.end() + 40])
    next_word = following.group(1) if following else ""
    lowered = word.lower()
    if mark == ".":
        if lowered in _EITHER:
            return next_word.lower() in _STARTERS
        if lowered in _ABBREVIATIONS:
            # "No. 5" goes on, and so does "on Nov. 7"; "Is it? No. He left." does not.
            return lowered in ("no", "sun", "sat", "mar", "may", "art", "est", "al", "min", "max") and (
                not next_word.isdigit() and next_word.lower() in _STARTERS
            )
        if len(word) == 1 and word.isalpha() and word.isupper():
            return next_word.lower() in _STARTERS and word != "J"  # an initial: "J. K. Rowling"
        if word.isdigit() and len(word) <= 3 and _heads_line(paragraph, match.start() - len(word)):
            return False  # "1. First"
    return True


def _heads_line(paragraph: str, offset: int) -> bool:
    """Whether only white space stands before ``offset`` in its line."""
    line = paragraph[max(0, offset - _LOOK_BACK) : offset].rpartition("\n")
    return not line[2].strip() and (bool(line[1]) or offset <= _LOOK_BACK)


def _next_is_lower(paragraph: str, offset: int) -> bool:
    rest = paragraph[offset : offset + 40].lstrip(" \t\n\"'“‘«([")
    return rest[:1].islower()


def _is_heading(paragraph: str) -> bool:
    """Whether a paragraph heads what follows rather than saying something itself."""
    return paragraph.startswith("#") or (
        len(paragraph) <= 80 and "\n" not in paragraph and paragraph[-1] not in ".!?…:;,\"'”’»)]。！？"
    )


def _is_anchor(paragraph: str) -> bool:
    """Whether short paragraphs begin a new passage here: one in four, chosen by its own words.

    Because neither its place nor its neighbours matter, the same paragraph is an anchor in every version of an article.
    """
    return crc32(paragraph.encode("utf-8", "surrogatepass")) % 4 == 0


def _pack(text: str, span: Span, budget: int, count_tokens: TokenCounter) -> list[Span]:
    """Cut an overlong paragraph at its sentences, into passages of about the same size."""
    pieces: list[tuple[Span, int]] = []
    for sentence in sentences(text, span):
        pieces.extend(_fitting_pieces(text, sentence, budget, count_tokens))
    total = sum(tokens for _, tokens in pieces)
    share = total / max(1, -(-total // budget))
    result: list[Span] = []
    current: Span | None = None
    size = 0
    for piece, tokens in pieces:
        if current is None:
            current, size = piece, tokens
        elif size + tokens > budget or size + tokens / 2 > share:
            result.append(current)
            current, size = piece, tokens
        else:
            current, size = Span(current.start, piece.end), size + tokens
    if current is not None:
        result.append(current)
    return result


def _fitting_pieces(text: str, span: Span, budget: int, count_tokens: TokenCounter) -> Iterator[tuple[Span, int]]:
    """``span`` in pieces of at most ``budget`` tokens, each with its count."""
    start = span.start
    while start < span.end:
        # Counting costs time by the character: prose is about this dense, and where it is not, the look is widened.
        reach = budget * 8
        while (tokens := count_tokens(text[start : min(span.end, start + reach)])) <= budget:
            if start + reach >= span.end:
                if (rest := _stripped(text, start, span.end)) is not None:
                    yield rest, tokens
                return
            reach *= 3
        length = _fitting_length(text[start : min(span.end, start + reach)], budget, tokens, count_tokens)
        if (piece := _stripped(text, start, start + length)) is not None:
            yield piece, count_tokens(text[piece.start : piece.end])
        start += length


def _fitting_length(text: str, budget: int, tokens: int, count_tokens: TokenCounter) -> int:
    """How many leading characters of ``text``, which makes too many ``tokens``, make ``budget`` tokens or a few less.

    The cut is at white space if there is some, and not between a letter and its accents.
    """
    low, high = 1, len(text)
    guess = len(text) * budget // tokens
    while high - low > low // 32:
        middle = min(max(guess, low + 1), high)
        tokens = count_tokens(text[:middle])
        if tokens > budget:
            high = middle - 1
        else:
            low = middle
            if budget - tokens <= budget // 20:
                break
        guess = middle * budget // max(tokens, 1)
        if not low < guess < high:
            guess = (low + high + 1) // 2
    gaps = list(re.finditer(r"[,;:]?\s+", text[:low]))
    if gaps and gaps[-1].end() > low // 2:
        return gaps[-1].end()
    bare = low
    while bare > low // 2 and category(text[bare]).startswith("M"):
        bare -= 1
    return bare if bare > low // 2 else low


def _bounded(count_tokens: TokenCounter) -> TokenCounter:
    """``count_tokens``, but a stretch that it takes for few tokens, such as an endless word, still fills a passage."""

    def count(text: str) -> int:
        least = len(text) // _LONGEST_PIECE
        # A text that cannot fit anyway is not read: the pieces of a whole book take gigabytes.
        return least if least > TARGET_TOKENS else max(least, count_tokens(text))

    return count


def _stripped(text: str, start: int, end: int) -> Span | None:
    """``text[start:end]`` without white space at its ends, or None where nothing is left."""
    content = text[start:end]
    inner = content.strip()
    if not inner:
        return None
    begin = start + len(content) - len(content.lstrip())
    return Span(begin, begin + len(inner))
