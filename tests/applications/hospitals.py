"""A county hospital that uploads what it knows of its patients, as its system does."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

from empi.api import by_credential
from etl.api import Sender, Upload, accept
from etl.api import ensure_tables as ensure_upload_tables
from health_platform.kernel.scope import system_scope
from health_platform.records.api import ensure_tables
from tests.support.clinic import Region, id_number

_SERIAL = itertools.count(1)
COUNTY, TOWN = "411525000000", "411525100"
ADDRESS = "河南省信阳市固始县城关镇大塘村3组"


class Hospital:
    """A county hospital that uploads its patients' data."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.name = f"固始县第{next(_SERIAL)}医院"
        self.unit = region.unit("411525", self.name)
        ensure_upload_tables(region.platform.warehouse)
        ensure_tables(region.platform.warehouse)

    def send(self, dataset: str, *rows: dict[str, Any]) -> None:
        content = json.dumps(list(rows), ensure_ascii=False).encode()
        with self.region.platform.database.unit_of_work(system_scope("test")) as session:
            upload = Upload(Sender(self.unit, COUNTY), dataset, f"c{next(_SERIAL)}", content, "json", "upsert")
            accept(session, upload)
        self.region.work()

    def patient(self, name: str, born: str = "1960-05-01", address: str = ADDRESS) -> tuple[str, int]:
        """(local number, person id) of a new patient."""
        local, number = f"H{next(_SERIAL)}", id_number(date.fromisoformat(born))
        self.send("emr_patient_info", {
            "id": local, "patient_name": name, "id_card_type_code": "01", "id_card": number, "gender_code": "1",
            "birth_date": born, "current_addr_detail": address, "org_name": self.name, "operation_time": "2025-03-01 08:00:00",
        })  # fmt: skip
        with self.region.platform.database.unit_of_work(system_scope("test")) as session:
            return local, by_credential(session, "id", number)[0].person_id

    def diagnose(self, local: str, name: str, code: str, text: str, day: str = "2025-03-05") -> None:
        self.send("diagnosis", {
            "diagnosis_no": f"D{next(_SERIAL)}", "patient_id": local, "patient_name": name, "diagnosed_at": f"{day} 09:00:00",
            "diagnosis": code, "diagnosis_text": text, "org_name": self.name, "staff_name": "王医生",
        })  # fmt: skip

    def report_death(self, local: str, name: str, day: str, cause: str, code: str) -> None:
        self.send("emr_death_info", {
            "id": f"X{next(_SERIAL)}", "patient_id": local, "patient_name": name, "dead_date": f"{day} 03:00:00",
            "direct_cause_name": cause, "direct_cause_code": code, "org_name": self.name, "operation_time": f"{day} 05:00:00",
        })  # fmt: skip

    def vaccinate(self, local: str, name: str, vaccine: str, day: str, dose: str = "1") -> None:
        self.send("vaccination", {
            "vaccination_no": f"V{next(_SERIAL)}", "patient_id": local, "patient_name": name, "vaccine_text": vaccine,
            "dose": dose, "vaccinated_at": f"{day} 09:00:00", "org_name": self.name,
        })  # fmt: skip
