"""What file management needs of the resident portal: the wishes of a person about what others see."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.orm import Session


class HidingWishes(Protocol):
    """Which classes of the record a person hides from everybody."""

    def change(
        self, session: Session, person_id: int, kinds: frozenset[str], set_by: int
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Hide exactly these classes from now on; returns what was hidden before and is now.

        Raises:
            Invalid: not a class that can be hidden.
        """
