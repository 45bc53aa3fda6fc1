"""How long things take, and how much memory, on machines that others use as well."""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Clock:
    """Collects what was timed: on the wall, and on this thread's own processor time.

    What waits for a processor that others keep counts on the wall only, what other threads do for it as well.
    """

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.own: list[float] = []

    def time(self, call: Callable[[], T]) -> T:
        """Call and time it."""
        wall, own = time.perf_counter(), time.thread_time()
        result = call()
        self.own.append(time.thread_time() - own)
        self.wall.append(time.perf_counter() - wall)
        return result

    def figures(self) -> dict[str, float]:
        """Percentiles in milliseconds."""
        return {
            "p50 ms": _milliseconds(self.wall, 50),
            "p95 ms": _milliseconds(self.wall, 95),
            "own p50 ms": _milliseconds(self.own, 50),
            "own p95 ms": _milliseconds(self.own, 95),
        }


def timed(call: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def timed_each(call: Callable[[T], object], items: Iterable[T]) -> dict[str, float]:
    """Call for each of ``items``; percentiles of what one took."""
    clock = Clock()
    for item in items:
        clock.time(lambda item=item: call(item))  # type: ignore[misc]
    return clock.figures()


def memory() -> dict[str, float]:
    """What this process holds of its own and of files, and the most that it ever held, in MB; Linux only."""
    gc.collect()
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {words[0].rstrip(":"): int(words[1]) / 1000 for words in lines if len(words) == 3 and words[2] == "kB"}
    return {"own MB": sizes["RssAnon"], "of files MB": sizes["RssFile"], "most MB": sizes["VmHWM"]}


def recall(found: Iterable[Iterable[int]], right: Iterable[Iterable[int]]) -> float:
    """The share of what is right that was found."""
    pairs = [(set(one), set(other)) for one, other in zip(found, right, strict=True)]
    return sum(len(one & other) for one, other in pairs) / max(1, sum(len(other) for _, other in pairs))


def context(packages: Iterable[str]) -> dict[str, Any]:
    """What a result was measured on, to be kept with it."""
    return {
        "measured": datetime.now(tz=UTC).date().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "instructions": _instructions(),
        "packages": {package: version(package) for package in packages},
    }


def _instructions() -> list[str]:
    """Those of the processor that decide how fast matrices are multiplied; Linux tells."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return []
    return [name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if name in flags]


def _milliseconds(seconds: list[float], percentile: float) -> float:
    return round(1000 * float(np.percentile(seconds, percentile)), 3)
