"""Sex, age and diagnosis: what cannot be together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from etl.quality.definitions.writing import Line, written
from etl.quality.rules import Partner, Rule

_FEMALE: Final = "matches({0}, '(O[0-9]{{2}}|C5[1-8]|D06|D25|D26|D27|N7[0-7]|N8[0-9]|N9[0-8]|Z3[2-7]).*')"
_MALE: Final = "matches({0}, '(C6[0-3]|D29|D40|N4[0-9]|N50|N51).*')"
_PREGNANT: Final = "matches({0}, '(O[0-9]{{2}}|Z3[3-6]).*')"
_NEWBORN: Final = "matches({0}, 'P[0-9]{{2}}.*')"
_SENILE: Final = "matches({0}, '(F00|F01|F03|G30|H25|N40|M81).*')"
_CHILDREN: Final = "matches({0}, '(F9[0-8]).*')"

OWN: Final = (("visit", "diagnosis"), ("diagnosis", "diagnosis"), ("history_item", "problem"))
"""Datasets whose rows hold sex, birth date and diagnosis."""

JOINED: Final = (
    ("emr_activity_info", "wm_disease_code"),
    ("emr_outpatient_record", "wm_diagnosis_code"),
    ("emr_outpatient_obs", "wm_diagnosis_code"),
    ("emr_discharge_info", "discharge_diagnosis_code"),
    ("emr_admission_record", "discharge_diagnosis_code"),
)
"""Datasets whose rows hold the diagnosis only; sex and birth date stand in the register of patients."""


def rules() -> Iterator[Rule]:
    """All of them."""
    for name, code in OWN:
        yield from written(name, _lines(code, "gender", "birth_date"))
    register = Partner("emr_patient_info", (("patient_id", "id"),))
    for name, code in JOINED:
        yield from written(name, _lines(code, "other.gender_code", "other.birth_date"), register)


def _lines(code: str, gender: str, born: str) -> tuple[Line, ...]:
    age = f"years_between({born}, event_time)"
    return (
        (f"{code}.male", "L!", "男性不应有妊娠、女性生殖系统疾病的诊断", _FEMALE.format(code), f"{gender} = '1'"),
        (f"{code}.female", "L!", "女性不应有男性生殖系统疾病的诊断", _MALE.format(code), f"{gender} = '2'"),
        (f"{code}.pregnant", "L", "妊娠、分娩诊断的年龄应在 10 至 60 岁", f"{age} not between 10 and 60", _PREGNANT.format(code)),
        (f"{code}.newborn", "L", "起源于围生期的疾病（P00–P96）通常不用于 2 岁以上患者", f"{age} > 2", _NEWBORN.format(code)),
        (f"{code}.senile", "L", "老年性疾病的诊断不应用于 30 岁以下患者", f"{age} < 30", _SENILE.format(code)),
        (f"{code}.child", "L", "起病于童年期的精神障碍（F90–F98）不应用于 60 岁以上新诊断", f"{age} > 60", _CHILDREN.format(code)),
    )  # fmt: skip
