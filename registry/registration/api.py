"""Public door of registration as a service."""

from registry.registration.files import headings, submit_file
from registry.registration.kinds import KINDS
from registry.registration.models import Submission
from registry.registration.schemas import STATES, SubmissionFileIn, SubmissionQuery
from registry.registration.service import SubmissionFilter, listed, submission

__all__ = [
    "KINDS",
    "STATES",
    "Submission",
    "SubmissionFileIn",
    "SubmissionFilter",
    "SubmissionQuery",
    "headings",
    "listed",
    "submission",
    "submit_file",
]
