"""Names of the institutions that stand in the person index by their registry ids."""

from __future__ import annotations

from collections.abc import Iterable

from health_platform.kernel.http import Call
from health_platform.kernel.parsing import whole
from health_platform.records.api import InstitutionDirectory


def institution_names(call: Call, codes: Iterable[str | None]) -> dict[str, str]:
    """Code of the index -> Chinese name; a code of an institution the registry does not know stays as it is."""
    given = sorted({code for code in codes if code})
    ids = {code: number for code in given if (number := whole(code)) is not None}
    directory = call.platform.services.get(InstitutionDirectory.__qualname__)
    found: dict[int, str] = directory.names(call.session, sorted(ids.values())) if directory and ids else {}
    return {code: found.get(ids.get(code, 0), code) for code in given}
