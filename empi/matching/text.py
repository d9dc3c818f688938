"""Reading Chinese and Latin text: folding of widths and variant characters, toneless pinyin."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC
from pypinyin import lazy_pinyin

INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_HAN = ("\u3400", "\u9fff")


@lru_cache(maxsize=1)
def variant_table() -> dict[int, str]:
    """Traditional and variant characters to their simplified form, for ``str.translate``."""
    converter = OpenCC("t2s")
    table: dict[int, str] = {}
    for point in range(0x3400, 0xA000):
        simple = converter.convert(chr(point))
        if len(simple) == 1 and simple != chr(point):
            table[point] = simple
    return table


@lru_cache(maxsize=1)
def _variants() -> re.Pattern[str]:
    """Finds a character the variant table changes; most texts have none and skip the slow translation."""
    return re.compile("[" + "".join(map(chr, variant_table())) + "]")


@lru_cache(maxsize=1)
def _settled() -> re.Pattern[str]:
    """Matches a text of common simplified characters: folding leaves it as it is, and most Chinese texts are such."""
    return re.compile("[" + "".join(chr(point) for point in range(0x4E00, 0xA000) if point not in variant_table()) + "]+")


def fold(text: str) -> str:
    """One form for one text: NFKC, no spaces at the ends, upper case, simplified characters."""
    if _settled().fullmatch(text):
        return text
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if _variants().search(text):
            text = text.translate(variant_table())
    return text.strip().upper()


def squeeze(text: str) -> str:
    """``fold`` without any white space or invisible character."""
    if text.isascii() and text.isalnum():
        return text.upper()
    if _settled().fullmatch(text):
        return text
    return INVISIBLE.sub("", fold(text))


def is_han(letter: str) -> bool:
    """True for one Han character."""
    return _HAN[0] <= letter <= _HAN[1] or letter >= "\U00020000"


@lru_cache(maxsize=60_000)
def syllable(letter: str) -> str:
    """Toneless pinyin of one character; a character without a reading reads as itself."""
    return str(lazy_pinyin(letter)[0]) if is_han(letter) else letter.lower()
