"""Article QA in the browser: ``python app.py`` is ``articleqa serve``."""

from __future__ import annotations

import sys

from articleqa.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve"]))
