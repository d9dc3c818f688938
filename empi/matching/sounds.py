"""A key for how a Western word sounds."""

from __future__ import annotations

import jellyfish


def sound_of(text: str) -> str:
    """Metaphone of the first word ("" when it has no letters)."""
    word = text.split(" ", 1)[0] if text else ""
    return str(jellyfish.metaphone(word)) if word.isascii() and word.isalpha() else word
