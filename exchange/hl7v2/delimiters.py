"""The separators a message declares for itself in MSH-1 and MSH-2."""

from typing import Final

import msgspec

from exchange.hl7v2.faults import Location, Reason, Unreadable


class Delimiters(msgspec.Struct, frozen=True):
    """Separators of one message; an absent one is the empty string."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


USUAL: Final = Delimiters()


def read_delimiters(header: str) -> Delimiters:
    """Separators from a header segment (MSH, FHS or BHS).

    Raises:
        Unreadable: MSH-2 is missing, too long, repeats a character or uses letters or digits.
    """
    if header.startswith(f"{header[:3]}|^~\\&|"):
        return USUAL
    separator = header[3:4]
    characters = header[4:].split(separator, 1)[0] if separator else ""
    used = separator + characters
    if not separator or not 1 <= len(characters) <= 5:
        raise Unreadable(Reason.REQUIRED_FIELD, "MSH-2 must hold 1 to 5 encoding characters", Location(header[:3], 2))
    if len(set(used)) != len(used) or any(mark.isalnum() or mark.isspace() or mark == '"' for mark in used):
        raise Unreadable(Reason.DATA_TYPE, "separators must be different punctuation marks", Location(header[:3], 2))
    padded = [*characters, *[""] * (5 - len(characters))]
    return Delimiters(separator, *padded)
