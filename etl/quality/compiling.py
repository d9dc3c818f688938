# ruff: noqa: S608 - statements are put together from names of definitions; every value is a bound parameter
"""From rules to statements: one scan for all rules over the rows of a dataset, one joined scan per partner whose values are read.

Every rule becomes one value per row: NULL where it does not judge the row, else 0 or 1. ``count`` of it is the number of rows
judged, ``countIf`` that of the failing ones, so a comparison with an absent value can neither pass nor fail unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.quality.columns import Rows, source
from etl.quality.membership import Membership, filled
from etl.quality.rules import FOUND, OTHER, REPEATED, Partner, Rule, condition, dataset_fields, scope
from health_platform.datasets.api import dataset
from health_platform.expressions.api import Compiled, Literal, compile, decided, names, parse
from health_platform.expressions.api import condition as zero_one
from health_platform.kernel.warehouse.api import Place, quote

SAMPLES = 3
"""Keys of failing rows kept per rule, institution and day."""

COLUMNS = (
    "dataset, day, institution, part, division_code, rows, rules, versions, applicable, failed, samples, version, is_deleted"
)


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters."""

    sql: str
    parameters: dict[str, object]


@dataclass(frozen=True)
class Scan:
    """What one statement is to find: rules of one dataset (all joining the same partner, or none) on some days, for one run.

    ``whole``: the datasets that are few enough to be asked without naming the rows that matter (``etl.quality.membership``).
    """

    dataset: str
    days: tuple[date, ...]
    rules: tuple[Rule, ...]
    run_id: int
    part: str = "rows"
    partner: Partner | None = None
    whole: frozenset[str] = frozenset()


@dataclass
class _Writer:
    """Collects the parameters of a statement, and what it asks of partners without joining them."""

    scan: Scan
    place: Place
    values: dict[str, object] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def mine(self) -> Rows:
        return Rows(dataset(self.scan.dataset), "a" if self.scan.partner else "")

    def verdict(self, rule: Rule, number: int) -> tuple[str, str]:
        """SQL of the rows judged (0 or 1) and of the failing ones (0 or 1)."""
        columns = self._columns(rule)
        applies, fails = scope(rule), condition(rule)
        failed = self._add(zero_one(fails, columns, today=self._today(), prefix=f"f{number}_"))
        judged = self._add(decided(fails, columns, today=self._today(), prefix=f"k{number}_"))
        if isinstance(applies, Literal):
            return judged, failed
        wanted = self._add(zero_one(applies, columns, today=self._today(), prefix=f"a{number}_"))
        return (wanted if judged == "1" else f"({wanted} AND {judged})"), f"({wanted} AND {failed})"

    def _today(self) -> date:
        return self.scan.days[-1]

    def _add(self, made: Compiled) -> str:
        self.values.update(made.parameters)
        return made.sql

    def _columns(self, rule: Rule) -> dict[str, str]:
        wanted, partner = names(condition(rule)) | names(scope(rule)), rule.partner
        theirs = {name: self._other(partner, name) for name in wanted if partner and name.startswith(OTHER)}
        return {name: theirs.get(name) or self.mine.column(name) for name in wanted}

    def _other(self, partner: Partner, name: str) -> str:
        if name == REPEATED or (name == FOUND and self.scan.partner is None):
            return self._member(partner, name)
        return "ifNull(o.o_found, 0)" if name == FOUND else f"o.{_alias(name.removeprefix(OTHER))}"

    def _member(self, partner: Partner, name: str) -> str:
        """The alias of an answer; several rules ask the same."""
        within, _ = Rows(self.mine.dataset).within(self.scan.days)
        whole = partner.dataset in self.scan.whole
        rows = Membership(self.mine.dataset, partner, self.place, within, whole)
        return self.asked.setdefault(rows.answer(name, self.mine.alias), f"q_member{len(self.asked)}")

    @property
    def answers(self) -> str:
        """The clause that names the answers."""
        return f"WITH {', '.join(f'{sql} AS {alias}' for sql, alias in self.asked.items())} " if self.asked else ""


def scan_statement(scan: Scan, place: Place) -> Statement:
    """INSERT … SELECT that judges all rules of a scan in one pass and keeps counts and sample keys by institution and day."""
    writer = _Writer(scan, place)
    verdicts = [writer.verdict(rule, number) for number, rule in enumerate(scan.rules)]
    within, span = writer.mine.within(scan.days)
    rows = source(place, writer.mine.dataset, "a" if scan.partner else "")
    joined = _join(writer, within) if scan.partner else ""
    select = (
        f"{writer.answers}SELECT %(dataset)s, {writer.mine.day} AS q_day, {_own(writer, 'institution')} AS q_institution,"
        f" %(part)s, any({_own(writer, 'division_code')}), count(), {_arrays(scan, verdicts, writer.mine.key)}, %(run)s, 0"
        f" FROM {rows}{joined} WHERE {within} AND {writer.mine.current} GROUP BY q_day, q_institution"
    )
    parameters = {
        **writer.values, **span, "dataset": scan.dataset, "part": scan.part, "run": scan.run_id,
        "rules": [rule.code for rule in scan.rules], "versions": [rule.version for rule in scan.rules],
    }  # fmt: skip
    # Short circuit would compute what several rules share (a check digit, a pattern) once for each of them; no compiled
    # expression fails on any row (health_platform.expressions.limits), so nothing needs to be shielded.
    settings = (
        "SETTINGS join_use_nulls = 1, max_bytes_before_external_group_by = 2000000000,"
        " short_circuit_function_evaluation = 'disable'"
    )
    target = f"INSERT INTO {place.table('quality_day')} ({COLUMNS})"
    return Statement(f"{target} {select} {settings}", parameters)


def _arrays(scan: Scan, verdicts: Sequence[tuple[str, str]], key: str) -> str:
    """The parallel arrays, without the rules that judged nothing there."""
    judged = ", ".join("count()" if wanted == "1" else f"countIf({wanted})" for wanted, _ in verdicts)
    failed = ", ".join(f"countIf({fails})" for _, fails in verdicts)
    samples = ", ".join(f"groupArrayIf({SAMPLES})({key}, {fails})" for _, fails in verdicts)
    kept = f"arrayMap(x -> x > 0, [{judged}] AS q_judged) AS q_kept"
    return (
        f"arrayFilter((x, k) -> k, %(rules)s, {kept}), arrayFilter((x, k) -> k, %(versions)s, q_kept),"
        f" arrayFilter((x, k) -> k, q_judged, q_kept), arrayFilter((x, k) -> k, [{failed}], q_kept),"
        f" arrayFilter((x, k) -> k, [{samples}], q_kept)"
    )


def count_statement(scan: Scan, place: Place, divisions: Sequence[str], institutions: Sequence[int] | None) -> Statement:
    """SELECT for a preview: rows, judged, failing, sample keys of the first rule, within a caller's jurisdiction."""
    writer = _Writer(scan, place)
    judged, failed = writer.verdict(scan.rules[0], 0)
    within, span = writer.mine.within(scan.days)
    rows = source(place, writer.mine.dataset, "a" if scan.partner else "")
    joined = _join(writer, within) if scan.partner else ""
    seen = [f"arrayExists(p -> startsWith({_own(writer, 'division_code')}, p), %(divisions)s)"]
    if institutions is not None:
        seen.append(f"{_own(writer, 'institution')} IN %(institutions)s")
    select = (
        f"{writer.answers}SELECT {_own(writer, 'institution')} AS q_institution, count(), countIf({judged}), countIf({failed}),"
        f" groupArrayIf(10)({writer.mine.key}, {failed}) FROM {rows}{joined}"
        f" WHERE {within} AND {writer.mine.current} AND {' AND '.join(seen)} GROUP BY q_institution SETTINGS join_use_nulls = 1"
    )
    values = {**writer.values, **span, "divisions": list(divisions)}
    return Statement(select, {**values, "institutions": tuple(institutions)} if institutions is not None else values)


def _join(writer: _Writer, within: str) -> str:
    """The partner's rows, restricted to those that the scanned rows name, so that memory follows the scan and not the table."""
    partner = writer.scan.partner
    if partner is None:
        return ""
    mine, theirs = Rows(writer.mine.dataset), Rows(dataset(partner.dataset))
    bare_within, _ = mine.within(writer.scan.days)
    asked = ", ".join(mine.column(own) for own, _ in partner.on)
    keys = [theirs.column(other) for _, other in partner.on]
    # Numbers of eight bytes instead of texts: a set a third as large. A collision lets in one row more; the join compares.
    wanted = (
        f"cityHash64(institution, {', '.join(keys)}) GLOBAL IN (SELECT cityHash64(institution, {asked})"
        f" FROM {source(writer.place, mine.dataset)} WHERE {bare_within} AND {mine.current})"
    )
    there = filled(theirs, [other for _, other in partner.on])
    values, grouped = _partner_values(writer, partner, theirs)
    picked = ", ".join(f"{key} AS o_key{number}" for number, key in enumerate(keys))
    names_of_keys = ", ".join(f"o_key{number}" for number in range(len(keys)))
    inner = (
        f"SELECT institution AS o_institution, {picked}, 1 AS o_found{values} FROM {source(writer.place, theirs.dataset)}"
        f" WHERE {theirs.current} AND {there} AND {wanted}" + (f" GROUP BY o_institution, {names_of_keys}" if grouped else "")
    )
    pairs = [f"{writer.mine.column(own)} = o.o_key{number}" for number, (own, _) in enumerate(partner.on)]
    matched = " AND ".join([f"{_own(writer, 'institution')} = o.o_institution", *pairs])
    return f" GLOBAL ANY LEFT JOIN ({inner}) AS o ON {matched}"


def _partner_values(writer: _Writer, partner: Partner, theirs: Rows) -> tuple[str, bool]:
    """The selected values of the partner, and whether they are figures over several rows."""
    if partner.totals:
        fields = dataset_fields(theirs.dataset)
        parts = []
        for number, (name, text) in enumerate(partner.totals):
            node = parse(text, fields, aggregate=True)
            made = compile(node, {each: theirs.column(each) for each in names(node)}, prefix=f"t{number}_")
            writer.values.update(made.parameters)
            parts.append(f"{made.sql} AS {_alias(name)}")
        return "".join(f", {part}" for part in parts), True
    read = sorted(_read_of_partner(writer.scan.rules))
    return "".join(f", {theirs.column(name)} AS {_alias(name)}" for name in read), False


def _read_of_partner(rules: Iterable[Rule]) -> set[str]:
    read = frozenset().union(*(names(node) for rule in rules for node in (condition(rule), scope(rule))))
    return {name.removeprefix(OTHER) for name in read if name.startswith(OTHER)} - {"found", "repeated"}


def _alias(name: str) -> str:
    return quote(f"o_{name.replace('.', '_')}")


def _own(writer: _Writer, name: str) -> str:
    return f"a.{quote(name)}" if writer.scan.partner else quote(name)
