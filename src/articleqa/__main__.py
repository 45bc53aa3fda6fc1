"""``python -m articleqa``: the command line."""

import sys

from articleqa.cli import main

sys.exit(main())
