"""A few made-up people and how hospitals write them."""

from __future__ import annotations

from dataclasses import replace

from empi.api import RawIdentity

COUNTY = "411502000000"
OTHER_COUNTY = "411523000000"


def resident_id(region: str, born: str, order: str) -> str:
    """A resident id number with a right check digit (GB 11643)."""
    body = f"{region}{born.replace('-', '')}{order}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


WANG = RawIdentity(
    institution="H1",
    local_id="1001",
    source_time="2024-01-10",
    name="王建国",
    gender="1",
    birth_date="1956-03-04",
    id_type="01",
    id_no=resident_id("411502", "1956-03-04", "117"),
    phone="13703761234",
    address="河南省信阳市浉河区民权街道新华路12号院3号楼2单元301室",
    card_type="SSC",
    card_no="411502887766",
    nation="汉",
    division_code=COUNTY,
)
LI = RawIdentity(
    institution="H1",
    local_id="1002",
    source_time="2024-02-11",
    name="李秀兰",
    gender="2",
    birth_date="1961-11-20",
    id_type="01",
    id_no=resident_id("411502", "1961-11-20", "226"),
    phone="13803765678",
    address="河南省信阳市平桥区羊山街道新七大道88号锦绣城5号楼1单元902室",
    nation="汉",
    division_code=COUNTY,
)
ZHAO = RawIdentity(
    institution="H2",
    local_id="77",
    source_time="2023-05-05",
    name="赵鹏飞",
    gender="1",
    birth_date="1988-07-15",
    id_type="01",
    id_no=resident_id("411523", "1988-07-15", "339"),
    phone="15903769999",
    address="河南省信阳市新县新集镇京九路6号",
    nation="汉",
    division_code=OTHER_COUNTY,
)


def at(raw: RawIdentity, institution: str, local_id: str, **changes: object) -> RawIdentity:
    """The same person registered somewhere else."""
    division = {"H1": COUNTY, "H3": COUNTY}.get(institution, OTHER_COUNTY)
    return replace(raw, institution=institution, local_id=local_id, division_code=division, **changes)
