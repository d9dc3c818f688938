"""Places in a message, written as people write them: ``PID-3[5=MR|PI].4.2``."""

import re
from functools import lru_cache
from typing import Final

import msgspec

_GRAMMAR: Final = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})-(?P<field>\d+)"
    r"(?:\[(?:(?P<repetition>\d+)|(?P<test>\d+)=(?P<values>[^\]]+))\])?"
    r"(?:\.(?P<component>\d+)(?:\.(?P<subcomponent>\d+))?)?"
)


class Path(msgspec.Struct, frozen=True):
    """A place in a message; all numbers count from 1 as in the standard.

    ``test`` and ``values`` choose the first repetition whose component ``test`` holds one of ``values``. ``first`` says that the
    path means the very beginning of its field: no test, and 1 everywhere.
    """

    segment: str
    field: int
    repetition: int = 1
    component: int = 1
    subcomponent: int = 1
    test: int = 0
    values: frozenset[str] = frozenset()
    first: bool = False


@lru_cache(maxsize=4096)
def path(text: str) -> Path:
    """Read a path.

    Raises:
        ValueError: the text is not a path.
    """
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        raise ValueError(f"not a path into an HL7 v2 message: {text!r}")
    number = {name: int(match[name] or 1) for name in ("field", "repetition", "component", "subcomponent")}
    values = frozenset((match["values"] or "").split("|")) if match["values"] else frozenset[str]()
    test = int(match["test"] or 0)
    first = not test and number["repetition"] == number["component"] == number["subcomponent"] == 1
    return Path(match["segment"], test=test, values=values, first=first, **number)
