"""Elasticsearch as a place to search. Its client is imported here first, for what it would import besides."""

import sys

# the client looks for pyarrow, of the extra `parquet`, to write its tables: a tenth of a second, and we give it none
if "pyarrow" not in sys.modules:
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # as where it is not installed
    try:
        import elasticsearch as elasticsearch
    finally:
        del sys.modules["pyarrow"]
