"""Files and folders that a power cut does not take any more."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder with those above it, each of them durable.

    Raises:
        OSError: if it cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in reversed(missing):
        sync_folder(each.parent)


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some file systems cannot do this for a folder, and need it not.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename(draft: Path, target: Path) -> None:
    """Give a file that has been written whole its name, in place of another of that name: wholly or not at all."""
    sync_file(draft)
    draft.replace(target)
    sync_folder(target.parent)
