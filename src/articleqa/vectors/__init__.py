"""FAISS over the library's vectors: derived, disposable, and never the only copy of anything.

On disk there is one file per generation that never changes, and a manifest with its name, its SHA-256 and the change of
the library that it shows. What came after it lies in memory, what went is marked; both are read from the library at the
next start. When much has changed a new file is written beside the old one, in the background. Losing the file costs a
read of the stored vectors, never an embedding.
"""

from articleqa.vectors.contract import Ids, VectorIndex, VectorSource
from articleqa.vectors.index import FaissIndex
from articleqa.vectors.keeper import Vectors
from articleqa.vectors.oracle import NumpyIndex

__all__ = ["FaissIndex", "Ids", "NumpyIndex", "VectorIndex", "VectorSource", "Vectors"]
