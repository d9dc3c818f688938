"""Names as written by different hands, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\s·,，、()（）\-]+")


@lru_cache(maxsize=8192)
def plain(words: str) -> str:
    """Text without differences of width, case and punctuation."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", words)).casefold()
