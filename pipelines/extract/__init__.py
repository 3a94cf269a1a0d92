"""Page in, article out."""

from pipelines.extract.comparison import Candidate
from pipelines.extract.reader import Extracted, extract

__all__ = ["Candidate", "Extracted", "extract"]
