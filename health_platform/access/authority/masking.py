"""Fields that are shown whole only to holders of their permission; everybody else sees enough to tell records apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from health_platform.kernel.scope import Principal


def _name(text: str) -> str:
    return text[:1] + "*" * max(1, len(text) - 1)


def _id_no(text: str) -> str:
    return text[:3] + "*" * max(0, len(text) - 7) + text[-4:] if len(text) > 7 else "*" * len(text)


def _phone(text: str) -> str:
    return text[:3] + "****" + text[-4:] if len(text) > 7 else "*" * len(text)


def _address(text: str) -> str:
    return text[:6] + "***" if len(text) > 6 else "***"


_RULES: dict[str, Callable[[str], str]] = {"name": _name, "id_no": _id_no, "phone": _phone, "address": _address}


@dataclass(frozen=True)
class Mask:
    """Masks the fields a caller may not see whole. ``own`` is the caller's own person: one's own data are never masked."""

    shown: frozenset[str]
    own: int | None = None

    def __call__(self, field: str, value: str | None, person_id: int | None = None) -> str | None:
        """The value of ``name``, ``id_no``, ``phone`` or ``address`` as the caller may see it."""
        if not value or field in self.shown or (person_id is not None and person_id == self.own):
            return value
        rule = _RULES.get(field)
        return rule(value) if rule else "***"


def mask_of(principal: Principal) -> Mask:
    """The mask for a caller, from the ``field.person.*`` permissions."""
    shown = frozenset(field for field in _RULES if principal.may(f"field.person.{field}"))
    return Mask(shown, principal.person_id if principal.kind == "resident" else None)
