"""What words find, worked out from the texts alone."""

from __future__ import annotations

import math
import re
from collections import Counter

import pytest

from articleqa.library import FoundPassage
from articleqa.library.words import TITLE_WEIGHT
from shelves import Shelf

# What SQLite's bm25() uses.
_K1, _B, _LEAST = 1.2, 0.75, 1e-6
_WORD = re.compile(r"\w+")
# Words that are asked for.
_ASKED = 5


def check_words(place: Shelf) -> None:
    """Make sure that words find what they should, and each with the score that it should have."""
    passages = place.passages()
    if not passages:
        assert place.lexical("word7") == []
        return
    words = sorted({word for passage in passages for word in _words(passage.text) if word.startswith("word")})
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
        assert generation is not None
        titles = {passage.id: snapshot.indexed_title(passage.text_id) or "" for passage in passages}
        for word in (*words[:: max(1, len(words) // _ASKED)], "nothing"):
            query = snapshot.lexical_query(generation.id, word)
            hits = dict(snapshot.lexical_search(generation.id, query, limit=10_000))
            assert hits == pytest.approx(_scores(passages, titles, word), abs=1e-6), word


def _scores(passages: list[FoundPassage], titles: dict[int, str], word: str) -> dict[int, float]:
    """BM25 of one word that no stemming changes."""
    counts = {passage.id: (Counter(_words(titles[passage.id])), Counter(_words(passage.text))) for passage in passages}
    lengths = {number: title.total() + body.total() for number, (title, body) in counts.items()}
    average = sum(lengths.values()) / len(lengths)
    weighed = {number: TITLE_WEIGHT * title[word] + body[word] for number, (title, body) in counts.items()}
    found = {number: weight for number, weight in weighed.items() if weight}
    rarity = max(_LEAST, math.log((len(passages) - len(found) + 0.5) / (len(found) + 0.5)) if found else 0)
    return {
        number: rarity * weight * (_K1 + 1) / (weight + _K1 * (1 - _B + _B * lengths[number] / average))
        for number, weight in found.items()
    }


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
