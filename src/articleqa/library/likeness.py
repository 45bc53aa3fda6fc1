"""Whether two texts are nearly identical: the same report with another headline, a byline, or a paragraph less.

A text is compared by its shingles, runs of words that overlap. MinHash makes of them a signature of fixed length, of
which parts agree about as often as the texts share shingles: equal bands of it find the few texts that are worth a
look, at a cost that does not depend on how many texts there are. What they find is then compared shingle by shingle.

Being wrong here hides what only one of two articles says, so numbers and names have to agree as well: a weather report
is made of the same words every day. The lengths and shares were chosen with benchmarks/near_copies.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from articleqa.library.folding import folded
from articleqa.library.lexical import indexed

# Words of a shingle. Of shorter ones unrelated texts share some; of longer ones a changed word spoils too many.
SHINGLE_WORDS = 4
# The share of the shorter text's shingles that the longer one must have, and how long it must be beside that.
SHARE = 0.7
LENGTH_SHARE = 0.5
# Below so many words a text has to be nearly whole in the other: in few words every one counts.
SHORT_WORDS = 60
SHORT_SHARE = 0.85
SHORT_LENGTH_SHARE = 0.6
# A signature has this many numbers of 32 bits. With bands of three, two texts that share half of all their shingles
# meet in one band or more in 99 of 100 cases, and two that share a twentieth in one of 250.
BANDS = 32
BAND_ROWS = 3
# Texts whose signatures agree in less than this share of places are not compared any further: see `resemblances`.
WORTH_A_LOOK = 0.15
# Further than this a text is not read, in characters. Two that are alike so far are alike.
LONGEST_READ = 200_000

_SEED = 20_241
# Any odd numbers with many ones do; they are part of what is stored.
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], dtype=np.uint64)
_WORD = re.compile(r"\w+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Shingles:
    """What a text is compared by: hashes, ascending, each once.

    ``numbers`` are those of runs of three words that end in a number, ``names`` those of pairs of words of which one is
    capitalised. ``words`` is how many words there are.
    """

    words: int
    every: Hashes
    numbers: Hashes
    names: Hashes


def shingles(text: str) -> Shingles | None:
    """The shingles of ``text`` without regard to case, punctuation and white space; None where there is no word."""
    words = _WORD.findall(indexed(_INVISIBLE.sub("", text[:LONGEST_READ])))
    if not words:
        return None
    # Folding all at once is ten times as quick as word by word.
    hashes = np.array([crc32(word.encode()) for word in folded("\n".join(words)).split("\n")], dtype=np.uint64)
    numbers = np.array([not word.isalpha() and any(map(str.isdigit, word)) for word in words])
    names = np.array([word[0].isupper() for word in words])
    pairs = names[:-1] | names[1:]
    nothing = np.zeros(0, dtype=np.uint64)
    return Shingles(
        words=len(words),
        every=np.unique(_runs(hashes, min(SHINGLE_WORDS, len(words)))),
        # What stands in front of a number that opens a text is a matter of bylines.
        numbers=np.unique(_runs(hashes, 3)[numbers[2:]]) if len(words) > 2 else nothing,
        names=np.unique(_runs(hashes, 2)[pairs]) if len(words) > 1 else nothing,
    )


def signature(text: Shingles) -> bytes:
    """The MinHash of a text's shingles: ``BANDS * BAND_ROWS`` numbers of 32 bits."""
    from rensa import RMinHash

    offsets = np.array([0, len(text.every)], dtype=np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(text.every, offsets, BANDS * BAND_ROWS, _SEED)
    (row,) = matrix.to_rows()
    return np.array(row, dtype="<u4").tobytes()


def band_keys(stored: bytes) -> list[int]:
    """What stands for each band of a signature, as SQLite's integers: two texts with one key in common may be alike."""
    bands = np.frombuffer(stored, dtype="<u4").reshape(BANDS, BAND_ROWS).astype(np.uint64)
    keys = _mixed(bands @ _FACTORS[:BAND_ROWS] + np.arange(BANDS, dtype=np.uint64) * _FACTORS[BAND_ROWS])
    return [int(key) for key in keys.view(np.int64)]


def resemblances(one: bytes, others: Sequence[bytes]) -> NDArray[np.float64]:
    """The share of places in which a signature agrees with each of others, an estimate of the shingles they share."""
    rows = np.frombuffer(b"".join(others), dtype="<u4").reshape(len(others), BANDS * BAND_ROWS)
    result: NDArray[np.float64] = np.mean(rows == np.frombuffer(one, dtype="<u4"), axis=1)
    return result


def alike(one: Shingles, other: Shingles) -> bool:
    """Whether two texts are nearly identical, the shorter one being, but for little, a part of the longer one."""
    shorter, longer = sorted((one.words, other.words))
    share, length_share = (SHORT_SHARE, SHORT_LENGTH_SHARE) if shorter < SHORT_WORDS else (SHARE, LENGTH_SHARE)
    return (
        shorter >= length_share * longer
        and _shared(one.every, other.every) >= share
        and _shared(one.numbers, other.numbers) >= share
        and _shared(one.names, other.names) >= share
    )


def _shared(one: Hashes, other: Hashes) -> float:
    """The share of the smaller set that is in the larger one, too."""
    smaller = min(len(one), len(other))
    return len(np.intersect1d(one, other, assume_unique=True)) / smaller if smaller else 1.0


def _runs(words: Hashes, length: int) -> Hashes:
    """The hash of every run of ``length`` words, by where it begins."""
    count = len(words) - length + 1
    total = np.zeros(count, dtype=np.uint64)
    for number in range(length):
        total += words[number : number + count] * _FACTORS[number]
    return _mixed(total)


def _mixed(values: Hashes) -> Hashes:
    """``values`` with every bit depending on every other."""
    mixed = (values ^ (values >> np.uint64(29))) * _FACTORS[0]
    result: Hashes = mixed ^ (mixed >> np.uint64(32))
    return result
