"""The watch over the suite's statements itself works."""

from __future__ import annotations

import pytest
from sqlalchemy import column, func, literal, select
from sqlalchemy.dialects.postgresql import array

from tests.support import oracle
from tests.support.models import Note

pytestmark = pytest.mark.system("A01", "A02")


def test_a_statement_oracle_does_not_know_is_caught() -> None:
    with pytest.raises(AssertionError, match="Oracle"):
        oracle._compiled(select(array([literal(1)])))


def test_statements_of_the_suite_are_compiled_and_parsed() -> None:
    sql = oracle._compiled(select(Note).where(Note.text.like("a%")).order_by(Note.id).limit(3).offset(2))
    assert "test_note" in sql and "LIMIT" not in sql
    assert oracle._compiled(select(func.count(column("x"))))
