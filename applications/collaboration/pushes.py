"""Which diagnosis belongs into which register. Pure rules over a code and a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MANY: Final = re.compile(r"[|;；]+")
# A diagnosis that is only thought of, or of somebody else, or over, calls for nobody to be enrolled.
_NOT_CERTAIN: Final = re.compile(r"[?？]|疑似|可疑|待查|待排|排除|家族史|术后状态|个人史")


@dataclass(frozen=True)
class Push:
    """A register and the ICD-10 codes that belong into it. The norm serves people of ``least_age`` to ``most_age`` years."""

    register: str
    label: str
    codes: str
    least_age: int = 0
    most_age: int | None = None

    def fits(self, code: str) -> bool:
        return re.match(self.codes, code.upper()) is not None


PUSHES: Final = (
    Push("hypertension", "原发性高血压", r"I1[0-3]", 35),  # I15 is secondary hypertension: not managed by the norm
    Push("diabetes", "2型糖尿病", r"E11", 35),
    Push("vaccination", "新生儿", r"Z38", 0, 0),  # liveborn infant: coded on the child; Z37 is the mother's and means nobody else
    Push("mental", "严重精神障碍", r"F20|F22|F25|F30|F31"),  # of F06.8 (epilepsy) and F7x (retardation) the place decides itself
    Push("tumour", "肿瘤", r"C\d\d|D0[0-9]|D3[23]|D4[23]"),  # malignant, in situ, and of brain and nerves
)

ANY: Final = "|".join(one.codes for one in PUSHES)
"""A pattern that every code of any push fits, for the warehouse."""


@dataclass(frozen=True)
class Diagnosed:
    """One diagnosis that belongs into a register."""

    push: Push
    code: str
    name: str


def pushes_of(codes: str, names: str) -> tuple[Diagnosed, ...]:
    """The registers a reported diagnosis belongs into; a field may list several diagnoses."""
    listed_codes, listed_names = _MANY.split(codes), _MANY.split(names)
    found: dict[str, Diagnosed] = {}
    for place, code in enumerate(listed_codes):
        name = listed_names[place] if place < len(listed_names) else names
        if _NOT_CERTAIN.search(name):
            continue
        for push in PUSHES:
            if push.fits(code.strip()):
                found.setdefault(push.register, Diagnosed(push, code.strip(), name.strip() or code.strip()))
    return tuple(found.values())
