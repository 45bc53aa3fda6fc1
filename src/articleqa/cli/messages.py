"""What is logged on standard error."""

from __future__ import annotations

import logging
import sys


def configure(*, verbose: bool) -> None:
    """Show every log message, or only failures of our own code that nobody foresaw."""
    logging.captureWarnings(True)
    if verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("articleqa").setLevel(logging.DEBUG)
    elif logging.lastResort is not None and not logging.lastResort.filters:
        # The handler of a program that has configured none.
        logging.lastResort.setLevel(logging.ERROR)
        logging.lastResort.addFilter(logging.Filter("articleqa"))
