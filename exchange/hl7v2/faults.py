"""What can be wrong with a message, in HL7's own words (table HL70357)."""

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Error condition codes of HL70357: code and text as they are sent in ERR-3."""

    SEGMENT_SEQUENCE = ("100", "Segment sequence error")
    REQUIRED_FIELD = ("101", "Required field missing")
    DATA_TYPE = ("102", "Data type error")
    TABLE_VALUE = ("103", "Table value not found")
    MESSAGE_TYPE = ("200", "Unsupported message type")
    EVENT_CODE = ("201", "Unsupported event code")
    PROCESSING_ID = ("202", "Unsupported processing id")
    VERSION_ID = ("203", "Unsupported version id")
    UNKNOWN_KEY = ("204", "Unknown key identifier")
    DUPLICATE_KEY = ("205", "Duplicate key identifier")
    INTERNAL = ("207", "Application internal error")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def text(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a message; 0 means "not given". Sequence and repetition count from 1."""

    segment: str
    field: int = 0
    sequence: int = 1
    repetition: int = 0
    component: int = 0

    def __str__(self) -> str:
        if not self.field:
            return self.segment
        component = f".{self.component}" if self.component else ""
        return f"{self.segment}-{self.field}{component}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: reason, what exactly, and where."""

    reason: Reason
    detail: str
    where: Location | None = None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.reason.text}: {self.detail}"


class Unreadable(ValueError):
    """The bytes cannot be read as a message, so no part of them may be trusted (answered AR)."""

    def __init__(self, reason: Reason, detail: str, where: Location | None = None) -> None:
        self.fault = Fault(reason, detail, where)
        super().__init__(str(self.fault))
