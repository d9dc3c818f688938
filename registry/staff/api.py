"""Public door of staff."""

from registry.staff.definitions import CATEGORIES, STATES, TITLES, TRANSFER_STATES
from registry.staff.models import Staff, StaffPost, StaffTransfer
from registry.staff.schemas import AccountIn, StaffChange, StaffIn, StaffQuery, TransferIn, TransferQuery, masked
from registry.staff.service import AccountWish, StaffFilter, draft_of, listed, open_account, posts, staff
from registry.staff.transfer_files import import_file
from registry.staff.transfers import TransferFilter, found_transfers

__all__ = [
    "CATEGORIES",
    "STATES",
    "TITLES",
    "TRANSFER_STATES",
    "AccountIn",
    "AccountWish",
    "Staff",
    "StaffChange",
    "StaffFilter",
    "StaffIn",
    "StaffPost",
    "StaffQuery",
    "StaffTransfer",
    "TransferFilter",
    "TransferIn",
    "TransferQuery",
    "draft_of",
    "found_transfers",
    "import_file",
    "listed",
    "masked",
    "open_account",
    "posts",
    "staff",
]
