"""Near copies: which texts are nearly identical, kept so that asking for them costs no comparing.

The signature of each text is stored, and the keys of its bands, by which the texts that may be like a new one are
found. Which texts are alike is settled when the later of two comes in, and kept in both directions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from articleqa.library.likeness import WORTH_A_LOOK, alike, band_keys, resemblances, shingles, signature
from articleqa.library.rows import Rows

# What a new text costs does not grow with the library, whatever that is made of: of the texts in a band only the newest
# are looked at, only so many are compared, the likest first, and none after so many in a row that are not alike.
BAND_DEPTH = 64
COMPARED = 64
MISSES = 16


class NearCopies(Rows):
    """What one unchanging view of the library says about texts that are nearly identical."""

    def near_copies(self, text_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
        """For each text, the rows of the texts nearly identical to it, with the articles whose current text they are.

        Articles stand in the order in which they came. Identical copies of the text itself are not among them.
        """
        found: dict[int, list[tuple[int, str]]] = {text_id: [] for text_id in text_ids}
        for text_id, other, article_id in self._rows(
            "SELECT l.text, l.other, a.id FROM json_each(?) chosen CROSS JOIN alike l ON l.text = chosen.value "
            "CROSS JOIN revisions r ON r.text = l.other JOIN articles a ON a.number = r.article "
            "AND a.revision = r.revision ORDER BY a.number",
            (json.dumps(list(found)),),
        ):
            found[text_id].append((int(other), str(article_id)))
        return found


class NearCopyWriter(NearCopies):
    """Keeps what is known of texts that are nearly identical."""

    def compare(self, text_id: int, text: str, *, read: Callable[[int], str]) -> None:
        """Find the texts that are nearly identical to one that has just come in; ``read`` gives a text by its row."""
        self.forget_comparison(text_id)
        own = shingles(text)
        if own is None:
            return
        stored = signature(own)
        keys = band_keys(stored)
        misses = 0
        for other in self._likest(stored, keys):
            if (others := shingles(read(other))) is not None and alike(own, others):
                self._rows("INSERT INTO alike (text, other) VALUES (?1, ?2), (?2, ?1)", (text_id, other))
                misses = 0
            elif (misses := misses + 1) == MISSES:
                break
        self._rows("INSERT INTO signatures (text, signature) VALUES (?, ?)", (text_id, stored))
        for key in keys:
            self._rows("INSERT OR IGNORE INTO bands (key, text) VALUES (?, ?)", (key, text_id))

    def forget_comparison(self, text_id: int) -> None:
        """Keep nothing of what a text was compared by, nor of what it is like."""
        self._rows("DELETE FROM uncompared WHERE text = ?", (text_id,))
        row = self._row("SELECT signature FROM signatures WHERE text = ?", (text_id,))
        if row is None:
            return
        for key in band_keys(row[0]):
            self._rows("DELETE FROM bands WHERE key = ? AND text = ?", (key, text_id))
        self._rows(
            "DELETE FROM alike WHERE other = ?1 AND text IN (SELECT other FROM alike WHERE text = ?1)", (text_id,)
        )
        self._rows("DELETE FROM alike WHERE text = ?", (text_id,))
        self._rows("DELETE FROM signatures WHERE text = ?", (text_id,))

    def uncompared(self, limit: int) -> list[int]:
        """Texts from before texts were compared, at most ``limit`` of them."""
        return [int(row[0]) for row in self._rows("SELECT text FROM uncompared ORDER BY text LIMIT ?", (limit,))]

    def is_uncompared(self, text_id: int) -> bool:
        """Whether a text is from before texts were compared, and has not been since."""
        return self._row("SELECT 1 FROM uncompared WHERE text = ?", (text_id,)) is not None

    def _likest(self, stored: bytes, keys: Collection[int]) -> list[int]:
        """The texts that share a band with that signature and are worth comparing, the likest first."""
        met: set[int] = set()
        for key in keys:
            rows = self._rows("SELECT text FROM bands WHERE key = ? ORDER BY text DESC LIMIT ?", (key, BAND_DEPTH))
            met.update(int(row[0]) for row in rows)
        rows = self._rows(
            "SELECT text, signature FROM signatures WHERE text IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(met)),),
        )
        shares = resemblances(stored, [row[1] for row in rows]).tolist()
        scored = sorted((-share, int(row[0])) for share, row in zip(shares, rows, strict=True) if share >= WORTH_A_LOOK)
        return [text_id for _, text_id in scored[:COMPARED]]
