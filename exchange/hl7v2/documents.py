"""Document bodies: OBX of type ED carries base64 or text with its encoding, FT, TX and ST carry text in lines."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.hl7v2.grouping import Group
from exchange.hl7v2.message import Segment


@dataclass(frozen=True, slots=True)
class Content:
    """A field that holds the body of a document as base64."""

    field: str

    def within(self, group: Group, segments: Sequence[Segment]) -> str | None:
        """See ``Column.within``."""
        bodies = group.segments("OBX")
        encoded = next((one for one in bodies if one.text(2) == "ED"), None)
        if encoded is not None:
            return _encapsulated(encoded)
        text = "\n".join(filter(None, (one.whole(5) for one in bodies)))
        return base64.b64encode(text.encode()).decode() if text else None


def content(field: str) -> Content:
    """A column of the document body."""
    return Content(field)


def _encapsulated(segment: Segment) -> str | None:
    """ED: source^type^subtype^encoding^data, encoding one of A (as is), Hex, Base64 (HL70299)."""
    encoding, data = segment.text(5, 4).strip().upper(), segment.text(5, 5)
    if encoding == "BASE64":
        return "".join(data.split())
    if encoding == "HEX":
        try:
            return base64.b64encode(binascii.unhexlify("".join(data.split()))).decode()
        except (binascii.Error, ValueError):
            return data
    return base64.b64encode(data.encode()).decode() if data else None
