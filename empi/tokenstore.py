"""Writing search tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete
from sqlalchemy.orm import Session

from empi.models import TokenRow
from empi.plain import write_missing
from empi.querying import chunks

TOKEN_COLUMNS = ("token", "patient_key")


def store_tokens(session: Session, tokens: Mapping[int, Collection[int]]) -> None:
    """Write the tokens of identities; a first load that was stopped may have left some of them (ADR 98)."""
    rows = [(token, key) for key, of_key in tokens.items() for token in of_key]
    write_missing(session, TokenRow, TOKEN_COLUMNS, sorted(rows))


def change_tokens(session: Session, key: int, before: Collection[int], after: Collection[int]) -> None:
    """Replace the tokens of one identity, touching only what differs."""
    for some in chunks(set(before) - set(after)):
        session.execute(
            delete(TokenRow)
            .where(TokenRow.token.in_(some), TokenRow.patient_key == key)
            .execution_options(synchronize_session=False)
        )
    store_tokens(session, {key: set(after) - set(before)})
