"""The tables the checks are made of: their columns, how a row is read, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from applications.clinical_prompts.definitions.rules import BY_CODE
from applications.clinical_prompts.naming import Drug, DrugNames, Words, plain, remember
from applications.clinical_prompts.values import Severity
from health_platform.kernel.errors import Invalid
from health_platform.kernel.sheets import Heading

Row = Mapping[str, str]
_SEVERITIES: Final[dict[str, Severity]] = {"禁止": "critical", "警告": "warning", "提醒": "info"}
_SEXES: Final = {"": "", "男": "1", "女": "2"}
_KINDS: Final = {"检验": "lab", "检查": "exam"}


@dataclass(frozen=True)
class DrugClass:
    """Medicines that work alike. ``duplicate``: two of the class at a time deserve a prompt."""

    code: str
    label: str
    ingredients: tuple[str, ...]
    codes: tuple[str, ...]
    duplicate: bool


@dataclass(frozen=True)
class Interaction:
    """Two medicines that do not go together. ``after`` days after the end of one the other still counts."""

    key: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    severity: Severity
    effect: str
    advice: str
    after: int


@dataclass(frozen=True)
class Contraindication:
    """Medicines not for patients with a diagnosis (ICD-10 prefixes) of the last ``days``, or of a sex or age.

    A later diagnosis of ``ended_by`` ends it (a birth ends a pregnancy). Ages in whole years, both bounds inclusive.
    """

    key: str
    drugs: tuple[str, ...]
    icd10: tuple[str, ...]
    ended_by: tuple[str, ...]
    days: int | None
    sex: str
    youngest: int | None
    oldest: int | None
    severity: Severity
    text: str


@dataclass(frozen=True)
class AllergenGroup:
    """Medicines that someone allergic to one of them should not get. ``words`` find the allergen in a record."""

    words: Words
    drugs: tuple[str, ...]
    severity: Severity
    text: str


@dataclass(frozen=True)
class TestItem:
    """A laboratory panel or an examination and its period of mutual recognition in days.

    ``orders`` finds it in an order, ``results`` in the record; ``needed`` different results make the panel.
    """

    __test__ = False  # a value, whatever its name suggests to a collector of tests

    key: str
    label: str
    kind: str
    orders: Words
    codes: frozenset[str]
    results: Words
    needed: int
    days: int


@dataclass(frozen=True)
class Reason:
    """Why a doctor goes on all the same. ``rules`` it fits; none means all."""

    code: str
    label: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table: its columns and how a row becomes a value."""

    key: str
    label: str
    about: str
    headings: tuple[Heading, ...]
    read: Callable[[Reader], Any]


@dataclass(frozen=True)
class About:
    """What the tables say of one drug, in the order of the tables."""

    interactions: tuple[Interaction, ...]
    contraindications: tuple[Contraindication, ...]


@dataclass(frozen=True)
class Knowledge:
    """All tables, compiled. ``versions`` names the version of each table."""

    drugs: DrugNames = field(default_factory=DrugNames)
    class_labels: Mapping[str, str] = field(default_factory=dict)
    interactions: tuple[Interaction, ...] = ()
    contraindications: tuple[Contraindication, ...] = ()
    allergens: tuple[AllergenGroup, ...] = ()
    tests: tuple[TestItem, ...] = ()
    reasons: tuple[Reason, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    _ordered: dict[tuple[str, str], tuple[TestItem, ...]] = field(default_factory=dict, compare=False, repr=False)
    _about: dict[Drug, About] = field(default_factory=dict, compare=False, repr=False)

    def about(self, drug: Drug) -> About:
        """The rows that name a drug: few of many, the same at every check while the tables stay as they are."""
        found = self._about.get(drug)
        if found is None:
            found = About(
                tuple(one for one in self.interactions if drug.fits_any((*one.left, *one.right))),
                tuple(one for one in self.contraindications if drug.fits_any(one.drugs)),
            )
            remember(self._about, drug, found)
        return found

    def tests_of(self, name: str, code: str) -> tuple[TestItem, ...]:
        """The panels and examinations behind the name or code of an order."""
        found = self._ordered.get((name, code))
        if found is None:
            found = tuple(one for one in self.tests if code in one.codes or one.orders.match(name))
            remember(self._ordered, (name, code), found)
        return found

    def reasons_of(self, rule: str) -> tuple[Reason, ...]:
        """The override reasons that fit a rule."""
        return tuple(one for one in self.reasons if not one.rules or rule in one.rules)


@dataclass(frozen=True)
class Reader:
    """One row on its way to a value; every refusal names table, line, column, value and rule."""

    table: str
    line: int
    row: Row

    def text(self, label: str, longest: int = 400) -> str:
        """A cell that must be filled."""
        value = self.row.get(label, "").strip()
        if not value or len(value) > longest:
            raise self._refused(label, f"必填，最长 {longest} 字")
        return value

    def words(self, label: str, required: bool = True) -> tuple[str, ...]:
        """Values separated by ``|``."""
        found = tuple(one.strip() for one in self.row.get(label, "").split("|") if one.strip())
        if required and not found:
            raise self._refused(label, "必填，多个值用 | 分隔")
        return found

    def terms(self, label: str) -> tuple[str, ...]:
        """Names of ingredients as the names are compared, or codes of classes as they are."""
        return tuple(one.upper() if one.isascii() else plain(one) for one in self.words(label))

    def number(self, label: str, low: int, high: int) -> int | None:
        """A whole number; an empty cell is None."""
        value = self.row.get(label, "").strip()
        if not value:
            return None
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise self._refused(label, f"{low} 至 {high} 的整数")
        return int(value)

    def choice(self, label: str, known: Mapping[str, Any]) -> Any:
        """One of a few words."""
        value = self.row.get(label, "").strip()
        if value not in known:
            raise self._refused(label, "须为 " + "、".join(word or "（空）" for word in known))
        return known[value]

    def severity(self) -> Severity:
        return cast("Severity", self.choice("级别", _SEVERITIES))

    def _refused(self, column: str, rule: str) -> Invalid:
        value = self.row.get(column, "")[:60]
        return Invalid("prompts.row", table=self.table, line=self.line, column=column, value=value, rule=rule)


def _headings(*labels: str) -> tuple[Heading, ...]:
    """Columns whose key is their heading; a leading star marks those that must be there."""
    return tuple(Heading(label.lstrip("*"), label.lstrip("*"), label.startswith("*")) for label in labels)


def _drug_class(row: Reader) -> DrugClass:
    ingredients = tuple(plain(one) for one in row.words("成分"))
    codes = row.words("药品编码", required=False)
    duplicate = row.choice("同类提示", {"是": True, "否": False})
    return DrugClass(row.text("类别代码", 20).upper(), row.text("类别名称", 60), ingredients, codes, duplicate)


def _interaction(row: Reader) -> Interaction:
    after = row.number("停药后天数", 0, 365) or 0
    return Interaction(
        row.text("编号", 20), row.terms("甲"), row.terms("乙"), row.severity(), row.text("后果"), row.text("处理建议"), after
    )


def _contraindication(row: Reader) -> Contraindication:
    found = Contraindication(
        key=row.text("编号", 20), drugs=row.terms("药品"),
        icd10=tuple(one.upper() for one in row.words("诊断编码", required=False)),
        ended_by=tuple(one.upper() for one in row.words("终止诊断", required=False)),
        days=row.number("时限天数", 1, 36_500), sex=row.choice("性别", _SEXES),
        youngest=row.number("最小年龄", 0, 150), oldest=row.number("最大年龄", 0, 150),
        severity=row.severity(), text=row.text("说明"),
    )  # fmt: skip
    if not found.icd10 and found.youngest is None and found.oldest is None:
        row.words("诊断编码")  # neither a diagnosis nor an age: it would fit everybody
    return found


def _allergen(row: Reader) -> AllergenGroup:
    return AllergenGroup(Words.of(row.text("过敏原")), row.terms("药品"), row.severity(), row.text("说明"))


def _test_item(row: Reader) -> TestItem:
    days = row.number("互认天数", 1, 1_000)
    orders = Words.of(row.text("医嘱匹配"))
    results = Words.of("|".join(row.words("结果匹配", required=False)))
    return TestItem(
        row.text("项目编号", 20), row.text("项目名称", 60), row.choice("类型", _KINDS), orders,
        frozenset(row.words("项目编码", required=False)), results if results.alternatives else orders,
        row.number("最少结果数", 1, 100) or 1, days or int(row.text("互认天数")),
    )  # fmt: skip


def _reason(row: Reader) -> Reason:
    rules = row.words("适用规则", required=False)
    if any(rule not in BY_CODE for rule in rules):
        row.choice("适用规则", {code: code for code in BY_CODE})
    return Reason(row.text("代码", 20), row.text("原因", 60), rules)


TABLES: Final = (
    Table("drug_class", "药品分类", "同一类别的成分；类别代码以 ATC 为先，没有时用本地代码",
          _headings("*类别代码", "*类别名称", "*成分", "药品编码", "*同类提示", "*来源"), _drug_class),
    Table("interaction", "相互作用", "甲、乙可写成分或类别代码",
          _headings("*编号", "*甲", "*乙", "*级别", "*后果", "*处理建议", "停药后天数", "*来源"), _interaction),
    Table("contraindication", "禁忌", "按诊断编码（前缀）、性别、年龄判断",
          _headings(
              "*编号", "*药品", "诊断编码", "终止诊断", "时限天数", "性别", "最小年龄", "最大年龄", "*级别", "*说明", "*来源"
          ),
          _contraindication),
    Table("allergen", "过敏原组", "对组内一种过敏者不宜使用的药品",
          _headings("*过敏原", "*药品", "*级别", "*说明", "*来源"), _allergen),
    Table("test_item", "互认项目", "检验检查互认项目及互认天数",
          _headings("*项目编号", "*项目名称", "*类型", "*医嘱匹配", "项目编码", "结果匹配", "最少结果数", "*互认天数", "*来源"),
          _test_item),
    Table("reason", "不采纳原因", "医师忽略提示时可选的原因", _headings("*代码", "*原因", "适用规则", "*来源"), _reason),
)  # fmt: skip

BY_KEY: Final = {table.key: table for table in TABLES}


def read_rows(table: Table, rows: Sequence[Row]) -> tuple[Any, ...]:
    """The values of a table.

    Raises:
        Invalid: ``prompts.empty`` or ``prompts.row``; the heading is line 1.
    """
    if not rows:
        raise Invalid("prompts.empty", table=table.label)
    return tuple(table.read(Reader(table.label, place + 2, row)) for place, row in enumerate(rows))


def compiled(tables: Mapping[str, Sequence[Row]], versions: Mapping[str, int]) -> Knowledge:
    """All tables as the checks use them."""
    read = {key: read_rows(BY_KEY[key], rows) for key, rows in tables.items()}
    classes: tuple[DrugClass, ...] = read["drug_class"]
    return Knowledge(
        drugs=_names(classes, _other_names(read)),
        class_labels={one.code: one.label for one in classes},
        interactions=read["interaction"],
        contraindications=read["contraindication"],
        allergens=read["allergen"],
        tests=read["test_item"],
        reasons=read["reason"],
        versions=dict(versions),
    )


def _other_names(read: Mapping[str, Any]) -> Iterator[str]:
    """Ingredients that only the other tables name: they must be found in product names too."""
    for one in read["interaction"]:
        yield from (*one.left, *one.right)
    for one in (*read["contraindication"], *read["allergen"]):
        yield from one.drugs


def _names(classes: Iterable[DrugClass], others: Iterable[str]) -> DrugNames:
    classes_of: dict[str, set[str]] = {name: set() for name in others if not name.isascii()}
    by_code: dict[str, str] = {}
    duplicates = set()
    for one in classes:
        for ingredient in one.ingredients:
            classes_of.setdefault(ingredient, set()).add(one.code)
        for pair in one.codes:  # 成分=编码
            ingredient, _, code = pair.partition("=")
            by_code[code] = plain(ingredient)
            classes_of.setdefault(plain(ingredient), set()).add(one.code)
        if one.duplicate:
            duplicates.add(one.code)
    frozen = {name: frozenset(codes) for name, codes in classes_of.items()}
    return DrugNames(frozen, by_code, duplicates=frozenset(duplicates))
