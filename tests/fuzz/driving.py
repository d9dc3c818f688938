"""How every fuzz target is run: valid examples to begin with, and at the end executions, edges covered and size of the corpus."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris


def fuzz(exercise: Callable[[bytes], None], seeds: Iterable[bytes], longest: int) -> None:
    """Fuzz ``exercise`` with inputs of at most ``longest`` bytes, grown from ``seeds``; arguments are libFuzzer's and win.

    ``INITED`` is what the seeds alone reach, ``DONE`` what the run has: edges (``cov``), edges with their counts (``ft``),
    corpus (``corp``, inputs / bytes).
    """
    folder = Path(tempfile.mkdtemp(prefix="hp-seeds-"))
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number:03}").write_bytes(seed)
    atheris.Setup([sys.argv[0], f"-max_len={longest}", *sys.argv[1:], str(folder)], exercise)
    atheris.Fuzz()
