"""The peer's side of :mod:`benchmarks.bench_quality`: twelve of its rules with pandera over rows in memory.

Run by that benchmark as ``python -m benchmarks.peer_pandera rows.csv`` with an interpreter that has ``pandera[pandas]``, which
is no dependency of the platform. Prints CPU seconds for judging and counting by institution and day; reading the file is not
counted.
"""

from __future__ import annotations

import sys
import time

import pandas as pd
import pandera.pandas as pa

FEMALE = "(O[0-9]{2}|C5[1-8]|D06|D25|D26|D27|N7[0-7]|N8[0-9]|N9[0-8]|Z3[2-7])"
PHONE = r"((\+?86-?)?1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?)$"


def verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """One column a rule: True where the row is in order. Rules over two fields cannot be said of one column of the schema."""
    diagnosis, kind = rows["diagnosis"], rows["visit_kind"]
    return pd.DataFrame(
        {
            "birth_date": rows["birth_date"] != "", "diagnosis": diagnosis != "", "gender": rows["gender"] != "",
            "id_number": rows["id_number"] != "", "female": ~((rows["gender"] == "1") & diagnosis.str.match(FEMALE)),
            "external": ~diagnosis.str.match("[VWXY]"), "phone": (rows["phone"] == "") | rows["phone"].str.match(PHONE),
            "outpatient": ~(kind.isin(["1", "2", "3"]) & (diagnosis == "")),
            "order": ~((rows["ended_at"] != "") & (rows["ended_at"] < rows["started_at"])),
            "symptom": ~((kind == "4") & diagnosis.str.startswith("R")), "newborn": ~diagnosis.str.match("P[0-9]{2}"),
            "male": ~((rows["gender"] == "2") & diagnosis.str.match("(C6[0-3]|D29|D40|N4[0-9])")),
        }
    )  # fmt: skip


def judge(rows: pd.DataFrame) -> pd.DataFrame:
    """Failing rows by rule, institution and day."""
    judged = verdicts(rows)
    schema = pa.DataFrameSchema({name: pa.Column(bool, pa.Check(lambda values: values)) for name in judged.columns})
    try:
        schema.validate(judged, lazy=True)
    except pa.errors.SchemaErrors as found:
        failing = found.failure_cases[["column", "index"]]
        return failing.join(rows[["institution", "day"]], on="index").groupby(["column", "institution", "day"]).size()
    return judged.iloc[:0]


def main() -> None:
    """Read, judge, print."""
    rows = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
    began = time.process_time()
    judge(rows)
    print(time.process_time() - began)


if __name__ == "__main__":
    main()
