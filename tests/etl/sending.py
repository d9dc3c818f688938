"""A sender process for the kill tests: uploads rows of two institutions in turns and prints the number of each upload that was
acknowledged; the second institution is the one after the given."""

from __future__ import annotations

import json
import os
import sys

from etl.api import Sender, Upload, accept
from health_platform.app import create_platform
from health_platform.kernel.scope import system_scope
from health_platform.settings import load_settings


def main(institution: int, first: int, count: int, rows: int) -> None:
    platform = create_platform(load_settings(os.environ))
    for number in range(first, first + count):
        content = json.dumps([_row(number, at) for at in range(rows)]).encode()
        sender = Sender(institution + number % 2, "411502000000")
        upload = Upload(sender, "emr_ex_lab", f"u{number}", content, "json")
        with platform.database.unit_of_work(system_scope("sender")) as session:
            accept(session, upload)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _row(number: int, at: int) -> dict[str, str]:
    return {"id": f"{number}-{at}", "patientId": f"p{at % 7}", "examinationReportDate": "2026-03-01 08:00:00"}


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
