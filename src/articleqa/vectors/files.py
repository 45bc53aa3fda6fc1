"""The files of a folder: which snapshot counts, how a new one takes its place, and what is tidied away."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from articleqa.checkpoints import reached
from articleqa.types import Matrix
from articleqa.vectors import policy
from articleqa.vectors.building import write_segment
from articleqa.vectors.contract import Ids
from articleqa.vectors.layout import DRAFTS, FILE_NAME, MANIFEST_NAME, Manifest, OlderFormat
from articleqa.vectors.segment import Segment

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("articleqa.vectors")


@dataclass(frozen=True, slots=True)
class Shown:
    """The state of the library that an index shows: its last change, the token of that, and the last id."""

    change: int = -1
    token: bytes | None = None
    last_id: int = 0


class Files:
    """The snapshots of one index folder. Several programs may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifest_path(self, generation: int) -> Path:
        """Where the manifest of a generation lies, if there is one."""
        return self._folder / f"vectors-{generation}.json"

    def manifest(self, generation: int) -> Manifest | None:
        """The manifest of a generation, or None where there is none.

        Raises:
            OSError: if it cannot be read.
            ValueError: if it is damaged, or not of this version.
        """
        try:
            text = self.manifest_path(generation).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            manifest = Manifest.from_json(text)
        except (KeyError, TypeError) as error:
            raise ValueError(f"it lacks something ({error})") from error
        if manifest.generation != generation:
            raise ValueError(f"it is of generation {manifest.generation}")
        return manifest

    def open(self, generation: int, dimension: int) -> Segment | None:
        """The snapshot of a generation; None where there is none, or one that is damaged, which is set aside."""
        try:
            segment = self._opened(generation)
            if segment is not None and segment.manifest.dimension != dimension:
                raise ValueError(f"it holds vectors of {segment.manifest.dimension} columns")
        except OlderFormat:
            logger.info("%s is of an earlier version: it is built again", self.manifest_path(generation))
        except FileNotFoundError as error:
            logger.info("%s is missing: it is built again", error.filename)
        except (IsADirectoryError, ValueError, RuntimeError) as error:
            logger.warning("%s is not used (%s): it is built again", self.manifest_path(generation), error)
        except OSError as error:
            # It may be in order, and readable another time.
            logger.warning("%s cannot be read (%s)", self.manifest_path(generation), error)
            return None
        else:
            return segment
        self.set_aside(generation)
        return None

    def problem(self, generation: int) -> str | None:
        """What is wrong with the snapshot of a generation, each byte of which is read; None where there is none."""
        try:
            segment = self._opened(generation)
            if segment is not None:
                segment.check()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RuntimeError) as error:
            return str(error)
        return None

    def publish(
        self,
        generation: int,
        batches: Iterable[tuple[Ids, Matrix]],
        *,
        dimension: int,
        shown: Shown,
        go_on: Callable[[], bool] = lambda: True,
    ) -> Segment:
        """Write a snapshot and let it count from now on: the file, then the manifest that names it.

        Each is made durable before it gets its name, and its name before anything relies on it.

        Raises:
            OSError: if it cannot be written. What counted before counts still.
            Abandoned: if it was told not to ``go_on``.
        """
        with TemporaryDirectory(dir=self._folder, prefix=DRAFTS, ignore_cleanup_errors=True) as drafts:
            draft = Path(drafts) / "vectors"
            written = write_segment(draft, batches, dimension, go_on=go_on)
            manifest = Manifest(
                generation=generation,
                dimension=dimension,
                vectors=written.vectors,
                change=shown.change,
                token=shown.token or b"",
                last_id=written.last_id,
                # Two programs never write the same name, whatever they write.
                file=f"vectors-{generation}-{written.rows.sha256[:12]}{secrets.token_hex(4)}.faiss",
                rows=written.rows,
                ids=written.ids,
                codes=written.codes,
            )
            path = self._folder / manifest.file
            draft.replace(path)
            reached("vectors.snapshot.renamed")
            try:
                _sync_folder(self._folder)
                reached("vectors.snapshot.listed")
                segment = Segment(path, manifest)
                segment.checked = True  # it has just been written
                with self._locked():
                    replaced = self._named(generation)
                    self._write_manifest(manifest, Path(drafts))
                    if replaced is not None:
                        self._delete(replaced)
                        reached("vectors.old.removed")
            except BaseException:
                if self._named(generation) != path:
                    self._delete(path)
                raise
        self._tidy(generation)
        return segment

    def restate(self, manifest: Manifest, shown: Shown, removed: Ids) -> Manifest | None:
        """Say of a snapshot which of its vectors are gone by now; None where another has taken its place.

        Raises:
            OSError: if it cannot be written.
        """
        changed = replace(
            manifest, change=shown.change, token=shown.token or b"", removed=tuple(int(number) for number in removed)
        )
        with self._locked(), TemporaryDirectory(dir=self._folder, prefix=DRAFTS) as drafts:
            if self._named(manifest.generation) != self._folder / manifest.file:
                return None
            self._write_manifest(changed, Path(drafts))
        return changed

    def set_aside(self, generation: int, segment: Segment | None = None) -> None:
        """Take the snapshot of a generation out of use; only ``segment``, where it is given."""
        try:
            with self._locked():
                named = self._named(generation)
                if segment is not None and named != segment.path:
                    return
                self._drop(generation)
        except OSError as error:
            logger.debug("%s cannot be set aside (%s)", self.manifest_path(generation), error)

    def _opened(self, generation: int) -> Segment | None:
        while (manifest := self.manifest(generation)) is not None:
            path = self._folder / manifest.file
            try:
                if path.stat().st_size != manifest.size:
                    raise ValueError(f"{path.name} is damaged: it is not as long as it should be")
                segment = Segment(path, manifest)
                if manifest.rows.length <= policy.CHECKED_AT_ONCE:
                    segment.check()
            except FileNotFoundError:
                # Another program may have put a new one in its place, between the one look and the other.
                if self.manifest(generation) == manifest:
                    raise
            else:
                return segment
        return None

    def _named(self, generation: int) -> Path | None:
        """The file that the manifest names, whatever state either is in."""
        try:
            manifest = self.manifest(generation)
        except (OSError, ValueError):
            return None
        return None if manifest is None else self._folder / manifest.file

    def _write_manifest(self, manifest: Manifest, drafts: Path) -> None:
        draft = drafts / "manifest"
        with draft.open("x", encoding="utf-8") as file:
            file.write(manifest.to_json())
            file.flush()
            reached("vectors.manifest.written")
            os.fsync(file.fileno())
        reached("vectors.manifest.synced")
        draft.replace(self.manifest_path(manifest.generation))
        reached("vectors.manifest.renamed")
        _sync_folder(self._folder)
        reached("vectors.manifest.listed")

    def _tidy(self, generation: int) -> None:
        """Delete what no generation needs that may answer, and what killed programs left behind."""
        with self._locked():
            names = (MANIFEST_NAME.fullmatch(path.name) for path in self._folder.glob("vectors-*.json"))
            generations = {int(match[1]) for match in names if match}
            others = sorted(generations - {generation}, key=lambda other: _age(self.manifest_path(other)))
            # The generation before this one may have to answer again.
            for other in others[1:]:
                self._drop(other)
            named = {self._named(other) for other in generations}
            for path in self._folder.glob("vectors-*"):
                if FILE_NAME.fullmatch(path.name) and path not in named and _age(path) > policy.ABANDONED_SECONDS:
                    self._delete(path)
                elif path.name.startswith(DRAFTS) and _age(path) > policy.ABANDONED_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)

    def _drop(self, generation: int) -> None:
        """Delete the snapshot of a generation."""
        named = self._named(generation)
        # Without its manifest a file means nothing: that goes first.
        self._delete(self.manifest_path(generation))
        if named is not None:
            self._delete(named)

    def _delete(self, path: Path) -> None:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            logger.debug("%s cannot be deleted (%s)", path, error)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One program at a time changes which files count. The lock goes with the program that holds it."""
        with (self._folder / "vectors.lock").open("a") as file:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _sync_folder(folder: Path) -> None:
    """Make renames durable, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
