"""All kinds of messages by code and event."""

from functools import cache
from typing import Final

from exchange.hl7v2.definitions import adt, documents, orders, results, vaccination
from exchange.hl7v2.mapping import MessageKind

_GROUPS: Final = (adt, results, orders, vaccination, documents)


@cache
def kinds() -> dict[str, MessageKind]:
    """Message kind by ``code^event``.

    Raises:
        ValueError: an event is declared twice.
    """
    found: dict[str, MessageKind] = {}
    for kind in (kind for group in _GROUPS for kind in group.KINDS):
        for event in kind.events:
            if event in found:
                raise ValueError(f"{event} is declared twice")
            found[event] = kind
    return found


def codes() -> frozenset[str]:
    """Message codes of which some event is known, e.g. ``ADT``."""
    return frozenset(event.split("^")[0] for event in kinds())
