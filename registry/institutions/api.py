"""Public door of institutions and departments."""

from registry.institutions.definitions import CATEGORIES, EVENTS, GRADES, OWNERSHIPS, PROFITS, STATES
from registry.institutions.departments import departments
from registry.institutions.directory import InstitutionLookup
from registry.institutions.models import Department, Institution, InstitutionEvent
from registry.institutions.schemas import DepartmentIn, InstitutionChange, InstitutionIn, InstitutionQuery, KeeperIn, MergeIn
from registry.institutions.service import InstitutionFilter, draft_of, history, institution, listed, may_keep, resolve
from registry.institutions.transfer_files import ImportResult, import_file

__all__ = [
    "CATEGORIES",
    "EVENTS",
    "GRADES",
    "OWNERSHIPS",
    "PROFITS",
    "STATES",
    "Department",
    "DepartmentIn",
    "ImportResult",
    "Institution",
    "InstitutionChange",
    "InstitutionEvent",
    "InstitutionFilter",
    "InstitutionIn",
    "InstitutionLookup",
    "InstitutionQuery",
    "KeeperIn",
    "MergeIn",
    "departments",
    "draft_of",
    "history",
    "import_file",
    "institution",
    "listed",
    "may_keep",
    "resolve",
]
