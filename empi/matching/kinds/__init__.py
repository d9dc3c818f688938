"""Comparison kinds: how one sort of field is read, encoded, compared and used for blocking."""

from empi.matching.kinds.base import Kind
from empi.matching.kinds.catalogue import KINDS, kind_of

__all__ = ["KINDS", "Kind", "kind_of"]
