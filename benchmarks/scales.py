"""What one more row costs at three sizes: ``.venv/bin/python -m benchmarks.scales [--only name]``.

Every benchmark here runs at three sizes, each in a process of its own. The processor seconds are the whole machine's, so it must
be idle. What starting costs falls out of the differences: growth is what a row costs between the second and the third size over
what it costs between the first and the second; 1.0 is linear.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.own_process import run

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Scale:
    """A benchmark with ``{}`` where its size goes, what the size counts, and the sizes."""

    command: str
    counted: str
    sizes: tuple[int, int, int]


@dataclass(frozen=True)
class Cost:
    """Processor seconds of the machine and peak memory in MB of the largest process."""

    cpu: float
    memory: float


HEAD = """\
| Benchmark (`N`: size) | Sizes | CPU s of the machine | CPU ms of one more | Growth | Peak MB |
|---|---|---|---|---|---|"""
SCALES = (
    Scale("bench_ingest --rows {} --batch 5000", "rows", (20_000, 60_000, 180_000)),
    Scale("bench_hl7v2 {}", "messages", (2_000, 4_000, 8_000)),
    Scale("bench_fhir {}", "bundles", (40, 80, 160)),
    Scale("bench_file --megabytes {}", "MB", (20, 60, 180)),
    Scale("bench_empi_online --identities {} --probes 100", "identities", (10_000, 40_000, 160_000)),
    Scale("bench_audit {}", "entries", (50_000, 150_000, 450_000)),
    Scale("bench_quality --rows {} --peer-rows 1000", "rows", (200_000, 600_000, 1_800_000)),
    Scale("bench_indicators --repeats 1 --rows {}", "rows", (1_000_000, 3_000_000, 9_000_000)),
    Scale("bench_city --residents {}", "residents", (1_000, 3_000, 9_000)),
)


def busy() -> float:
    """Processor seconds of everything on this machine so far."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, soft, *_ = map(int, first)
    return (user + nice + system + irq + soft) / TICKS


def measure(command: str) -> Cost:
    """Run one benchmark in a process of its own."""
    before = busy()
    ran = run(*command.split(), silent=True)
    if ran.code:
        raise SystemExit(f"benchmarks.{command} failed")
    return Cost(busy() - before, ran.memory)


def line(scale: Scale, found: list[Cost]) -> str:
    """A row of the table of docs/benchmarks.md."""
    small, middle, large = scale.sizes
    first = (found[1].cpu - found[0].cpu) / (middle - small)
    second = (found[2].cpu - found[1].cpu) / (large - middle)
    sizes, cpu = " · ".join(f"{size:,}" for size in scale.sizes), " · ".join(f"{one.cpu:.1f}" for one in found)
    memory = " · ".join(f"{one.memory:.0f}" for one in found)
    growth = f"{first * 1000:.3g} → {second * 1000:.3g} | {second / first:.2f}"
    return f"| `{scale.command.format('N')}` | {sizes} {scale.counted} | {cpu} | {growth} | {memory} |"


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of a name")
    only = parser.parse_args().only
    print(HEAD, flush=True)
    for scale in SCALES:
        if only in scale.command:
            print(line(scale, [measure(scale.command.format(size)) for size in scale.sizes]), flush=True)


if __name__ == "__main__":
    main()
