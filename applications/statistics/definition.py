"""卫生统计指标：诊疗、住院、床位、费用、检查用药，按区域数据集统计（国家卫生健康统计调查制度的口径）."""

from applications.statistics.beds import bed_days, mean_beds
from applications.statistics.medicines import condition
from health_platform.engine.api import Application, Counting, Population, Rows

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

VISIT = Counting("stat", VISITS, basis=BASIS)
DISCHARGE, CHARGE = VISIT.on(DISCHARGES), VISIT.on(CHARGES)
CONSULTATIONS = VISIT.count("consultations", "门急诊人次", OUT, unit="人次")
LEFT = DISCHARGE.count("discharged", "出院人次", IN, unit="人次")

INDICATORS = (
    CONSULTATIONS,
    VISIT.count("outpatient", "门诊人次", "visit_kind = '1'", unit="人次"),
    VISIT.count("emergency", "急诊人次", "visit_kind = '2'", unit="人次"),
    VISIT.of("emergency_share", "急诊占比", OUT, share="visit_kind = '2'"),
    VISIT.of("first_share", "初诊占比", f"{OUT} and first_visit is not null", share="first_visit"),
    VISIT.of("elder_share", "65岁及以上占比", f"{OUT} and age is not null", share="age >= 65"),
    VISIT.count("observed", "留观人次", "visit_kind = '3'", unit="人次"),
    VISIT.count("examined", "健康体检人次", "visit_kind = '5'", unit="人次"),
    VISIT.count("admitted", "入院人次", IN, unit="人次"),
    LEFT,
    DISCHARGE.of("stay", "出院者平均住院日", IN, total=STAY, mean=True, unit="日", places=1, good="less"),
    DISCHARGE.of("died", "住院病死率", f"{IN} and (outcome is not null or discharge_mode is not null)",
                 share="coalesce(outcome = '5', false) or coalesce(discharge_mode = '5', false)", good="less"),
    DISCHARGE.of("moved_up", "医嘱转院占比", f"{IN} and discharge_mode is not null", share="discharge_mode = '2'"),
    DISCHARGE.of("moved_down", "转社区、乡镇占比", f"{IN} and discharge_mode is not null", share="discharge_mode = '3'",
                 good="more"),
    VISIT.on(IN_BED).of("bed_days", "实际占用总床日", IN, total="stay", unit="床日"),
    VISIT.on(IN_BED).of("beds", "平均开放床位", figure=BEDS, unit="张", places=1),
    VISIT.on(IN_BED).of("bed_use", "病床使用率", IN, total="stay", of=BED_DAYS),
    DISCHARGE.of("turnover", "床位周转次数", IN, of=BEDS, factor=1, unit="次"),
    CHARGE.of("out_cost", "门急诊医疗费用", OUT, total="total", unit="元"),
    CHARGE.of("in_cost", "住院医疗费用", IN, total="total", unit="元"),
    CHARGE.of("out_mean", "次均门急诊费用", OUT, total="total", by=CONSULTATIONS, unit="元"),
    CHARGE.of("in_mean", "次均住院费用", IN, total="total", by=LEFT, unit="元"),
    CHARGE.of("insured", "医保基金支付占比", "total is not null", total="coalesce(insurance_paid, 0)", per="total", factor=100,
              unit="%"),
    VISIT.on(ITEMS).of("medicine_share", "药占比（待确认费用分类）", f"{OUT} or {IN}", total=f"if({condition()}, amount, 0)",
                       per="amount", factor=100, unit="%", good="less"),
    VISIT.on(OPERATIONS).count("operations", "手术台次", unit="台次"),
)  # fmt: skip

APPLICATION = Application(
    "statistics", "卫生统计指标",
    heading="综合管理", basis=BASIS, order=410,
    requirements=(("G08", "working", "处方、抗菌药物、输液的专项监管另行"),),
    readers=("commission_administrator", "quality_officer", "unit_administrator"),
    indicators=INDICATORS,
)  # fmt: skip
