"""Health files, for other packages.

Death registrations call ``announce_death(session, person_id, died_on, source)``; the file is then sealed by the event
``person.died``. ``file_of(session, person_id)`` gives the file of a person in scope.
"""

from health_platform.records.filing.correcting import corrections_of, waiting_corrections
from health_platform.records.filing.definitions import ACTIONS, CORRECTABLE, CORRECTION_STATES, STATES
from health_platform.records.filing.events import FileChanged, PersonDied
from health_platform.records.filing.listing import SIZE, FileFilter, find_files
from health_platform.records.filing.models import CorrectionRequest, FileEntry, HealthFile
from health_platform.records.filing.ports import HidingWishes
from health_platform.records.filing.schemas import (
    CorrectIn,
    CorrectionAnswerIn,
    CorrectionIn,
    FileIn,
    FileQuery,
    MoveIn,
    ReasonIn,
    SealIn,
    WishIn,
)
from health_platform.records.filing.service import (
    Act,
    NewFile,
    announce_death,
    file_of,
    find_file,
    migrate_files,
    open_file,
    trail_of,
)

__all__ = [
    "ACTIONS",
    "CORRECTABLE",
    "CORRECTION_STATES",
    "SIZE",
    "STATES",
    "Act",
    "CorrectIn",
    "CorrectionAnswerIn",
    "CorrectionIn",
    "CorrectionRequest",
    "FileChanged",
    "FileEntry",
    "FileFilter",
    "FileIn",
    "FileQuery",
    "HealthFile",
    "HidingWishes",
    "MoveIn",
    "NewFile",
    "PersonDied",
    "ReasonIn",
    "SealIn",
    "WishIn",
    "announce_death",
    "corrections_of",
    "file_of",
    "find_file",
    "find_files",
    "migrate_files",
    "open_file",
    "trail_of",
    "waiting_corrections",
]
