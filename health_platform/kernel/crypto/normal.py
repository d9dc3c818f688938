"""One spelling per value before it is indexed, so that ``１３８ 0013-8000`` and ``+86 13800138000`` find each other.

The rule is picked by the last word of the context (``user.id_no`` -> ``id_no``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# GB 11643-1999: weights of the first 17 digits and the check character by the sum modulo 11.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def normal_id_no(text: str) -> str:
    """A resident id number: no blanks or dashes, upper-case X, the 15-digit form of before 1999 made 18 digits."""
    compact = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(r"\d{15}", compact):
        return compact
    body = f"{compact[:6]}19{compact[6:]}"
    return body + _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def normal_phone(text: str) -> str:
    """Digits only, without the country code of China."""
    digits = re.sub(r"\D", "", text)
    return re.sub(r"^(0086|86)(?=1\d{10}$)", "", digits)


def normal_name(text: str) -> str:
    """No blanks, one kind of middle dot, upper case."""
    return re.sub(r"[•‧∙⋅・.]", "·", re.sub(r"\s", "", text)).upper()


def normal_address(text: str) -> str:
    """No blanks and punctuation."""
    return re.sub(r"[\s,,.。、;;:()()-]", "", text).upper()


def _plain(text: str) -> str:
    return " ".join(text.split())


_RULES: dict[str, Callable[[str], str]] = {
    "id_no": normal_id_no,
    "phone": normal_phone,
    "name": normal_name,
    "address": normal_address,
}


def normalised(text: str, context: str) -> str:
    """The one spelling of ``text`` in ``context``; full-width forms are narrowed first (NFKC)."""
    return _RULES.get(context.rpartition(".")[2], _plain)(unicodedata.normalize("NFKC", text))
