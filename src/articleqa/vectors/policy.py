"""The numbers that decide how vectors are kept and searched. Each was measured: benchmarks/lifecycle.py says how."""

from __future__ import annotations

# What came and went since the snapshot is folded into a new one when it is this share of it, so that each vector is
# written a bounded number of times, and never for less than the floor.
CHANGED_SHARE = 0.1
CHANGED_FLOOR = 1000
# What came is searched one by one and read again at every start: it does not grow with the snapshot for ever.
CHANGED_CEILING = 50_000
# A whole index as small as this is written when the program ends, whatever has changed: that takes milliseconds.
SMALL = 2000
# A manifest says what was removed up to a change of the library, which forgets its oldest changes.
CHANGES_BETWEEN_MANIFESTS = 2000

# More vectors than this that are in the library only are read in the background.
READ_AT_ONCE = 60_000
# While those are read, so many allowed passages are still looked up in the library itself.
READ_DIRECTLY = 1000
# Rows of a snapshot of more bytes than this are checked in the background, and hits one by one until then.
CHECKED_AT_ONCE = 64_000_000
# After a failure to write, the next attempt waits so many seconds.
RETRY_SECONDS = 60.0
# A draft, or a file that no manifest names, as old as this is nobody's.
ABANDONED_SECONDS = 3600

# A snapshot of fewer rows is searched row by row; a larger one by its codes first.
CODED_FROM = 30_000
# The best by their codes, so many for each one asked for and never fewer than the floor, are compared exactly.
EXACT_FACTOR = 12
EXACT_FLOOR = 800
# Asked for more by their codes than this, it is quicker to compare row by row.
EXACT_CEILING = 20_000
# Fewer allowed rows than this, or than this share of all, are compared one by one.
GATHER_FLOOR = 20_000
GATHER_SHARE = 1 / 16
