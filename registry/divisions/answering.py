"""Who answers for everything a deployment holds (ADR 90).

The region of a deployment is a setting. Of a city's platform it is the city, and the city decides what its counties hand in.
A county with a platform of its own has nobody above it there: it decides itself.
"""

from sqlalchemy.orm import Session

from health_platform.kernel.errors import Denied
from health_platform.kernel.scope import Scope, region_of, scope_of
from registry.divisions.codes import Level, level_of, pad


def answers_for_region(session: Session, scope: Scope | None = None) -> bool:
    """Whether a jurisdiction (the session's, unless another is given) is the whole region, so that what holds for all may be
    changed: the map as a whole, closed years, code tables and value sets."""
    return (scope or scope_of(session)).answers_for(region_of(session))


def must_answer_for_region(session: Session) -> None:
    """Refuse acts on what holds for all to anyone who answers for less.

    Raises:
        Denied: ``division.not_the_region``.
    """
    if not answers_for_region(session):
        raise Denied("division.not_the_region", division=region_of(session))


def deciding_division(session: Session, code: str) -> str:
    """The division whose administrator decides about a part of the map: the city it lies in, or the region where that is less.

    What reaches beyond it is decided by the lowest division that contains all of it, which is the code itself.
    """
    lowest = max(Level.CITY, level_of(region_of(session)))
    return pad(code[:lowest]) if level_of(code) >= lowest else code
