"""What can befall a resident: complaints, diagnoses, drugs and laboratory panels of the demonstration city."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ailment:
    """An acute reason to see a doctor. ``season`` are the months in which it comes six times as often as its ``weight`` says.

    ``notifiable`` is its code on the report card of infectious diseases, when there must be one.
    """

    code: str
    name: str
    complaint: str
    department: str
    drugs: tuple[str, ...]
    panels: tuple[str, ...] = ()
    weight: int = 10
    season: tuple[int, ...] = ()
    low_age: int = 0
    high_age: int = 120
    notifiable: str = ""


@dataclass(frozen=True)
class Drug:
    """A drug with its code, strength, dose and price in yuan."""

    code: str
    name: str
    strength: str
    dose: str
    unit: str
    total: str
    price: float


@dataclass(frozen=True)
class Test:
    """A laboratory item: range and spread; ``conditions`` shift the mean of residents who have them."""

    code: str
    name: str
    unit: str
    low: float
    high: float
    mean: float
    spread: float
    digits: int = 1
    shifts: tuple[tuple[str, float], ...] = ()


AILMENTS = (
    Ailment("J06.900", "急性上呼吸道感染", "咽痛、流涕2天", "呼吸内科", ("amoxicillin", "ibuprofen"), ("blood",), 30),
    Ailment(
        "J11.101",
        "流行性感冒",
        "发热、全身酸痛1天",
        "呼吸内科",
        ("oseltamivir", "ibuprofen"),
        ("blood",),
        4,
        (12, 1, 2),
        notifiable="58",
    ),
    Ailment("K29.700", "胃炎", "上腹隐痛1周", "内科", ("omeprazole",), (), 12),
    Ailment("A09.901", "感染性腹泻", "腹泻伴腹痛1天", "内科", ("montmorillonite",), ("blood",), 6, (6, 7, 8)),
    Ailment("M54.500", "腰痛", "腰部疼痛3天", "骨科", ("ibuprofen",), (), 10, (), 25),
    Ailment("J20.900", "急性支气管炎", "咳嗽咳痰5天", "呼吸内科", ("amoxicillin", "ambroxol"), ("blood",), 12),
    Ailment("N39.000", "泌尿道感染", "尿频尿痛2天", "内科", ("levofloxacin",), ("urine",), 5, (), 18),
    Ailment("L30.900", "皮炎", "皮肤瘙痒3天", "内科", ("loratadine",), (), 8),
    Ailment("K04.000", "牙髓炎", "牙痛2天", "外科", ("metronidazole",), (), 5, (), 10),
    Ailment("B08.401", "手足口病", "手足皮疹、发热1天", "儿科", ("ibuprofen",), ("blood",), 9, (5, 6, 7), 0, 6, "68"),
    Ailment("J18.900", "肺炎", "发热、咳嗽4天", "呼吸内科", ("ceftriaxone", "ambroxol"), ("blood", "chemistry"), 3),
    Ailment("S93.401", "踝关节扭伤", "右踝肿痛半天", "骨科", ("ibuprofen",), (), 4, (), 8, 60),
    Ailment("H10.900", "结膜炎", "眼红、流泪2天", "内科", ("levofloxacin",), (), 4),
)
OUTBREAK = Ailment("A09.000", "诺如病毒急性胃肠炎", "呕吐、腹泻半天", "儿科", ("montmorillonite",), ("blood",), notifiable="67")

CHRONIC = {
    "I10": ("I10.x00", "原发性高血压", "心血管内科", ("amlodipine", "valsartan")),
    "E11": ("E11.900", "2型糖尿病", "内分泌科", ("metformin", "acarbose")),
    "I25": ("I25.103", "冠状动脉粥样硬化性心脏病", "心血管内科", ("aspirin", "atorvastatin")),
    "J44": ("J44.900", "慢性阻塞性肺疾病", "呼吸内科", ("ambroxol",)),
    "F20": ("F20.900", "精神分裂症", "精神科", ("olanzapine",)),
    "C34": ("C34.900", "支气管或肺恶性肿瘤", "肿瘤科", ()),
    "N18": ("N18.900", "慢性肾脏病", "肾内科", ("valsartan",)),
}
CHRONIC_PANELS = {
    "I10": ("chemistry",),
    "E11": ("glucose", "chemistry"),
    "I25": ("lipids",),
    "N18": ("chemistry",),
    "C34": ("blood", "tumour"),
}

DRUGS = {
    "amoxicillin": Drug("XJ01CAA040", "阿莫西林胶囊", "0.25g*24粒", "0.5", "g", "1盒", 12.5),
    "ceftriaxone": Drug("XJ01DDT059", "注射用头孢曲松钠", "1.0g*1支", "2", "g", "6支", 8.2),
    "levofloxacin": Drug("XJ01MAZ033", "左氧氟沙星片", "0.5g*4片", "0.5", "g", "2盒", 18.0),
    "metronidazole": Drug("XJ01XDJ064", "甲硝唑片", "0.2g*100片", "0.4", "g", "1瓶", 6.0),
    "oseltamivir": Drug("XJ05AHA157", "磷酸奥司他韦胶囊", "75mg*10粒", "75", "mg", "1盒", 64.0),
    "ibuprofen": Drug("XM01AEB201", "布洛芬缓释胶囊", "0.3g*20粒", "0.3", "g", "1盒", 15.0),
    "omeprazole": Drug("XA02BCA215", "奥美拉唑肠溶胶囊", "20mg*14粒", "20", "mg", "1盒", 14.0),
    "montmorillonite": Drug("XA07BCM060", "蒙脱石散", "3g*10袋", "3", "g", "1盒", 11.0),
    "ambroxol": Drug("XR05CBA179", "盐酸氨溴索片", "30mg*20片", "30", "mg", "1盒", 16.0),
    "loratadine": Drug("XR06AXL210", "氯雷他定片", "10mg*6片", "10", "mg", "1盒", 13.0),
    "amlodipine": Drug("XC08CAA109", "苯磺酸氨氯地平片", "5mg*28片", "5", "mg", "1盒", 9.8),
    "valsartan": Drug("XC09CAX052", "缬沙坦胶囊", "80mg*28粒", "80", "mg", "1盒", 22.0),
    "metformin": Drug("XA10BAE047", "盐酸二甲双胍片", "0.5g*60片", "0.5", "g", "1盒", 14.0),
    "acarbose": Drug("XA10BFA080", "阿卡波糖片", "50mg*30片", "50", "mg", "1盒", 28.0),
    "aspirin": Drug("XB01ACA002", "阿司匹林肠溶片", "100mg*30片", "100", "mg", "1盒", 15.5),
    "atorvastatin": Drug("XC10AAA206", "阿托伐他汀钙片", "20mg*14片", "20", "mg", "1盒", 19.0),
    "olanzapine": Drug("XN05AHA194", "奥氮平片", "5mg*14片", "5", "mg", "1盒", 35.0),
}

PANELS = {
    "blood": (
        "血常规",
        "血液",
        (
            Test("WBC", "白细胞计数", "10^9/L", 3.5, 9.5, 6.8, 1.9),
            Test("HGB", "血红蛋白", "g/L", 115, 175, 138, 14, 0),
            Test("PLT", "血小板计数", "10^9/L", 125, 350, 225, 48, 0),
            Test("CRP", "C反应蛋白", "mg/L", 0, 10, 6, 6),
        ),
    ),
    "chemistry": (
        "生化",
        "血液",
        (
            Test("CREA", "肌酐", "μmol/L", 41, 111, 72, 15, 0, (("N18", 150.0),)),
            Test("K", "钾", "mmol/L", 3.5, 5.3, 4.2, 0.35, 2),
            Test("ALT", "丙氨酸氨基转移酶", "U/L", 9, 50, 24, 11, 0),
            Test("GLU", "葡萄糖", "mmol/L", 3.9, 6.1, 5.2, 0.6, 2, (("E11", 3.0),)),
        ),
    ),
    "glucose": (
        "糖尿病监测",
        "血液",
        (
            Test("GLU", "葡萄糖", "mmol/L", 3.9, 6.1, 5.2, 0.6, 2, (("E11", 3.0),)),
            Test("HBA1C", "糖化血红蛋白", "%", 4.0, 6.0, 5.4, 0.4, 1, (("E11", 2.0),)),
        ),
    ),
    "lipids": (
        "血脂",
        "血液",
        (
            Test("TC", "总胆固醇", "mmol/L", 0, 5.2, 4.6, 0.8, 2, (("I25", 0.8),)),
            Test("TG", "甘油三酯", "mmol/L", 0, 1.7, 1.4, 0.6, 2),
            Test("LDL", "低密度脂蛋白胆固醇", "mmol/L", 0, 3.4, 2.7, 0.7, 2, (("I25", 0.7),)),
        ),
    ),
    "urine": (
        "尿常规",
        "尿液",
        (Test("UWBC", "尿白细胞", "/μL", 0, 25, 60, 50, 0), Test("SG", "尿比重", "", 1.003, 1.03, 1.015, 0.005, 3)),
    ),
    "tumour": ("肿瘤标志物", "血液", (Test("CEA", "癌胚抗原", "ng/mL", 0, 5, 12, 9, 1),)),
}

VACCINES = (
    ("乙肝疫苗", (0, 30, 180)),
    ("脊灰疫苗", (60, 90, 120)),
    ("百白破疫苗", (90, 120, 150)),
    ("麻腮风疫苗", (240, 540)),
    ("甲肝疫苗", (540,)),
    ("流脑疫苗", (180, 270)),
)
