"""Have the operating system read a file into its cache: ``python read_ahead.py FILE``.

A process of its own: to open and close a SQLite database in a process that uses it would give up the locks SQLite holds.
It advises instead of reading: what is read in one go is cached in large units, and a changed page would count as a changed unit.
"""

from __future__ import annotations

import os
import sys

_AT_ONCE = 128 << 10  # the system reads no more of what it is advised of at once


def main(path: str) -> None:
    """Ask for the whole file, in its order."""
    file = os.open(path, os.O_RDONLY)
    for start in range(0, os.fstat(file).st_size, _AT_ONCE):
        os.posix_fadvise(file, start, _AT_ONCE, os.POSIX_FADV_WILLNEED)


if __name__ == "__main__":
    main(sys.argv[1])
