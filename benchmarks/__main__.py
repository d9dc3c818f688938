"""All benchmarks in their short forms, one after another: ``.venv/bin/python -m benchmarks [--only name]``.

Prints what each prints, and at the end a table of seconds, CPU seconds and peak memory of each. Short forms show that the
commands work and roughly where the figures are; docs/benchmarks.md names the long forms.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.own_process import run

SHORT: tuple[tuple[str, ...], ...] = (
    ("bench_endpoint", "--rounds", "4"),
    ("bench_ingest", "--rows", "20000", "--batch", "5000"),
    ("bench_ingest", "--rows", "1000", "--batch", "1"),
    ("bench_file", "--megabytes", "20"),
    ("bench_hl7v2", "1000"),
    ("bench_fhir", "40"),
    ("bench_codes",),
    ("bench_standards", "5"),
    ("bench_empi_online", "--identities", "2000", "--probes", "100"),
    ("bench_matching", "--sizes", "2000", "--western", "500"),
    ("bench_robust", "--persons", "300"),
    ("bench_records", "--events", "50000", "--reads", "40"),
    ("bench_requests", "300"),
    ("bench_paint", "--runs", "2"),
    ("bench_indicators", "--rows", "200000", "--repeats", "1"),
    ("bench_quality", "--rows", "100000", "--peer-rows", "5000"),
    ("bench_audit", "20000"),
    ("bench_ranking", "40"),
    ("bench_prompts", "--events", "50000", "--checks", "50"),
    ("bench_city", "--residents", "500,1000,2000"),
    ("soak", "--minutes", "1", "--residents", "100"),
)


def main() -> None:
    """Run the chosen ones; exit code 1 when one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a name")
    only = parser.parse_args().only
    found = []
    for name, *arguments in SHORT:
        if only in name:
            print(f"\n== {name} {' '.join(arguments)}", flush=True)
            found.append(run(name, *arguments))
    print(f"\n{'benchmark':<20} {'seconds':>8} {'CPU s':>8} {'peak MB':>8}  exit")
    for one in found:
        print(f"{one.name:<20} {one.seconds:>8.1f} {one.cpu:>8.1f} {one.memory:>8.0f}  {one.code}")
    sys.exit(any(one.code for one in found))


if __name__ == "__main__":
    main()
