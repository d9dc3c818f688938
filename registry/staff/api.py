"""Public door of staff."""

from registry.staff.definitions import CATEGORIES, STATES, TITLES, TRANSFER_STATES
from registry.staff.models import Staff, StaffPost, StaffTransfer
from registry.staff.schemas import AccountIn, StaffChange, StaffIn, StaffQuery, TransferIn, masked
from registry.staff.service import StaffFilter, draft_of, listed, posts, staff
from registry.staff.transfers import incoming

__all__ = [
    "CATEGORIES", "STATES", "TITLES", "TRANSFER_STATES", "AccountIn", "Staff", "StaffChange", "StaffFilter", "StaffIn",
    "StaffPost", "StaffQuery", "StaffTransfer", "TransferIn", "draft_of", "incoming", "listed", "masked", "posts",
    "staff",
]
