"""Messages made for tests. Names and numbers are invented."""

from __future__ import annotations

ADT = (
    "MSH|^~\\&|HIS|{facility}|CR|REGION|20260301080000||{kind}|{control}|P|2.5|||||CHN|UNICODE UTF-8",
    "EVN|A01|20260301080000",
    "PID|1||{number}^^^{facility}^MR~41152119800506001X^^^^NNCHN||{name}||{birth}|{gender}|||"
    "人民路1号^^信阳市^河南省||13800000000|||M",
    "NK1|1|李四^|SPO||13900000000",
    "PV1|1|I|W1^101^5^H||||D01^王^医生|||D10|||||||||V{number}|||||||||||||||||||||||||20260301073000",
    "DG1|1||J18.9^肺炎^ICD10||20260301|A",
    "AL1|1|DA|P01^青霉素|SV|皮疹|20200101",
)


def adt(
    control: str = "C1",
    number: str = "P1",
    facility: str = "TEST",
    kind: str = "ADT^A01^ADT_A01",
    name: str = "张^三",
    birth: str = "19800506",
    gender: str = "M",
    extra: tuple[str, ...] = (),
) -> bytes:
    """An ADT message; ``extra`` segments are put at its end."""
    text = "\r".join((*ADT, *extra)).format(
        control=control, number=number, facility=facility, kind=kind, name=name, birth=birth, gender=gender
    )
    return (text + "\r").encode()


def oru(control: str = "R1", number: str = "P1", facility: str = "TEST", report: str = "L1", value: str = "5.6") -> bytes:
    """A laboratory report with a number, a coded value and a long text."""
    lines = (
        f"MSH|^~\\&|LIS|{facility}|CR|REGION|20260301100000||ORU^R01^ORU_R01|{control}|P|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||{number}^^^{facility}^MR||张^三",
        f"PV1|1|O|||||||||||||||||V{number}",
        f"ORC|RE|A1|{report}",
        f"OBR|1|A1|{report}|GLU^血糖^L|||20260301080000|||||||||D01^王|||||20260301093000|||F",
        f"OBX|1|NM|1558-6^空腹血糖^LN||{value}|mmol/L|3.9-6.1|N|||F|||20260301090000",
        "OBX|2|CWE|HBsAg^乙肝表面抗原^L||01^阳性^L||||||F",
        f"OBX|3|FT|NOTE^说明^L||{'长' * 120}||||||F",
        "SPM|1|||BLD^血液",
    )
    return ("\r".join(lines) + "\r").encode()
