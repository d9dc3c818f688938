"""The console's search over a code system of 40,000 rows, and mapped codes in the pipeline's path.

Run: .venv/bin/python -m benchmarks.bench_standards [rounds]
The page is asked for whole: authentication, scope, search, rendering, commit; its control is the same page over a table of
four rows in the same run. The lookups go the way of a load: ``etl.mapping`` over the columns of a batch, with the mapper
that the registry builds; their control is a bare loop over ``dict.get``. Targets: a search under 100 ms, 1 M lookups/s per
core. Rows, names and initials are those of ``tests.registry.test_large_table``: made up, in the shape of ICD-10.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy.orm import Session

from etl.mapping import map_codes, tables
from etl.uploads import Sender
from health_platform.app import application, create_platform
from health_platform.datasets.api import catalogue
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.settings import Settings
from registry.api import seed
from registry.standards import deciding, mapping
from registry.standards.deciding import Decision
from registry.standards.mapping import LocalFilter, Seen
from registry.standards.systems import current_terms, move, save_draft
from registry.standards.terms import State
from registry.standards.translating import StandardCodes, source_of
from tests.registry.test_large_table import icd_like
from tests.support.principals import PrincipalShelf, client_for, principal

PAGE = "/console/registry/standards"
SEARCHES = {"code": "B17.0", "Chinese": "慢性肺脓肿", "initials": "mxfnz", "two words": "脓肿 慢性", "nothing": "zzzz"}
ROWS, BATCH = 1_000_000, 50_000
SEX = "GBT2261.1_sex"
MAPPED = 4_000
"""Diagnoses a sender has codes of its own for."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    random.seed(20260101)
    with tempfile.TemporaryDirectory() as home:
        platform = create_platform(Settings(home=Path(home), demonstration=True, components="registry,empi,etl,browser_ui"))
        platform.database.create_all()
        with platform.database.unit_of_work(system_scope("benchmark")) as session:
            _prepare(session)
        _searches(platform, rounds)
        with platform.database.unit_of_work(system_scope("benchmark")) as session:
            _lookups(session)
        platform.database.close()


def _prepare(session: Session) -> None:
    seed(session)
    began = time.perf_counter()
    save_draft(session, SYSTEM, "ICD10", "2.0", list(icd_like()))
    for state in (State.REVIEW, State.PUBLISHED):
        move(session, SYSTEM, "ICD10", "2.0", state)
    print(f"40,000 rows written and published in {time.perf_counter() - began:.1f} s")


def _searches(platform: Platform, rounds: int) -> None:
    shelf = PrincipalShelf()
    platform.authenticator(shelf, first=True)
    client = client_for(application(platform), platform, shelf, principal())

    def asked(system: str, text: str) -> float:
        began = time.perf_counter()
        answer = client.get(f"{PAGE}/{system}?text={text}", headers={"Accept": "text/html"})
        assert answer.status_code == 200
        return (time.perf_counter() - began) * 1000

    print(f"first page of this process, over four rows: {asked(SEX, ''):.0f} ms")
    print(f"first search after publishing, 40,000 rows: {asked('ICD10', '慢性肺脓肿'):.0f} ms")
    for what, text in SEARCHES.items():
        ours, control = [], []
        for _ in range(rounds):
            ours.append(asked("ICD10", text))
            control.append(asked(SEX, "1"))
        print(
            f"search by {what}: p50 {median(ours):.0f} ms, p95 {quantiles(ours, n=20)[18]:.0f} ms; page over 4 rows p50 "
            f"{median(control):.0f} ms; ratio {median(ours) / median(control):.2f}"
        )


def _lookups(session: Session) -> None:
    """Every row carries one local code of a table with four, and one diagnosis of ``MAPPED`` with codes of the sender."""
    dataset = next(one for one in catalogue().values() if {"gender", "icd10"} <= {field.value_set for field in one.coded})
    sender, translator = Sender(1, "411502000000"), StandardCodes()
    source = source_of(session, sender)
    terms = {
        SEX: [term.code for term in current_terms(session, SEX)],
        "ICD10": [t.code for t in current_terms(session, "ICD10")][:MAPPED],
    }
    for system, codes in terms.items():
        mapping.report_codes(session, source, system, [Seen(f"L{code}", 1) for code in codes])
        rows = mapping.local_codes(session, LocalFilter(source=source, system=system, size=50_000)).rows
        deciding.decide(session, SYSTEM, [Decision(row.id, row.code[1:]) for row in rows])
    local = {"gender": [f"L{code}" for code in terms[SEX]], "icd10": [f"L{code}" for code in terms["ICD10"]]}
    blank = [""] * BATCH
    batches = [
        {
            field.name: random.choices(local[field.value_set], k=BATCH) if field.value_set in local else blank
            for field in dataset.coded
        }
        for _ in range(ROWS // BATCH // 2)
    ]
    filled = sum(1 for field in dataset.coded if field.value_set in local)
    known = tables(session, translator, sender, [(dataset, batches[0])])

    def through_the_pipeline() -> None:
        for batch in batches:
            map_codes(dataset, batch, BATCH, tables(session, translator, sender, [(dataset, batch)]))

    def bare_loop() -> None:
        for batch in batches:
            for field in dataset.coded:
                if field.value_set in local:
                    targets = known[field.value_set]
                    [targets.get(code) for code in batch[field.name]]

    count = filled * BATCH * len(batches)
    ours, control = _cpu(through_the_pipeline), _cpu(bare_loop)
    print(
        f"{dataset.name}: {count / ours / 1e6:.2f} M mapped codes/s of CPU with the sender's code kept, questions to the "
        f"registry included; bare loop {count / control / 1e6:.1f} M/s; {ours / control:.1f} × its time"
    )


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
