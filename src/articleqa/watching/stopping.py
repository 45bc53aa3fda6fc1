"""How a watch is interrupted."""

from __future__ import annotations


class Stopped(BaseException):
    """The watch was told to end. What was not committed yet is done the next time.

    Like an interrupt it is no error: nobody on its way mends it.
    """
