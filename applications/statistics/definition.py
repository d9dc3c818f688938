"""卫生统计指标：诊疗、住院、床位、费用、检查用药，按区域数据集统计（国家卫生健康统计调查制度的口径）."""

from applications.statistics.beds import bed_days, mean_beds
from health_platform.engine.api import Application, Indicator, Population, Rows

BASIS = "国家卫生健康统计调查制度（医疗服务量、床位、费用）"
VISITS = Rows("stat_visit", "就诊", "visit", day="started_at")
DISCHARGES = Rows("stat_discharge", "出院", "visit", day="ended_at")
IN_BED = Rows("stat_in_bed", "在院", "visit", day="started_at", until="ended_at")
CHARGES = Rows("stat_charge", "收费", "charge", day="charged_at")
ITEMS = Rows("stat_item", "收费明细", "charge_item", day="charged_at")
OPERATIONS = Rows("stat_operation", "手术", "operation", day="started_at")

BED_DAYS = Population("open_bed_days", "实际开放总床日", counted=bed_days)
BEDS = Population("mean_beds", "平均开放床位", counted=mean_beds)

OUT = "visit_kind in ('1', '2')"
IN = "visit_kind = '4'"
STAY = "if(days_between(started_at, ended_at) < 1, 1, days_between(started_at, ended_at))"
# CV07.10.001 门诊费用分类 and CV07.10.002 住院费用分类: western, patent and herbal medicines (待确认 against the table in force)
MEDICINES = "(coalesce(fee_class_out in ('09', '10', '11'), false) or coalesce(fee_class_in in ('08', '09', '10'), false))"


def _of(code: str, label: str, over: Rows, among: str = "", **more: object) -> Indicator:
    return Indicator(f"stat_{code}", label, over, among=among, basis=BASIS, **more)  # type: ignore[arg-type]


def _count(code: str, label: str, over: Rows, among: str = "", unit: str = "人次") -> Indicator:
    return _of(code, label, over, among, unit=unit, places=0)


def _sum(code: str, label: str, over: Rows, among: str, total: str, unit: str = "元") -> Indicator:
    return _of(code, label, over, among, total=total, unit=unit)


CONSULTATIONS = _count("consultations", "门急诊人次", VISITS, OUT)
LEFT = _count("discharged", "出院人次", DISCHARGES, IN)
OUT_COST = _sum("out_cost", "门急诊医疗费用", CHARGES, OUT, "total")
IN_COST = _sum("in_cost", "住院医疗费用", CHARGES, IN, "total")

INDICATORS = (
    CONSULTATIONS,
    _count("outpatient", "门诊人次", VISITS, "visit_kind = '1'"),
    _count("emergency", "急诊人次", VISITS, "visit_kind = '2'"),
    _of("emergency_share", "急诊占比", VISITS, OUT, share="visit_kind = '2'"),
    _of("first_share", "初诊占比", VISITS, f"{OUT} and first_visit is not null", share="first_visit"),
    _of("elder_share", "65岁及以上占比", VISITS, f"{OUT} and age is not null", share="age >= 65"),
    _count("observed", "留观人次", VISITS, "visit_kind = '3'"),
    _count("examined", "健康体检人次", VISITS, "visit_kind = '5'"),
    _count("admitted", "入院人次", VISITS, IN),
    LEFT,
    _of("stay", "出院者平均住院日", DISCHARGES, IN, total=STAY, mean=True,
        unit="日", places=1, good="less"),
    _of("died", "住院病死率", DISCHARGES, f"{IN} and (outcome is not null or discharge_mode is not null)",
        share="coalesce(outcome = '5', false) or coalesce(discharge_mode = '5', false)", good="less"),
    _of("moved_up", "医嘱转院占比", DISCHARGES, f"{IN} and discharge_mode is not null", share="discharge_mode = '2'"),
    _of("moved_down", "转社区、乡镇占比", DISCHARGES, f"{IN} and discharge_mode is not null", share="discharge_mode = '3'",
        good="more"),
    _sum("bed_days", "实际占用总床日", IN_BED, IN, "stay", unit="床日"),
    _of("beds", "平均开放床位", IN_BED, figure=BEDS, unit="张", places=1),
    _of("bed_use", "病床使用率", IN_BED, IN, total="stay", of=BED_DAYS),
    _of("turnover", "床位周转次数", DISCHARGES, IN, of=BEDS, factor=1, unit="次"),
    OUT_COST,
    IN_COST,
    _of("out_mean", "次均门急诊费用", CHARGES, OUT, total="total", by=CONSULTATIONS, unit="元"),
    _of("in_mean", "次均住院费用", CHARGES, IN, total="total", by=LEFT, unit="元"),
    _of("insured", "医保基金支付占比", CHARGES, "total is not null", total="coalesce(insurance_paid, 0)", per="total", factor=100,
        unit="%"),
    _of("medicine_share", "药占比（待确认费用分类）", ITEMS, f"{OUT} or {IN}", total=f"if({MEDICINES}, amount, 0)", per="amount",
        factor=100, unit="%", good="less"),
    _count("operations", "手术台次", OPERATIONS, unit="台次"),
)  # fmt: skip

APPLICATION = Application(
    "statistics", "卫生统计指标",
    heading="综合管理", basis=BASIS, order=410,
    requirements=(("G08", "working", "处方、抗菌药物、输液的专项监管另行"),),
    readers=("commission_administrator", "quality_officer", "unit_administrator"),
    indicators=INDICATORS,
)  # fmt: skip
