"""How much memory a model may take, judged before it is loaded."""

from __future__ import annotations

from pathlib import Path

from articleqa.types import LanguageModelError

_MEGABYTE = 1_000_000


def free_memory() -> int | None:
    """Bytes that can be taken without swapping, of the machine or of the container; None where nothing tells."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None
    left = _left_in_container()
    return free if left is None else min(free, left)


def check_fits(name: str, needed: int) -> None:
    """Refuse a model that does not fit into the free memory; ``needed`` is in bytes.

    Raises:
        LanguageModelError: naming both figures.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise LanguageModelError(
            f"The language model {name} needs about {_shown(needed)} of memory, and {_shown(free)} are free: "
            "choose a smaller one, or lower the setting llm_context"
        )


def _left_in_container() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))  # "max" where there is none
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
        return limit - used + int(statistics.get("inactive_file", 0))  # pages of files give way
    except (OSError, ValueError):
        return None


def _shown(size: int) -> str:
    return f"{size / 1000 / _MEGABYTE:.1f} GB" if size >= 1000 * _MEGABYTE else f"{size / _MEGABYTE:.0f} MB"
