"""Linking and judging files needs no platform: nothing set up, nothing created."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.city_corpus import City, write
from health_platform.cli import cli

pytestmark = pytest.mark.system("A10")


def test_files_are_linked_and_judged_where_nothing_is_set_up(tmp_path: Path) -> None:
    home = tmp_path / "never-made"
    environment = {name: None for name in os.environ if name.startswith("HP_")} | {"HP_HOME": str(home)}
    write([City(60, seed=3, noise=1.0).corpus()], tmp_path / "city")
    runner, clusters = CliRunner(), tmp_path / "clusters.csv"

    linked = runner.invoke(cli, ["empi", "link", str(tmp_path / "city" / "records.csv"), "--out", str(clusters)], env=environment)
    assert linked.exit_code == 0, linked.output
    with clusters.open(encoding="utf-8") as lines:
        assert set(next(csv.DictReader(lines))) == {"rec_id", "cluster_id"}

    truth = str(tmp_path / "city" / "truth.csv")
    judged = runner.invoke(cli, ["empi", "evaluate", str(clusters), "--truth", truth], env=environment)
    assert json.loads(judged.stdout)["pairs"]["precision"] > 0.9
    assert not home.exists()
