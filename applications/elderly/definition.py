"""老年人健康管理、老年人中医药健康管理（国家基本公共卫生服务规范第三版）: once a year for everybody of 65 and more."""

from applications.elderly.forms import CONSTITUTION, ENTRY, EXAMINATION, SELF_CARE
from health_platform.engine.api import (
    Application,
    Counting,
    Mark,
    Param,
    PerPeriod,
    Population,
    Prompt,
    Register,
    Shown,
    Tally,
    options,
)

PARAMS = (
    Param("glucose_limit", "空腹血糖提示值", 7.0, 6.1, 7.0, "mmol/L", basis="规范第三版：≥7.0mmol/L建议转诊确诊"),
    Param("systolic_limit", "收缩压提示值", 140, 130, 150, "mmHg"),
    Param("diastolic_limit", "舒张压提示值", 90, 85, 95, "mmHg"),
)
REGISTER = Register(
    "elderly", "老年人健康管理", ENTRY,
    member="老年人",
    admit="age >= 65",
    admit_message="服务对象为65岁及以上常住居民",
    leave=options("died 死亡", "moved 迁出", "lost 失访", "refused 拒绝", "other 其他"),
    schedules=(
        PerPeriod("exam", "老年人体检", EXAMINATION, period="year"),
        PerPeriod("self_care", "自理能力评估", SELF_CARE, period="year"),
        PerPeriod("constitution", "中医体质辨识", CONSTITUTION, period="year"),
    ),
    shown=(Shown(SELF_CARE, "degree", "自理能力"), Shown(EXAMINATION, "systolic"), Shown(EXAMINATION, "diastolic"),
           Shown(EXAMINATION, "glucose")),
    marks=(
        Mark("dependent", "中重度依赖", SELF_CARE, "degree in ('3', '4')", "bad"),
        Mark("alone", "独居", ENTRY, "lives = '2'", "warn"),
        Mark("mind", "认知或情感筛查阳性", EXAMINATION, "cognition = '2' or emotion = '2'", "warn"),
    ),
    sections=("medication", "laboratory", "visit"),
)  # fmt: skip

BASIS = "国家基本公共卫生服务规范（第三版）老年人健康管理、中医药健康管理"
ELDERS = Population("residents_65", "65岁及以上常住居民")
TALLIES = (Tally("exams", EXAMINATION), Tally("assessed", SELF_CARE), Tally("identified", CONSTITUTION))
SERVED = "exams > 0 and assessed > 0"
COUNTED = Counting("elderly", REGISTER, basis=BASIS, good="more")
INDICATORS = (
    COUNTED.count("population", "65岁及以上常住居民数", figure=ELDERS, good=""),
    COUNTED.count("registered", "建档人数", "active"),
    COUNTED.count("served", "接受健康管理人数", SERVED),
    COUNTED.of("served_rate", "老年人健康管理率", SERVED, of=ELDERS),
    COUNTED.count("assessed", "自理评估人数", "assessed > 0"),
    COUNTED.of("assessed_rate", "自理评估率", share="assessed > 0"),
    COUNTED.count("identified", "中医药服务人数", "identified > 0"),
    COUNTED.of("tcm_rate", "老年人中医药健康管理率", "identified > 0", of=ELDERS),
    COUNTED.count("examined", "体检人数", "exams > 0"),
    COUNTED.of("examined_rate", "体检率", share="exams > 0"),
)

PROMPTS = (
    Prompt("pressure", "血压升高", EXAMINATION, "systolic >= :systolic_limit or diastolic >= :diastolic_limit",
           "首次发现血压升高者：去除诱因后非同日再测两次，三次均高建议转诊确诊；已确诊者纳入高血压管理。", basis=BASIS),
    Prompt("glucose", "血糖升高", EXAMINATION, "glucose >= :glucose_limit", "建议转诊到上级医院确诊；已确诊者纳入糖尿病管理。",
           basis=BASIS),
    Prompt("mind", "筛查阳性", EXAMINATION, "cognition = '2' or emotion = '2'", "认知功能或情感状态粗筛阳性：行量表检查并转诊。",
           kept=True),
    Prompt("dependent", "不能自理", SELF_CARE, "degree = '4'", "不能自理：告知家属，安排上门服务和照护评估。", kept=True,
           basis=BASIS),
)  # fmt: skip

APPLICATION = Application(
    "elderly", "老年保健",
    heading="公共卫生", basis=BASIS, order=330,
    requirements=(("D04", "working", "建档、自理评估、体质辨识、年度体检、逾期名单与指标"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
