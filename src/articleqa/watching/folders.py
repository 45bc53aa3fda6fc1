"""Looks at watched folders: which of their files are new, changed or gone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from articleqa.loading import SUFFIXES
from articleqa.loading.folder import describe, is_visible, walk
from articleqa.types import LoadingError
from articleqa.watching.ledger import Ledger
from articleqa.watching.states import Whereabouts, look, whereabouts

_NOT_THERE = describe(FileNotFoundError())


class Folders:
    """Notes in a ledger what is seen in some folders. What is wrong with them is told once, and again when it recurs.

    Args:
        folders: absolute paths without links.
        tell: called with a path and what is wrong with it.
    """

    def __init__(self, folders: Sequence[Path], ledger: Ledger, *, tell: Callable[[str, str], None]) -> None:
        self._folders = folders
        self._ledger = ledger
        self._tell = tell
        self._wrong: dict[str, str] = {}
        self._populated: set[Path] = set()

    def look_everywhere(self) -> None:
        """See what is new, changed or gone since files were last read."""
        wrong: dict[str, str] = {}
        for folder in self._folders:
            if (reason := _away(folder)) is not None:
                wrong[str(folder)] = reason
                continue
            seen = self._look_into(folder, within=folder, wrong=wrong)
            self._populated.add(folder) if seen else self._populated.discard(folder)
            unseen = [path for path in self._ledger.known_below({str(folder)}) if path not in seen]
            if hidden := self._look_for(unseen):
                wrong[str(folder)] = (
                    f"files that were read here cannot be seen ({hidden:,}): their articles are kept; is a disk not "
                    "mounted, or a folder closed? If they are gone for good, use `articleqa remove`"
                )
        self._ledger.keep_devices()
        for place, reason in wrong.items():
            if self._wrong.get(place) != reason:
                self._tell(place, reason)
        self._wrong = wrong

    def look_at(self, paths: Iterable[str]) -> list[str]:
        """See what is new, changed or gone at ``paths``; those of them that are folders."""
        folders: list[str] = []
        seen: set[str] = set()
        missing: set[str] = set()
        for path in paths:
            watched = self._watched(path)
            if watched is None:
                continue
            try:
                if os.path.isdir(path):  # noqa: PTH112
                    folders.append(path)
                    seen |= self._look_into(Path(path), within=watched, wrong={})
                elif (state := look(path)) is None:
                    missing.add(path)
                elif os.path.splitext(path)[1].lower() in SUFFIXES:  # noqa: PTH122
                    seen.add(path)
                    self._ledger.note(path, state)
            except OSError:
                continue  # the next look everywhere says what is wrong with it
        unseen = [*self._ledger.known_below(missing.union(folders)), *missing]
        self._look_for([path for path in unseen if path not in seen])
        return folders

    def are_gone(self, paths: Iterable[str]) -> list[str]:
        """Those of ``paths`` that are gone for good, as far as can be told."""
        return [path for path, place in self._places(paths).items() if place is Whereabouts.GONE]

    def _look_into(self, place: Path, *, within: Path, wrong: dict[str, str]) -> set[str]:
        """Note every file in a folder; their paths. What is wrong with others is added to ``wrong``."""
        seen: set[str] = set()
        devices: dict[str, int] = {}
        for entry in walk(place, suffixes=SUFFIXES, within=within):
            if isinstance(entry, LoadingError):
                # Something that went away meanwhile, or a link that leads nowhere, is nothing to tell.
                if not entry.reason.endswith(_NOT_THERE):
                    wrong[entry.origin] = entry.reason
                continue
            path = str(entry)
            try:
                state = look(path, devices=devices)
            except OSError:
                continue
            if state is not None:
                seen.add(path)
                self._ledger.note(path, state, again=place == within)
        return seen

    def _look_for(self, paths: Iterable[str]) -> int:
        """Note which of ``paths`` are gone; of how many others it cannot be told where they are."""
        places = self._places(paths)
        for path, place in places.items():
            if place is Whereabouts.GONE:
                self._ledger.note(path, None)
        return sum(place is Whereabouts.HIDDEN for place in places.values())

    def _places(self, paths: Iterable[str]) -> dict[str, Whereabouts]:
        """Where files are that were read; those are left out whose watched folder is not there."""
        places: dict[str, Whereabouts] = {}
        present = {folder for folder in self._folders if _away(folder) is None}
        for path in paths:
            known = self._ledger.known(path)
            folder = next((folder for folder in self._folders if folder in Path(path).parents), None)
            if known is None:
                places[path] = Whereabouts.GONE
            elif folder in present:
                places[path] = whereabouts(
                    path,
                    known.origin,
                    known.state,
                    renumbered=self._ledger.renumbered,
                    populated=folder in self._populated,
                )
        return places

    def _watched(self, path: str) -> Path | None:
        """The watched folder that ``path`` lies in and is to be seen from."""
        for folder in self._folders:
            try:
                parts = Path(path).relative_to(folder).parts
            except ValueError:
                continue
            if all(map(is_visible, parts)):
                return folder
        return None


def _away(folder: Path) -> str | None:
    """Why nothing can be said of the files of a folder; None where it can be read."""
    try:
        with os.scandir(folder):
            return None
    except FileNotFoundError:
        return "there is no such folder: its articles are kept, and it is watched again as soon as it is there"
    except OSError as error:
        return f"cannot be read ({describe(error)}): its articles are kept, and it is watched again when it can be"


def absolute(folder: os.PathLike[str] | str) -> Path:
    """``folder`` as an absolute path without links, ``~`` being the home folder."""
    try:
        return Path(folder).expanduser().resolve()
    except (OSError, RuntimeError):  # there is no such user, or the links lead in circles
        return Path(folder).absolute()


def usable(folders: Iterable[os.PathLike[str] | str]) -> list[Path]:
    """``folders`` as absolute paths without links, each once.

    Raises:
        LoadingError: if one of them is not there, is no folder, or cannot be read.
    """
    found: dict[Path, None] = {}
    for given in folders:
        folder = absolute(given)
        if folder.exists() and not folder.is_dir():
            raise LoadingError(str(given), "is a file; name the folder that it lies in")
        try:
            with os.scandir(folder):
                found[folder] = None
        except OSError as error:
            raise LoadingError(str(given), f"cannot be watched: {describe(error)}") from error
    return list(found)
