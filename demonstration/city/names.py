"""Names of made-up residents, with the frequencies of common surnames and the homophones that identity matching must bear."""

from __future__ import annotations

import random

_SURNAMES = (
    "王" * 72
    + "李" * 71
    + "张" * 68
    + "刘" * 54
    + "陈" * 45
    + "杨" * 31
    + "黄" * 22
    + "赵" * 23
    + "吴" * 20
    + "周" * 19
    + "徐" * 15
    + "孙" * 15
    + "马" * 13
    + "朱" * 13
    + "胡" * 12
    + "郭" * 12
    + "何" * 11
    + "林" * 11
    + "高" * 10
    + "罗" * 9
    + "郑宋谢唐韩冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱"
)
_MALE = "伟强磊军勇杰涛明超刚平辉建国志文斌波宇浩鹏飞龙华健亮俊峰海林东成新永生民毅德"
_FEMALE = "芳娜敏静丽艳娟霞秀英梅玲红玉兰凤燕萍慧琴云莉婷雪琳欣怡佳颖洁倩莹晶桂珍香月"
_BOYS = "浩轩宇辰子睿博文泽昊天奕铭俊熙晨阳梓豪皓"
_GIRLS = "梓涵欣怡诗雨萱可馨若汐语桐思颖佳琪雅婷依"
_HOMOPHONES = {
    "伟": "玮",
    "静": "婧",
    "丽": "莉",
    "霞": "遐",
    "军": "君",
    "芳": "方",
    "娟": "涓",
    "华": "桦",
    "明": "铭",
    "燕": "艳",
    "建": "健",
    "文": "雯",
    "志": "智",
    "峰": "锋",
    "辉": "晖",
    "玲": "铃",
    "红": "宏",
    "云": "芸",
}
_MINORITY = ("买买提·艾力", "阿依古丽·热合曼", "巴特尔·宝音")


def surname(chance: random.Random) -> str:
    """A surname with its usual frequency."""
    return chance.choice(_SURNAMES)


def given_name(chance: random.Random, male: bool, born: int) -> str:
    """A given name in the fashion of the year of birth."""
    young = born >= 2005
    letters = (_BOYS if young else _MALE) if male else (_GIRLS if young else _FEMALE)
    length = 2 if chance.random() < (0.9 if young else 0.72) else 1
    return "".join(chance.choice(letters) for _ in range(length))


def full_name(chance: random.Random, family: str, male: bool, born: int) -> str:
    """A full name; one in a thousand is a minority name with a middle dot."""
    if chance.random() < 0.001:
        return chance.choice(_MINORITY)
    return family + given_name(chance, male, born)


def misheard(chance: random.Random, name: str) -> str:
    """The name as a clerk wrote it by ear: one character becomes a homophone, when there is one."""
    places = [place for place, letter in enumerate(name) if letter in _HOMOPHONES]
    if not places:
        return name
    place = chance.choice(places)
    return name[:place] + _HOMOPHONES[name[place]] + name[place + 1 :]
