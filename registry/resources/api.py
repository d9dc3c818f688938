"""Public door of health resources."""

from registry.resources.definitions import KINDS, ResourceKind
from registry.resources.models import Resource
from registry.resources.schemas import LABELS, ResourceIn, ResourceQuery, SumQuery
from registry.resources.service import ResourceDraft, ResourceFilter, add, listed
from registry.resources.tables import KIND_HEADINGS, sums
from registry.resources.transfer_files import import_file

__all__ = [
    "KINDS",
    "KIND_HEADINGS",
    "LABELS",
    "Resource",
    "ResourceDraft",
    "ResourceFilter",
    "ResourceIn",
    "ResourceKind",
    "ResourceQuery",
    "SumQuery",
    "add",
    "import_file",
    "listed",
    "sums",
]
