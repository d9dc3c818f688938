"""HTML on standard input, PDF on standard output: run as a process of its own.

WeasyPrint loads Pango and keeps fonts in memory; a web worker should do neither. Nothing is fetched: the page carries everything.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from weasyprint import HTML


def refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    """No address is ever opened while printing."""
    raise ValueError(f"address {url} is not opened while printing")


def main() -> None:
    """Print one document."""
    page = HTML(string=sys.stdin.buffer.read().decode(), url_fetcher=refuse)
    sys.stdout.buffer.write(page.write_pdf())


if __name__ == "__main__":
    main()
