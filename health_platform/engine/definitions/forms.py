"""A form: sections of fields, rules between them, and the version that tells how old answers are to be read."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Literal

from health_platform.engine.definitions.fields import Field
from health_platform.engine.definitions.naming import named, require


@dataclass(frozen=True)
class Section:
    """A heading and the fields under it; all of them are asked only while ``when`` is true."""

    label: str
    fields: tuple[Field, ...]
    when: str = ""


@dataclass(frozen=True)
class Rule:
    """What must hold between answers. ``error`` refuses; ``confirm`` asks once and then records what was said.

    An expression whose value is unknown, because something it names was not answered, holds.
    """

    holds: str
    message: str
    field: str = ""
    severity: Literal["error", "confirm"] = "error"


@dataclass(frozen=True)
class Signature:
    """Somebody signs the form: the text is fixed and sealed by the platform when it is submitted (``engine/sealing.py``).

    Attributes:
        signer: the field that names who signed.
        way: the field (a ``Choice``) that tells how.
        certified: code of the way that a third-party authority certifies; refused where none is connected.
    """

    signer: str
    way: str
    certified: str = ""


@dataclass(frozen=True)
class Form:
    """Something that is filled in.

    Expressions may name the form's own fields, ``previous_<field>`` (the submission before this one), ``entry_<field>`` (the
    form the person was enrolled with), ``so_far_<tally>`` (a tally of the register over everything up to this day),
    ``<pick>_<field>`` (what the entry form of the thing picked says) and the facts ``day``, ``age``, ``sex``, ``birth_date``,
    ``enrolled_on``, ``ends_on``.

    Attributes:
        version: raise it with every released change; submissions keep the version they were written with.
        day: what the day of the submission is called ("随访日期").
        signature: who signs it, and how.
    """

    code: str
    label: str
    sections: tuple[Section, ...]
    _: KW_ONLY
    version: int = 1
    rules: tuple[Rule, ...] = ()
    day: str = "日期"
    note: str = ""
    signature: Signature | None = None

    def __post_init__(self) -> None:
        named("form", self.code, self.label)
        codes = [field.code for field in self.fields]
        require(len(set(codes)) == len(codes), f"form {self.code}: a field is named twice")
        taken = sorted(set(codes) & RESERVED)
        require(not taken, f"form {self.code}: {taken} are names of the engine")
        prefixed = [code for code in codes if code.startswith(("previous_", "entry_", "so_far_"))]
        require(not prefixed, f"form {self.code}: {prefixed} begin like names of the engine")
        for rule in self.rules:
            require(not rule.field or rule.field in codes, f"form {self.code}: a rule names the field {rule.field}")
        for name in (self.signature.signer, self.signature.way) if self.signature else ():
            require(name in codes, f"form {self.code}: it is signed by the field {name}, which is not there")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields in their order."""
        return tuple(field for section in self.sections for field in section.fields)

    @cached_property
    def expressions(self) -> str:
        """Everything it computes and judges in one text: tells which outer names are worth looking up."""
        asked = [part for field in self.fields for part in (field.when, field.value, field.proposal)]
        return "\n".join((*asked, *(section.when for section in self.sections), *(rule.holds for rule in self.rules)))

    def field(self, code: str) -> Field:
        """A field by its code."""
        return next(field for field in self.fields if field.code == code)


def form(code: str, label: str, *fields: Field, version: int = 1, rules: tuple[Rule, ...] = (), day: str = "日期") -> Form:
    """A form of one section."""
    return Form(code, label, (Section(label, fields),), version=version, rules=rules, day=day)


FACTS = ("day", "age", "sex", "birth_date", "enrolled_on", "ends_on")
"""Facts about the person and the submission every form's expressions may name."""

RESERVED = frozenset(
    (
        *FACTS,
        *("id", "version", "is_deleted", "person_id", "enrolment_id", "case_no", "division_code", "line_code", "institution_id"),
        *("team", "worker", "worker_name", "submitted_at", "form_version", "closed_on", "close_reason", "state", "active"),
        *("quarters", "full_quarter", "period_start", "period_end", "name", "id_no", "phone", "address", "stamp", "capability"),
    )
)
"""Names no field may take: facts of expressions and columns of warehouse tables."""
