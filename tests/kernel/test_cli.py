"""The command line's own words."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from health_platform.cli import main

pytestmark = pytest.mark.system("A22")


def test_a_database_that_is_away_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A worker that is started again every two seconds until the database is back must not fill the log."""
    away = create_engine("postgresql+psycopg://hp@127.0.0.1:1/x")
    monkeypatch.setattr("health_platform.cli.cli", lambda *_, **__: away.connect())
    with pytest.raises(SystemExit) as ended:
        main(["worker"])
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 1
    assert said.startswith("error: the database cannot be reached: ") and "\n" not in said
