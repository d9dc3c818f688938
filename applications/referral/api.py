"""Public door of the referral, for the pages."""

from applications.referral.capacity import Free, all_resources, resources_of
from applications.referral.schemas import SpanQuery
from applications.referral.statistics import Figures, by_institution
from applications.referral.summary import Line, Summary, summary_of

__all__ = ["Figures", "Free", "Line", "SpanQuery", "Summary", "all_resources", "by_institution", "resources_of", "summary_of"]
