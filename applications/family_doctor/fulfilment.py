"""What happens under a contract: services, the yearly evaluation, the wish to go on, spot checks."""

from health_platform.engine.api import Choice, Number, Text, YesNo, form, options

ITEMS = options(
    "01 健康档案更新", "02 健康教育与咨询", "03 血压测量", "04 血糖检测", "05 健康体检", "06 中医药服务", "07 用药指导",
    "08 上门服务", "09 预约转诊", "10 长期处方", "11 康复护理指导", "12 孕产妇访视", "13 儿童保健", "99 其他",
)  # fmt: skip
SATISFACTION = options("5 很满意", "4 满意", "3 一般", "2 不满意", "1 很不满意")

SERVICE = form(
    "contract_service",
    "履约服务记录",
    Choice("item", "服务项目", required=True, options=ITEMS),
    Choice("way", "服务方式", required=True, options=options("1 门诊", "2 上门", "3 电话", "4 线上", "5 集中服务")),
    Text("content", "服务内容与结果", required=True, wide=True, lines=3, max_length=500),
    Number("done", "累计履约项次", value="so_far_services + 1", hint="含本次"),
    Choice("satisfaction", "居民评价", options=SATISFACTION),
    day="服务日期",
    version=2,
)

EVALUATION = form(
    "contract_evaluation",
    "签约服务年度评价",
    Choice("satisfaction", "居民总体满意度", required=True, options=SATISFACTION),
    YesNo("knows_doctor", "知晓自己的家庭医生", required=True),
    YesNo("knows_package", "知晓服务包内容", required=True),
    YesNo("renew", "愿意续约", required=True),
    Text("advice", "意见与建议", wide=True, lines=3, max_length=500),
    day="评价日期",
)  # fmt: skip

DOUBT = "not signed or not served or not signature"
CHECK = form(
    "contract_check",
    "签约与履约抽查",
    Choice("checked_by", "抽查单位", required=True, options=options(
        "1 签约机构自查", "2 乡镇卫生院", "3 县级主管部门", "4 第三方机构")),
    Choice("way", "抽查方式", required=True, options=options("1 电话回访", "2 入户", "3 查阅资料")),
    YesNo("signed", "居民确认签约属实", required=True),
    YesNo("served", "履约记录与居民所述相符", required=True),
    YesNo("signature", "协议签字与存档原件相符", required=True),
    Text("problem", "发现的问题", when=DOUBT, required=True, wide=True, lines=2, max_length=500),
    day="抽查日期",
)  # fmt: skip

WISH = form(
    "contract_renewal",
    "到期续约意向",
    Choice("term", "届次", value="'end'", options=options("end 本期届满")),
    Choice(
        "wish", "续约意向", required=True, options=options("1 续约", "2 更换服务包后续约", "3 更换团队", "4 不续约", "9 未联系上")
    ),
    Text("why", "不续约原因", when="wish = '4'", required=True, wide=True, max_length=300),
    day="联系日期",
)
