"""Splink as a control: ``python -m benchmarks.peer_splink KIND RECORDS.csv OUT.csv`` prints its cost as JSON.

Needs ``pip install splink==5.*`` in the Python that runs it; it imports nothing of ours, so that Python may be another.
The settings for residents are the eight-block configuration of the peer study, the others follow Splink's tutorials.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

CLEAN = {
    "residents": """
        SELECT rec_id AS unique_id, name, gender, address, mother_name,
            nullif(CASE WHEN birth_date IN ('1900-01-01', '1970-01-01', '9999-12-31') THEN '' ELSE birth_date END, '') AS dob,
            nullif(CASE WHEN length(id_no) < 8 OR id_no IN ('111111111111111111', '000000000000000000', '123456789012345678')
                THEN '' ELSE upper(trim(id_no)) END, '') AS id_no,
            nullif(CASE WHEN length(phone) < 7 OR
                phone IN ('00000000000', '13000000000', '13800138000', '12345678901', '11111111111') THEN ''
                ELSE phone END, '') AS phone,
            CASE WHEN card_type IN ('SSC', 'EHC') THEN nullif(card_no, '') END AS card,
            left(nullif(address, ''), 9) AS address_head
        FROM source""",
    "febrl": "SELECT rec_id AS unique_id, * EXCLUDE (rec_id) FROM source",
    "historic": "SELECT *, dob AS dob_text FROM source",
}


def settings(kind: str) -> SettingsCreator:
    """Comparisons and blocking rules."""
    if kind == "residents":
        return SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                cl.JaroWinklerAtThresholds("name", [0.9, 0.7]).configure(term_frequency_adjustments=True),
                cl.ExactMatch("dob"),
                cl.DamerauLevenshteinAtThresholds("id_no", [1, 2]),
                cl.DamerauLevenshteinAtThresholds("phone", [1]).configure(term_frequency_adjustments=True),
                cl.JaroWinklerAtThresholds("address", [0.95, 0.85]),
                cl.ExactMatch("card"),
                cl.ExactMatch("gender"),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("id_no"),
                block_on("name", "dob"),
                block_on("phone", "dob"),
                block_on("phone", "name"),
                block_on("card"),
                block_on("name", "address"),
                block_on("dob", "gender", "address_head"),
                block_on("substr(id_no, 1, 14)"),
            ],
        )
    if kind == "febrl":
        return SettingsCreator(
            link_type="dedupe_only",
            comparisons=[
                cl.NameComparison("given_name"),
                cl.NameComparison("surname"),
                cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
                cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
                cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
                cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
                cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]),
                cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]),
            ],
            blocking_rules_to_generate_predictions=[
                block_on("soc_sec_id"),
                block_on("given_name", "surname"),
                block_on("date_of_birth"),
                block_on("surname", "postcode"),
                block_on("given_name", "postcode"),
                block_on("substr(given_name,1,3)", "substr(surname,1,3)"),
                block_on("address_1"),
            ],
        )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob_text", input_is_string=True),
            cl.CustomComparison(
                output_column_name="postcode",
                comparison_levels=[
                    cll.NullLevel("postcode"),
                    cll.ExactMatchLevel("postcode"),
                    cll.CustomLevel("split_part(postcode_l, ' ', 1) = split_part(postcode_r, ' ', 1)"),
                    cll.ElseLevel(),
                ],
            ),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode", "first_name"),
            block_on("postcode", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode,1,3)", "dob"),
            block_on("substr(postcode,1,3)", "first_name"),
            block_on("substr(postcode,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
    )


TEACHERS = {
    "residents": (("id_no",), ("name", "dob")),
    "febrl": (("soc_sec_id",), ("date_of_birth",)),
    "historic": (("first_name", "surname"), ("dob_text",)),
}


def main() -> None:
    """Link one file and print the cost."""
    kind, records, out = sys.argv[1:4]
    started = time.monotonic()
    connection = duckdb.connect()
    connection.execute("CREATE TABLE source AS SELECT * FROM read_csv(?, all_varchar = true)", [records])
    connection.execute(f"CREATE TABLE cleaned AS {CLEAN[kind]}")
    api = DuckDBAPI(connection)
    linker = Linker(api.register("cleaned"), settings(kind), log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for columns in TEACHERS[kind]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
    connection.execute(f"COPY (SELECT unique_id AS rec_id, cluster_id FROM {clusters.physical_name}) TO '{out}' (HEADER)")
    cost = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cpu": round(cost.ru_utime + cost.ru_stime, 2),
                "peak_mb": cost.ru_maxrss // 1024,
                "wall": round(time.monotonic() - started, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
