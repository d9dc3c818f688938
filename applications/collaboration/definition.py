"""业务协同共享: a hospital's diagnosis becomes a proposal in the right register, a hospital death starts a registration.

The register of tumours stands here, because its cases come from hospitals alone.
"""

from applications.collaboration.deaths import are_deaths, on_death_rows
from applications.collaboration.diagnoses import are_diagnoses, on_diagnosis_rows
from health_platform.engine.api import (
    Application,
    Choice,
    Coded,
    Counting,
    Day,
    Hook,
    Mark,
    Param,
    Recurring,
    Register,
    Rule,
    Shown,
    Step,
    Text,
    YesNo,
    form,
    months,
    options,
)

BASIS = "肿瘤登记管理办法（国卫疾控发〔2015〕6号），随访间隔以当地工作方案为准（待确认）"
PARAMS = (Param("tumour_months", "肿瘤病例随访间隔", 12, 3, 24, "月", basis="至少每年一次（待确认）"),)

ENTRY = form(
    "tumour_entry", "居民肿瘤病例报告卡",
    Coded("icd", "诊断编码", system="icd10", required=True),
    Text("diagnosis", "诊断", required=True, wide=True),
    Text("site", "部位", required=True),
    Day("diagnosed_on", "诊断日期", required=True),
    Text("diagnosed_at", "诊断单位", required=True),
    Choice("basis", "诊断依据", required=True, options=options(
        "0 死亡补发病", "1 临床", "2 X线、CT、超声、内镜", "3 手术或尸检", "4 生化、免疫", "5 细胞学或血片", "6 病理（继发）",
        "7 病理（原发）", "9 不详")),
    Choice("stage", "临床分期", options=options("0 0期", "1 Ⅰ期", "2 Ⅱ期", "3 Ⅲ期", "4 Ⅳ期", "9 不详")),
    rules=(
        Rule("starts_with(icd, 'C') or starts_with(icd, 'D')", "肿瘤的诊断编码以 C 或 D 开头", "icd"),
        Rule("diagnosed_on <= day", "诊断日期不能晚于报告日期", "diagnosed_on"),
    ),
    day="报告日期",
)  # fmt: skip
FOLLOW_UP = form(
    "tumour_visit", "肿瘤病例随访",
    Choice("way", "随访方式", required=True, options=options("1 上门", "2 电话", "3 就诊记录", "9 失访")),
    Choice("alive", "目前状况", required=True, when="way <> '9'", options=options("1 存活", "2 死亡")),
    Choice("course", "病情", when="alive = '1'", required=True, options=options(
        "1 稳定", "2 复发", "3 转移", "4 加重", "9 不详")),
    Text("therapy", "治疗情况", lines=2, max_length=300, wide=True, when="alive = '1'"),
    YesNo("pain", "疼痛", when="alive = '1'"),
    day="随访日期",
)  # fmt: skip
TUMOUR = Register(
    "tumour", "肿瘤登记", ENTRY,
    member="肿瘤病例",
    admit="icd is not null",
    admit_message="缺少诊断编码",
    leave=options("died 死亡", "moved 迁出", "lost 失访", "wrong 非肿瘤", "other 其他"),
    schedules=(
        Recurring("visits", "肿瘤随访", FOLLOW_UP, first=months("tumour_months"), counts="way <> '9'",
                  steps=(Step(months("tumour_months")),)),
    ),
    shown=(Shown(ENTRY, "diagnosis"), Shown(FOLLOW_UP, "course")),
    marks=(Mark("spread", "复发或转移", FOLLOW_UP, "course in ('2', '3')", "bad"),),
)  # fmt: skip

CASES = Counting("tumour", TUMOUR, basis=BASIS)
INDICATORS = (
    CASES.count("registered", "登记病例数", "active"),
    CASES.of("proven", "病理诊断占比", share="entry_basis in ('5', '6', '7')", good="more"),
    CASES.of("death_only", "仅有死亡证明占比", share="entry_basis = '0'", good="less"),
)

APPLICATION = Application(
    "collaboration", "业务协同",
    heading="业务协同", basis=BASIS, order=320,
    requirements=(
        ("G06", "working", "高血压、糖尿病、肿瘤、严重精神障碍、新生儿建卡、死亡推送；血型、病史、接种合并阅读"),
    ),
    workers=("public_health_doctor", "village_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(TUMOUR,), indicators=INDICATORS,
    hooks=(
        Hook("etl.rows_loaded", "diagnoses", on_diagnosis_rows, are_diagnoses),
        Hook("etl.rows_loaded", "deaths", on_death_rows, are_deaths),
    ),
)  # fmt: skip
