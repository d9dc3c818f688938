"""Public door of institutions and departments."""

from registry.institutions.definitions import CATEGORIES, EVENTS, GRADES, OWNERSHIPS, PROFITS, STATES
from registry.institutions.department_files import import_file as import_departments
from registry.institutions.department_files import institutions_of
from registry.institutions.departments import DepartmentFilter, departments
from registry.institutions.departments import listed as listed_departments
from registry.institutions.directory import InstitutionLookup
from registry.institutions.models import Department, Institution, InstitutionEvent
from registry.institutions.schemas import (
    DepartmentIn,
    DepartmentQuery,
    InstitutionChange,
    InstitutionIn,
    InstitutionQuery,
    KeeperIn,
    MergeIn,
)
from registry.institutions.service import InstitutionFilter, draft_of, history, institution, listed, may_keep, resolve
from registry.institutions.transfer_files import import_file

__all__ = [
    "CATEGORIES",
    "EVENTS",
    "GRADES",
    "OWNERSHIPS",
    "PROFITS",
    "STATES",
    "Department",
    "DepartmentFilter",
    "DepartmentIn",
    "DepartmentQuery",
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
    "import_departments",
    "import_file",
    "institution",
    "institutions_of",
    "listed",
    "listed_departments",
    "may_keep",
    "resolve",
]
