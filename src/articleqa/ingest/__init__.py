"""The only way in which a library changes: articles come and go, and the index is built anew beside the old one."""

from articleqa.ingest.adding import Source
from articleqa.ingest.encoding import check_fingerprint, fingerprint
from articleqa.ingest.ingest import Ingest

__all__ = ["Ingest", "Source", "check_fingerprint", "fingerprint"]
