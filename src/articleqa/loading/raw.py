"""The bytes of a source, before they are an article."""

from __future__ import annotations

from dataclasses import dataclass

from articleqa.types import LoadingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The bytes of a source and what is known of where they came from.

    ``origin`` is the identity that the article gets, ``name`` is what it is called when nothing in it is a title,
    ``url`` is where a person can read it, ``site`` the host it was fetched from, ``charset`` what the server said.
    """

    content: bytes
    origin: str
    name: str
    url: str | None = None
    site: str | None = None
    charset: str | None = None

    def refused(self, reason: str) -> LoadingError:
        """The error that says why this source is no article."""
        return LoadingError(self.origin, reason)
