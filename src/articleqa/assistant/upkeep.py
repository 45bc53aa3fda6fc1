"""What is done to a library as a whole: built anew, taken back, exported, imported, mended."""

from __future__ import annotations

import os
from pathlib import Path

from articleqa.assistant.cache import AnswerCache
from articleqa.ingest import Ingest
from articleqa.library import Library, export_library, import_library
from articleqa.types import ExportReport, ImportReport, ProgressCallback, RebuildReport


class Upkeep:
    """The part of the assistant that a person needs when the encoder, the program or the machine changes."""

    _library: Library
    _ingest: Ingest
    _answers: AnswerCache

    def rebuild(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """Build the index anew beside the old one, which answers until the new one is whole and proven.

        Interrupted, it goes on where it stopped when it is called again. The old index is kept until the next rebuild
        is done: see :meth:`rollback`.

        Raises:
            LibraryBusy: if another rebuild is under way, or another program keeps writing.
            LibraryDamaged: if what was built does not verify; the old index answers on.
        """
        return self._ingest.rebuild(progress=progress)

    def rollback(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """Return to the index that answered before the last rebuild, and keep the present one in its place.

        It needs the encoder that it was built with. What came since is put into it first; what was removed is in
        neither.

        Raises:
            LibraryError: if there is none.
            IndexMismatch: if the encoder is another.
            LibraryBusy: if a rebuild is under way, or another program keeps writing.
            LibraryDamaged: if it does not verify; the present index answers on.
        """
        return self._ingest.rollback(progress=progress)

    def export_library(self, path: str | os.PathLike[str], *, progress: ProgressCallback | None = None) -> ExportReport:
        """Write the whole library into one file: a backup, or the way to another machine.

        The file is of one moment, whatever is written meanwhile, and is checked before it gets its name. An export that
        lies there already is replaced then. With its last bytes, a SHA-256, it says what it has to be.

        Raises:
            InvalidInput: if something other than an export lies at ``path``.
            LibraryDamaged: if a text or a vector does not verify.
            LibraryError: if the file cannot be written.
        """
        return export_library(self._library, Path(path), progress=progress)

    def import_library(
        self, path: str | os.PathLike[str], *, replace: bool = False, progress: ProgressCallback | None = None
    ) -> ImportReport:
        """Put an exported library in the place of this one, in one step, once the file has been proven.

        Whoever reads meanwhile goes on with what was there; all that is open follows with the next question.

        Raises:
            InvalidInput: if there are articles already and ``replace`` is not given, or ``path`` is no export.
            LibraryDamaged: if the file is not what was exported.
            LibraryBusy: if a rebuild is under way, or another program keeps writing.
            LibraryError: if it cannot be read, was exported by a newer program, or there is no room for it.
        """
        report = import_library(self._library, Path(path), replace=replace, progress=progress)
        self._answers.clear()
        return report

    def mend(self) -> int:
        """Encode again every passage whose stored vector is damaged; how many there were."""
        return self._ingest.mend_vectors()
