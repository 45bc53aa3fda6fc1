"""Work that tells what it is doing, in a thread, so that whoever listens can leave at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

# How long a listener waits at most until it looks whether it has been told to leave.
_SECONDS_BETWEEN_LOOKS = 0.1


class _End:
    """What the work says last."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Tells a listener to leave, and tells whoever waits that it has left."""

    leave: Event = field(default_factory=Event)
    left: Event = field(default_factory=Event)


def told(work: Callable[[Callable[[T], None]], None], leave: Event) -> Iterator[T | None]:
    """What ``work`` tells, in its order, until it ends or ``leave`` is set; None where it tells nothing for a while.

    An error of the work is raised here.

    The work is not broken off: it may look at ``leave``, which is also set when the listener goes away by itself.
    """
    said: Queue[T | _End | BaseException] = Queue()

    def run() -> None:
        try:
            work(said.put)
            said.put(_End())
        except BaseException as error:  # noqa: BLE001 it is raised again where it can be handled
            said.put(error)

    Thread(target=run, name="articleqa-ui", daemon=True).start()
    try:
        while not leave.is_set():
            try:
                item = said.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except Empty:
                yield None
                continue
            if isinstance(item, _End):
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        leave.set()
