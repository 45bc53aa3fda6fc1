"""Named points in everything that writes, at which tests kill the program.

``ARTICLEQA_KILL_AT=vectors.snapshot.written`` kills the process, as ``kill -9`` does, when it reaches the point of that
name; ``vectors.snapshot.written:3`` when it reaches it for the third time. Without it a point costs one comparison.
It imports nothing of ours.

What is passed by whatever is written to the library::

    library.transaction.written     all of it is written, and nothing of it kept yet
    library.transaction.committed   it is kept, and nobody has been told

Articles that come and go::

    ingest.batch.encoded            nothing of a batch is stored yet
    ingest.batch.committed          it is, perhaps under titles that are not those of its articles any more
    ingest.removal.committed        an article has gone, and its words may still be in the log
    ingest.removal.checkpointed     and in the log no longer
    ingest.title.encoded            a text is about to be indexed under another title
    ingest.title.mended             it is

The index, built anew or exchanged for the one before::

    ingest.rebuild.begun            its generation is chosen, or, where one was left, taken up
    ingest.rebuild.growing          some more texts are in it
    ingest.rebuild.filled           all of them are
    ingest.rebuild.proven           it may answer
    ingest.rebuild.swapping         within the transaction that lets it
    ingest.rebuild.swapped          it answers
    ingest.rebuild.sweeping         a part of what nobody needs any more was deleted
    ingest.rebuild.swept            all of it was
    ingest.rollback.begun           the generation to return to is chosen; then as above, from ``filled`` on
    ingest.rollback.done            it answers, and everything is in order

The library as a whole::

    library.migration.copied        what was there is copied, without a name yet
    library.migration.kept          the copy has got its name
    library.migration.stepped       a step of the schema was taken, within its transaction
    library.export.copied           a draft of the exported file is there
    library.export.sealed           and is proven, without its name yet
    library.export.named            it has its name
    library.import.copied           a draft of what is to be put in place is there
    library.import.proven           and is proven
    library.replacing.copying       some pages of it are in place, within the transaction
    library.import.replaced         all of it is in place

The snapshots of the dense index, beside the library::

    vectors.compaction.begun        a new snapshot is to take the place of one and what came after it
    vectors.snapshot.growing        some more vectors are in its draft
    vectors.snapshot.coding         some more of them are coded
    vectors.snapshot.written        all of it is written
    vectors.snapshot.synced         and durable
    vectors.snapshot.renamed        it has its name
    vectors.snapshot.listed         and that is durable, too
    vectors.manifest.written        the same, of what says which snapshot is the one
    vectors.manifest.synced
    vectors.manifest.renamed
    vectors.manifest.listed
    vectors.old.removed             the snapshot before is deleted
    vectors.compaction.ended        the new one answers

Feeds::

    feeds.entry.read                an entry was read, and nothing of it stored yet
"""

from __future__ import annotations

import os
import signal
import threading

_name, _, _times = os.environ.get("ARTICLEQA_KILL_AT", "").partition(":")
_left = int(_times or 1)
_lock = threading.Lock()


def reached(name: str) -> None:
    """Say that the program has come to the point ``name``: ``room.thing.done``."""
    if name == _name:
        _die()


def _die() -> None:
    global _left  # noqa: PLW0603
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
