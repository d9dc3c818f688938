"""Pinyin of Chinese names, for searching and for finding names that were typed by sound."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=65_536)
def initials(text: str) -> str:
    """First letters of the pinyin of each character; other characters stay. At most 200 characters, lower case."""
    return "".join(_pinyin(text, Style.FIRST_LETTER)).lower()[:200]


@lru_cache(maxsize=65_536)
def sound(text: str) -> str:
    """The whole pinyin without tones; two names with the same sound are often one name typed wrongly."""
    return "".join(_pinyin(text, Style.NORMAL)).lower()


def _pinyin(text: str, style: Style) -> list[str]:
    return lazy_pinyin(text, style=style, errors=lambda other: other)
