"""Public door of health resources."""

from registry.resources.definitions import KINDS, ResourceKind
from registry.resources.models import Resource
from registry.resources.schemas import LABELS, ResourceIn, ResourceQuery, SumQuery
from registry.resources.service import ResourceFilter, Sum, by_area, by_institution, listed
from registry.resources.transfer_files import import_file

__all__ = [
    "KINDS",
    "LABELS",
    "Resource",
    "ResourceFilter",
    "ResourceIn",
    "ResourceKind",
    "ResourceQuery",
    "Sum",
    "SumQuery",
    "by_area",
    "by_institution",
    "import_file",
    "listed",
]
