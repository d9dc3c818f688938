"""What the checks read and what they find: frozen values, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Severity = Literal["critical", "warning", "info"]
OrderKind = Literal["drug", "test"]
SUBJECT_LENGTH: Final = 200
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "info")


@dataclass(frozen=True)
class DraftOrder:
    """One order being written. ``key`` is the workstation's own id of it; ``atc`` a WHO ATC code, ``days`` of supply."""

    key: str
    kind: OrderKind
    name: str
    code: str = ""
    atc: str = ""
    days: int | None = None


@dataclass(frozen=True)
class Evidence:
    """What a prompt rests on: what, where, when (aware UTC), and the event of the record (``ref``, "" for the caller's own).

    Evidence of a protected class (``veiled``) says neither what nor where: the prompt protects, it does not disclose.
    """

    text: str
    institution: str
    at: datetime | None
    ref: str = ""
    veiled: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of a patient's record as the checks see it. ``at`` is when it happened or was last mentioned."""

    name: str
    code: str
    at: datetime
    institution: str
    ref: str = ""
    confidential: bool = False


@dataclass(frozen=True, kw_only=True)
class PastDrug(Fact):
    """A prescription. ``until`` is when its supply ends; ``assumed`` when the source did not say how long it lasts."""

    until: datetime
    assumed: bool = True


@dataclass(frozen=True, kw_only=True)
class PastTest(Fact):
    """A laboratory result or an examination. ``report`` groups the results of one sample; ``critical`` values need repeating."""

    value: str = ""
    report: str = ""
    critical: bool = False


@dataclass(frozen=True)
class Chart:
    """What is known of one patient. ``age`` in whole years, ``sex`` 1 male, 2 female, "" unknown.

    ``withheld`` counts what the resident hides or the caller may not see: the checks are blind to it, and say so.
    """

    drugs: tuple[PastDrug, ...] = ()
    tests: tuple[PastTest, ...] = ()
    allergies: tuple[Fact, ...] = ()
    problems: tuple[Fact, ...] = ()
    sex: str = ""
    age: int | None = None
    withheld: int = 0


@dataclass(frozen=True)
class Finding:
    """One prompt. ``subject`` names what it is about, so that a prompt answered once in a visit is not shown again.

    ``order`` is the key of the order it concerns, "" when it concerns none. ``title`` has at most 140 characters.
    """

    rule: str
    severity: Severity
    subject: str
    title: str
    advice: str = ""
    order: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def topic(self) -> str:
        """The subject as it is kept."""
        return self.subject[:SUBJECT_LENGTH]
