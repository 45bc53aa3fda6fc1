"""What one source may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one source may cost, and where it may come from.

    Attributes:
        max_bytes: bytes of one file or page, unpacked; in a ``.jsonl`` file, of one line.
        fetch_timeout: seconds for one page, redirects included, from the first to the last byte.
        allowed_hosts: hosts that may be fetched although their addresses are private: ``name``, ``name:port`` or an
            IP address.
    """

    max_bytes: int = 40_000_000
    fetch_timeout: float = 20.0
    allowed_hosts: tuple[str, ...] = ()

    @property
    def too_large(self) -> str:
        """The reason that is given for a source above ``max_bytes``."""
        return f"is larger than {self.max_bytes:,} bytes; raise max_source_bytes to read it"
