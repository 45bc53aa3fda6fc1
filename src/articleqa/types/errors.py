"""What can go wrong. Everything that a user can cause is in one tree.

The errors::

    ArticleQAError
    ├── InvalidInput            (also a ValueError)  an argument that cannot be meant
    ├── SettingsError           settings that contradict themselves or cannot be read
    ├── MissingDependency       an optional part is not installed; the message names the command that installs it
    ├── LoadingError            one source could not be turned into an article
    ├── EncoderError            the encoder's weights are missing, damaged or refused
    ├── ReaderError             the reader's weights are missing, damaged or refused
    ├── LanguageModelError      the language model is unreachable or answers nonsense
    ├── ServerError             the chat could not be served (the port is taken, …)
    └── LibraryError
        ├── LibraryBusy         another writer holds the library
        ├── LibraryDamaged      the truth itself does not verify
        ├── IndexMismatch       the index was built by another encoder or chunker
        └── ArticleNotFound     (also a KeyError)  no such article, or no longer that revision
"""

from __future__ import annotations


class ArticleQAError(Exception):
    """Base of every error that a user can cause. Its text is one line that says what to do."""


class InvalidInput(ArticleQAError, ValueError):
    """An argument has a value that cannot be meant."""


class SettingsError(ArticleQAError):
    """The settings contradict themselves or cannot be read."""


class MissingDependency(ArticleQAError):
    """An optional dependency is not installed."""


class LoadingError(ArticleQAError):
    """A source could not be turned into an article.

    ``origin`` is the path or URL, ``reason`` says why in one line.
    """

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason


class EncoderError(ArticleQAError):
    """The encoder cannot be loaded or does not keep its contract."""


class ReaderError(ArticleQAError):
    """The reader cannot be loaded."""


class LanguageModelError(ArticleQAError):
    """The language model cannot be reached or did not answer."""


class ServerError(ArticleQAError):
    """The chat cannot be served."""


class LibraryError(ArticleQAError):
    """The library of articles cannot do what was asked."""


class LibraryBusy(LibraryError):
    """Another writer holds the library."""


class LibraryDamaged(LibraryError):
    """A stored text or the database itself does not verify."""


class IndexMismatch(LibraryError):
    """The index was built with another encoder or chunker than the settings name."""


class ArticleNotFound(LibraryError, KeyError):
    """There is no such article, or that revision of it is no longer kept."""

    def __str__(self) -> str:  # KeyError would show the repr
        return str(self.args[0]) if self.args else ""
