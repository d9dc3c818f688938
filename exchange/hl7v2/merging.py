"""What senders say about their numbers reaches the person index, after the pipeline has made the numbers known."""

from sqlalchemy.orm import Session

from exchange.hl7v2.events import IdentityMerged
from exchange.identity import merge_numbers


def apply_merge(session: Session, event: IdentityMerged) -> None:
    """Merge two numbers of one sender. A number not known yet makes the delivery wait and be tried again."""
    merge_numbers(session, event.institution, event.kept, event.gone, f"message {event.message}")
