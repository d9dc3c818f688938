"""Work that nobody waits for gives way to people who wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from health_platform.kernel import giving_way
from health_platform.kernel.giving_way import LONGEST_REST, RESTS, give_way, is_unawaited, unawaited

pytestmark = pytest.mark.system("A01")


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[float]:
    """The rests that were taken, on a machine that is short of processors whose clock goes two seconds at each look."""
    taken: list[float] = []
    seconds = iter(range(0, 1000, 2))
    monkeypatch.setattr(giving_way.time, "sleep", taken.append)
    monkeypatch.setattr(giving_way.time, "monotonic", lambda: next(seconds) / 10)
    monkeypatch.setattr(giving_way, "_PRESSURE", tmp_path / "cpu")
    pressure(tmp_path, 55)
    return taken


def pressure(folder: Path, share: float) -> None:
    (folder / "cpu").write_text(f"some avg10={share:.2f} avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00\n")


def test_a_job_rests_between_its_pieces_where_processors_are_short(rests: list[float], tmp_path: Path) -> None:
    with unawaited():
        give_way()
        assert rests == [pytest.approx(0.2 * RESTS)]
        pressure(tmp_path, 5)
        give_way()
        assert len(rests) == 1, "nobody waits for a processor"


def test_no_rest_is_longer_than_bearable(rests: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 100_000, 600))
    monkeypatch.setattr(giving_way.time, "monotonic", lambda: next(seconds))
    with unawaited():
        give_way()
    assert rests == [LONGEST_REST]


def test_a_command_does_not_rest(rests: list[float]) -> None:
    with unawaited():
        assert is_unawaited()
    assert not is_unawaited()
    give_way()
    assert rests == []


def test_elsewhere_the_length_of_the_queue_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_way, "_PRESSURE", tmp_path / "nothing")
    monkeypatch.setattr(giving_way.os, "getloadavg", lambda: (9.0, 0.0, 0.0))
    monkeypatch.setattr(giving_way.os, "cpu_count", lambda: 2)
    assert giving_way.processors_are_short()
    monkeypatch.setattr(giving_way.os, "cpu_count", lambda: 16)
    assert not giving_way.processors_are_short()
