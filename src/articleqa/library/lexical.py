"""Words for the full-text index: what is indexed, and what a question asks of it."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass
from typing import cast

import apsw

# Porter stems English and leaves other scripts alone; diacritics are folded. A change of this, or of what is indexed,
# needs a new version of the chunker: what is removed from the full-text index has to be named as it was put in.
TOKENIZER = ("porter", "unicode61", "remove_diacritics", "2")

# Scripts without spaces between words, which SQLite's tokenizer would take for one endless word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED_CHARACTER = re.compile(f"([{_UNSPACED}])")
_TERM = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['’][^\W\d_]+)?")
_POSSESSIVE = re.compile("['’]s$")

STOP_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does doing
    during each for from further had has have having he her here hers him his how i if in into is it its itself just me
    more most my no nor not of off on once only or other our out over own same she should so some such than that the
    their them then there these they this those through to too under until up very was we were what when where which
    while who whom whose why will with would you your yours s t ll ve re d m
    anybody anyone anything everybody everyone everything nobody nothing somebody someone something may might must shall
    us please tell get gets got getting
    """.split()
)

# A term in more than this share of the passages says little about any of them, and is slow to score.
COMMON_SHARE = 0.02
# In a small library every term is common.
COMMON_FLOOR = 200


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """A question as terms.

    ``weights`` maps each stemmed term to its inverse document frequency; ``expression`` is what FTS5 is asked.
    """

    expression: str
    weights: dict[str, float]


def indexed(text: str) -> str:
    """``text`` as the full-text index reads it: characters of unspaced scripts become words of their own."""
    return _UNSPACED_CHARACTER.sub(r" \1 ", text)


def question_terms(question: str) -> list[str]:
    """The words of ``question`` without stop words, unless there is nothing else; each once, in order."""
    # "Tarkan's fees" asks for every passage that names Tarkan.
    words = list(dict.fromkeys(_POSSESSIVE.sub("", match.group().lower()) for match in _TERM.finditer(question)))
    content = [word for word in words if re.split("['’]", word)[0] not in STOP_WORDS]
    return content or words


def phrase(term: str) -> str:
    """``term`` as a quoted FTS5 phrase; a run of an unspaced script as its pairs of characters."""
    if _UNSPACED_CHARACTER.match(term) and len(term) > 1:
        pairs = dict.fromkeys(f'"{first} {second}"' for first, second in itertools.pairwise(term))
        return "(" + " OR ".join(pairs) + ")"
    return '"' + term.replace('"', '""') + '"'


_local = threading.local()


def stems(text: str) -> list[str]:
    """The words of ``text`` as the full-text index reads them, in order. May be called from any thread."""
    tokenizer = getattr(_local, "tokenizer", None)
    if tokenizer is None:
        # A tokenizer belongs to a connection, and a connection to a thread; the connection must outlive it.
        _local.connection = apsw.Connection(":memory:")
        tokenizer = _local.tokenizer = _local.connection.fts5_tokenizer(TOKENIZER[0], list(TOKENIZER[1:]))
    tokens = tokenizer(
        indexed(text).encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None, include_offsets=False, include_colocated=False
    )
    return cast(list[str], tokens)


# What the stop words leave of themselves in a text's stems.
STOP_STEMS = frozenset(stem for word in STOP_WORDS for stem in stems(word))
