"""Reading a person's name as hospitals write it: newborns, unknown persons, placeholders, suffixes, segments."""

from __future__ import annotations

import re
from typing import NamedTuple

from empi.matching.text import INVISIBLE, fold, is_han, syllable

WILD = "□"
_PLACEHOLDERS = str.maketrans(dict.fromkeys("?■〇○△_?", WILD))
_DOTS = re.compile(r"[·•・‧∙⋅.\-。,、'’`]+")
_BRACKETS = re.compile(r"[(\[【(].*?[)\]】)]|[(\[【(].*$")
_TAIL = re.compile(r"(?<=[\u3400-\u9fff□])[A-Z0-9*#+]+$")
_STARS = re.compile(r"^[\u3400-\u9fff]{1,2}\*$")
_NEWBORN = re.compile(
    r"^(?P<mother>.{2,}?)(?:"
    r"(?:之|的)(?P<order1>[长次三大小幼双孪])?(?:[子女婴宝儿]|婴儿|男婴|女婴|新生儿|男|女|宝宝|双|双子|双女|大双|小双|大|小)"
    r"|(?P<order2>[大小])双|(?P<order3>[长次三])(?:子|女)(?=$)"
    r"|婴儿?|新生儿|[男女]婴)(?P<rank>[AB甲乙12])?$"
)
_NEWBORN_OF_FOREIGNER = re.compile(
    r"^(?P<mother>[A-Z][A-Z .,'-]+?)\s*"
    r"(?:[之的](?P<order>[长次三大小])?[子女婴宝儿双]|[之的]?(?:婴儿?|新生儿|[男女]婴|宝宝|[男女]))$"
)
_PLAIN_HAN = re.compile(r"[\u4e00-\u9fff]+")
NEWBORN_ENDINGS = frozenset("子女婴宝儿双大小男孩")
"""Last characters of a name that may be a newborn's placeholder."""
_ORDER = {"长": 1, "大": 1, "次": 2, "小": 2, "三": 3, "A": 1, "B": 2, "甲": 1, "乙": 2, "1": 1, "2": 2}
_RANKED_TWIN = re.compile(r"(?:之|的)?([大小])双$")
_LATIN = re.compile(r"[A-Z]+")


class NameValue(NamedTuple):
    """A name as it is compared.

    ``text`` is the canonical form ("" for a newborn placeholder or an unknown person), ``letters`` the compared
    units (a Han character, a placeholder or a whole Latin word), ``mother`` the name inside a newborn placeholder,
    ``order`` the birth order it states (0 unknown).
    """

    text: str
    letters: tuple[str, ...]
    segment: str = ""
    mother: str = ""
    order: int = 0
    newborn: bool = False
    unknown: bool = False

    @property
    def syllables(self) -> tuple[str, ...]:
        """Toneless syllables of the letters."""
        return tuple(map(syllable, self.letters))


def read_name(raw: str, unknown_names: frozenset[str] = frozenset()) -> NameValue | None:
    """The name behind a raw text, or None when there is none.

    ``unknown_names`` are the folded words that stand for an unidentified person.
    """
    text = fold(raw)
    if "(" in text or "[" in text or "【" in text:
        text = _BRACKETS.sub("", text).strip()
    if not text:
        return None
    if len(text) <= 3 and _PLAIN_HAN.fullmatch(text) and text not in unknown_names and text[-1] not in NEWBORN_ENDINGS:
        return NameValue(text, tuple(text), segment=text)
    bare = INVISIBLE.sub("", text)
    if bare in unknown_names or bare.rstrip("0123456789ABC*#") in unknown_names:
        return NameValue("", (), unknown=True)
    if not any(map(is_han, bare)):
        return _read_latin(text)
    return _read_newborn(bare) or _read_newborn_of_foreigner(text) or _read_han(bare)


def _read_newborn_of_foreigner(text: str) -> NameValue | None:
    """A placeholder with the mother's Latin name (ANNA LEE之子), whose words are kept apart by blanks."""
    found = _NEWBORN_OF_FOREIGNER.match(text)
    mother = _read_latin(found["mother"]) if found else None
    if found is None or mother is None:
        return None
    return NameValue("", (), mother=mother.text, order=_ORDER.get(found["order"] or "", 0), newborn=True)


def _read_newborn(bare: str) -> NameValue | None:
    found = _NEWBORN.match(bare)
    if not found or not is_han(found["mother"][0]):
        return None
    mother = found["mother"]
    marker = found["order1"] or found["order2"] or found["order3"] or found["rank"] or ""
    if twin := _RANKED_TWIN.search(bare):
        marker = twin[1]
    if found["order3"] and "之" not in bare and len(mother) < 3:
        return None
    mother_name = _read_han(mother)
    return NameValue("", (), mother=mother_name.text, order=_ORDER.get(marker, 0), newborn=True)


def _read_han(bare: str) -> NameValue:
    if _STARS.match(bare):
        bare = bare.replace("*", WILD)
    bare = _TAIL.sub("", bare.translate(_PLACEHOLDERS))
    segments = [part for part in _DOTS.split(bare) if part]
    joined = "".join(segments)
    lead = _LATIN.match(joined)
    letters = (lead[0], *joined[lead.end() :]) if lead else tuple(joined)
    return NameValue(joined, letters, segment=segments[0] if segments else "")


def _read_latin(text: str) -> NameValue | None:
    words = tuple(sorted(word for word in re.split(r"[^A-Z]+", text) if word))
    return NameValue(" ".join(words), words, segment=words[0]) if words else None
