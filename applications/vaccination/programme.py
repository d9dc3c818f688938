"""国家免疫规划疫苗儿童免疫程序 as a table: vaccine, dose, age, minimum interval to the dose before, last age for catching up.

The programme of 2021 with the changes of 2025 (pertussis: 2, 4, 6, 18 months and 6 years; HPV for girls of 13). Ages and
last ages are from memory in part and therefore 待确认: a change is one line here and a new version of the dose form.
"""

from __future__ import annotations

from health_platform.engine.api import Milestone, Option, days, months

LIVE = ("bcg", "opv", "mmr", "je", "hepa")
VACCINES = {
    "hepb": "乙肝疫苗", "bcg": "卡介苗", "ipv": "脊灰灭活疫苗", "opv": "脊灰减毒活疫苗",
    "dtap": "百白破疫苗", "mmr": "麻腮风疫苗", "je": "乙脑减毒活疫苗", "mena": "A群流脑多糖疫苗",
    "menac": "A群C群流脑多糖疫苗", "hepa": "甲肝减毒活疫苗", "hpv": "双价HPV疫苗",
}  # fmt: skip
ADULT = {
    "flu": "流感疫苗", "ppv": "肺炎球菌疫苗", "rabies": "狂犬病疫苗", "tetanus": "破伤风疫苗", "zoster": "带状疱疹疫苗",
    "hepb_adult": "乙肝疫苗（成人）", "hpv_adult": "HPV疫苗（非免疫规划）", "covid": "新冠病毒疫苗", "other": "其他疫苗",
}  # fmt: skip

# dose | at (months; 0 is the day of birth) | days after the dose before | last age (months) | condition
_TABLE = """
    hepb_1  | 0   |     | 215 |
    hepb_2  | 1   | 28  | 215 |
    hepb_3  | 6   | 60  | 215 |
    bcg_1   | 0   |     | 47  |
    ipv_1   | 2   |     | 215 |
    ipv_2   | 3   | 28  | 215 |
    opv_3   | 4   | 28  | 215 |
    opv_4   | 48  | 28  | 215 |
    dtap_1  | 2   |     | 83  |
    dtap_2  | 4   | 28  | 83  |
    dtap_3  | 6   | 28  | 83  |
    dtap_4  | 18  | 180 | 83  |
    dtap_5  | 72  | 180 | 83  |
    mmr_1   | 8   |     | 215 |
    mmr_2   | 18  | 28  | 215 |
    je_1    | 8   |     | 215 |
    je_2    | 24  | 365 | 215 |
    mena_1  | 6   |     | 23  |
    mena_2  | 9   | 90  | 23  |
    menac_1 | 36  |     | 215 |
    menac_2 | 72  | 1095 | 215 |
    hepa_1  | 18  |     | 215 |
    hpv_1   | 156 |     | 179 | sex = '2' and birth_date > date '2011-11-10'
    hpv_2   | 162 | 150 | 191 | sex = '2'
"""

_FOLLOWS_OTHER = {"opv_3": "ipv_2"}


def banned(dose: str) -> str:
    """The tally of permanent contraindications against the vaccine of a dose, or of an adult's dose."""
    return f"banned_{dose.rsplit('_', 1)[0] if dose in DOSES else dose}"


def _wanted(dose: str, condition: str) -> str:
    """When a dose is offered: never to whom its vaccine is barred for good."""
    allowed = f"not coalesce(so_far_{banned(dose)} > 0, false)"
    return f"({condition}) and {allowed}" if condition else allowed


def _rows() -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("|")) for line in _TABLE.strip().splitlines()]


def _before(dose: str) -> str:
    vaccine, number = dose.rsplit("_", 1)
    return _FOLLOWS_OTHER.get(dose, f"{vaccine}_{int(number) - 1}" if number != "1" else "")


def label_of(dose: str) -> str:
    """``hepb_2`` → 乙肝疫苗第2剂."""
    vaccine, number = dose.rsplit("_", 1)
    return f"{VACCINES[vaccine]}第{number}剂"


DOSES = tuple(row[0] for row in _rows())
MILESTONES = tuple(
    Milestone(
        dose,
        label_of(dose),
        at=months(int(at)) if int(at) else days(0),
        until=months(int(last)),
        follows=_before(dose),
        gap=days(int(gap)) if gap else None,
        when=_wanted(dose, when),
    )
    for dose, at, gap, last, when in _rows()
)
CONDITIONAL = frozenset(dose for dose, *_, when in _rows() if when)
"""Doses that are for some people only."""
AT_MONTHS = {dose: int(at) for dose, at, _, _, _ in _rows()}
GAPS = {dose: (_before(dose), int(gap)) for dose, _, gap, _, _ in _rows() if gap}
DOSE_OPTIONS = tuple(Option(dose, label_of(dose)) for dose in DOSES) + tuple(Option(code, label) for code, label in ADULT.items())
INJECTED_LIVE = tuple(dose for dose in DOSES if dose.split("_")[0] in LIVE and not dose.startswith("opv"))
BANS = tuple(dict.fromkeys(banned(option.code) for option in DOSE_OPTIONS))
LIVE_DOSES = tuple(dose for dose in DOSES if dose.split("_")[0] in LIVE)
