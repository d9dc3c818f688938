"""A person's identity for a page: what the master index holds, masked unless revealed one field at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SEXES = {"1": "男", "2": "女"}
REVEALABLE = {"id_no": "身份证件", "phone": "电话", "address": "住址"}


@dataclass(frozen=True)
class PersonCard:
    """What the master index believes of a person. ``values`` are in full: never hand it to a template."""

    person_id: int
    values: dict[str, str]

    @property
    def name(self) -> str:
        return self.values.get("name") or "姓名不详"

    @property
    def sex(self) -> str:
        return SEXES.get(self.values.get("gender", ""), "性别不详")

    @property
    def birth(self) -> date | None:
        try:
            return date.fromisoformat(self.values.get("birth_date", "")[:10])
        except ValueError:
            return None

    def masked(self, field: str) -> str:
        """The field's value as far as it may be shown without a logged request; "" when unknown."""
        return MASKS[field](self.values.get(field, ""))


def mask_number(text: str) -> str:
    """An identity number: the first four (area) and the last two characters stay."""
    return f"{text[:4]}{'*' * (len(text) - 6)}{text[-2:]}" if len(text) > 8 else "*" * len(text)


def mask_phone(text: str) -> str:
    """A phone number: the first three and the last two digits stay."""
    return f"{text[:3]}{'*' * (len(text) - 5)}{text[-2:]}" if len(text) > 6 else "*" * len(text)


def mask_address(text: str) -> str:
    """An address: at most the first six characters (city and county) and never more than half stay."""
    kept = min(6, len(text) // 2)
    return f"{text[:kept]}{'*' * min(8, len(text) - kept)}"


def mask_name(text: str) -> str:
    """A name in a list that anybody may pass by: the first character stays."""
    return f"{text[:1]}{'*' * max(1, len(text) - 1)}" if text else ""


MASKS = {"id_no": mask_number, "phone": mask_phone, "address": mask_address, "name": mask_name}
