"""Public door of registration as a service."""

from registry.registration.kinds import KINDS
from registry.registration.models import Submission
from registry.registration.schemas import STATES, SubmissionQuery
from registry.registration.service import SubmissionFilter, listed, submission

__all__ = ["KINDS", "STATES", "Submission", "SubmissionFilter", "SubmissionQuery", "listed", "submission"]
