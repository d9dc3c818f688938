"""What is pushed where: codes, words and addresses in; registers and divisions out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from applications.collaboration.doses import Dose, merged
from applications.collaboration.places import division_in
from applications.collaboration.pushes import pushes_of
from applications.collaboration.sharing import group_in
from health_platform.records.api import Event, Section
from tests.support.clinic import DIVISIONS, rows

pytestmark = pytest.mark.system("G06")

DIAGNOSES = """
    code        | name                       | registers
    I10         | 原发性高血压               | hypertension
    I10.x00x002 | 高血压2级                  | hypertension
    I11.9       | 高血压性心脏病             | hypertension
    I15.0       | 肾血管性高血压             |
    E11.9       | 2型糖尿病                  | diabetes
    E10.9       | 1型糖尿病                  |
    C34.9       | 肺恶性肿瘤                 | tumour
    D32.0       | 脑膜瘤                     | tumour
    D25.9       | 子宫平滑肌瘤               |
    I10         | 高血压？                   |
    C34.9       | 肺癌待排                   |
    C34.9       | 肺癌家族史                 |
    I10;E11.9   | 高血压；2型糖尿病          | hypertension,diabetes
    I10;C34.9   | 高血压;肺占位待查          | hypertension
    J18.9       | 肺炎                       |
    Z38.0       | 单胎活产婴儿               | vaccination
    Z37.0       | 单胎活产（母亲）           |
    F20.0       | 偏执型精神分裂症           | mental
    F31.9       | 双相情感障碍               | mental
    F32.9       | 抑郁发作                   |
"""


@pytest.mark.parametrize("row", rows(DIAGNOSES), ids=lambda row: row["name"])
def test_a_diagnosis_belongs_into_a_register_or_into_none(row: dict[str, str]) -> None:
    found = ",".join(one.push.register for one in pushes_of(row["code"], row["name"]))
    assert found == row["registers"]


NAMES = {code.ljust(12, "0"): name for code, name in DIVISIONS}
ADDRESSES = """
    address                                | division
    河南省信阳市固始县城关镇大塘村3组      | 411525100201
    固始县城关镇                           | 411525100000
    信阳市浉河区五里镇河口村               | 411502100201
    浉河区大塘村                           |
    大塘村3组                              |
    固始县                                 |
    固始县城关镇、浉河区五里镇             |
"""


@pytest.mark.parametrize("row", rows(ADDRESSES), ids=lambda row: row["address"])
def test_an_address_names_one_place_or_none(row: dict[str, str]) -> None:
    assert (division_in(row["address"], NAMES) or "") == row["division"]


def dose(day: str, vaccine: str, source: str = "record") -> Dose:
    return Dose(date.fromisoformat(day), vaccine, "", "甲", source=source)


def test_a_dose_both_uploaded_and_registered_is_one() -> None:
    uploaded = [dose("2025-01-05", "乙肝疫苗"), dose("2025-01-05", "卡介苗"), dose("2025-02-05", "乙肝疫苗")]
    own = [dose("2025-01-05", "重组乙肝疫苗（酿酒酵母）"), dose("2025-03-05", "流感疫苗")]
    found = [(str(one.day), one.vaccine, one.source) for one in merged(uploaded, own)]
    assert found == [
        ("2025-01-05", "重组乙肝疫苗（酿酒酵母）", "both"), ("2025-03-05", "流感疫苗", "register"),
        ("2025-01-05", "卡介苗", "record"), ("2025-02-05", "乙肝疫苗", "record"),
    ]  # fmt: skip


GROUPS = """
    title     | value   | abo  | rh
    ABO血型   | A       | A型  |
    ABO血型   | AB型    | AB型 |
    血型      | O型 Rh阳性 | O型 | 阳性
    Rh血型    | 阴性    |      | 阴性
    RhD血型   | +       |      | 阳性
    血型鉴定  | 未做    |      |
"""


@pytest.mark.parametrize("row", rows(GROUPS), ids=lambda row: f"{row['title']}{row['value']}")
def test_a_result_states_a_blood_group_or_none(row: dict[str, str]) -> None:
    event = Event("r", Section.LAB, "emr_ex_lab_item", datetime(2025, 1, 1, tzinfo=UTC), row["title"], value=row["value"])
    assert (group_in("ABO", event), group_in("Rh", event)) == (row["abo"], row["rh"])
