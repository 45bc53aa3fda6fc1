"""What lies in a snapshot's file and in the manifest that names it."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

FORMAT = 2
FILE_NAME = re.compile(r"vectors-(\d+)-[0-9a-f]+\.faiss")
MANIFEST_NAME = re.compile(r"vectors-(\d+)\.json")
DRAFTS = "vectors-draft-"

# How FAISS begins an `IndexFlatIP`: its kind, dimension, rows, two unused numbers, whether it is trained, its metric,
# and how many floats follow.
_HEADER = struct.Struct("<4siqqq?iQ")
_UNUSED = 1 << 20
HEADER_BYTES = _HEADER.size
# Parts begin where numbers of any kind may begin.
ALIGNMENT = 64


class OlderFormat(ValueError):
    """A manifest that an earlier version wrote."""


def header(vectors: int, dimension: int) -> bytes:
    """How the file of so many rows begins."""
    return _HEADER.pack(b"IxFI", dimension, vectors, _UNUSED, _UNUSED, True, 0, vectors * dimension)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: where it begins, its bytes and their SHA-256."""

    start: int
    length: int
    sha256: str

    def read(self, path: Path) -> NDArray[np.uint8]:
        """The part, mapped.

        Raises:
            ValueError: if it is damaged.
        """
        content = np.memmap(path, dtype=np.uint8, mode="r", offset=self.start, shape=(self.length,))
        if hashlib.sha256(content.data).hexdigest() != self.sha256:
            raise ValueError(f"{path.name} is damaged")
        return content


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which file has the vectors of a generation, and what state of the library it shows.

    ``change`` and ``token`` name that state. Vectors are those of passages up to ``last_id``; ``removed`` are ids in
    the file that the library had removed by then.
    """

    generation: int
    dimension: int
    vectors: int
    change: int
    token: bytes
    last_id: int
    file: str
    rows: Part
    ids: Part
    codes: Part | None
    removed: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part of the file, in order."""
        return (self.rows, self.ids) if self.codes is None else (self.rows, self.ids, self.codes)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.parts[-1].start + self.parts[-1].length

    def to_json(self) -> str:
        """The manifest as it is written, with its own SHA-256."""
        content = {"format": FORMAT, **asdict(self), "token": self.token.hex(), "removed": list(self.removed)}
        return json.dumps({**content, "sha256": _digest(content)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            OlderFormat: if an earlier version wrote it.
            ValueError: if it is damaged.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or "file" not in content:
            raise ValueError("it is not a manifest")
        if "format" not in content:
            raise OlderFormat("it is of an earlier version")
        digest = content.pop("sha256", None)
        if digest != _digest(content):
            raise ValueError("it is damaged")
        if content.pop("format") != FORMAT:
            raise ValueError("it is of another version")
        if not FILE_NAME.fullmatch(content["file"]):
            raise ValueError(f"it names {content['file']!r}")
        return cls(
            **{
                **content,
                "token": bytes.fromhex(content["token"]),
                "rows": Part(**content["rows"]),
                "ids": Part(**content["ids"]),
                "codes": Part(**content["codes"]) if content["codes"] else None,
                "removed": tuple(content["removed"]),
            }
        )


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
