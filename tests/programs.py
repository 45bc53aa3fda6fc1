"""Programs of their own, for what one process cannot show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent


def start(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """A program of its own, which finds the helpers of the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS), **environment},
    )


def finish(program: subprocess.Popen[str]) -> list[str]:
    """The lines that a program wrote; it has to have ended well."""
    output, errors = program.communicate(timeout=120)
    assert program.returncode == 0, errors
    return output.splitlines()
