"""Names as written by different hands, made comparable."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"[\s·,，、()（）\-]+")


def plain(words: str) -> str:
    """Text without differences of width, case and punctuation."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", words)).casefold()
