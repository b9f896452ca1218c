"""The grammar that sentences and households share: surnames, places, where a clause stops."""

import re
from functools import lru_cache

from wangge.rules.masking import COMPOUND_SURNAMES

Values = dict[str, str | list[str]]

HAN = "[\u4e00-\u9fff]"
STOP = r"[，,。；;！!？?：:\n]"
ONE_SURNAME = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
    "傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤常温康"
    "施牛樊葛邢安齐易乔伍庞颜庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛"
    "曲翁冉骆蓝游辛靳管柴蒙鲍华喻祁卫荀景]"
)
SURNAME = f"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|{ONE_SURNAME})"
PLACE_UNIT = (
    "(?:[0-9一二三四五六七八九十]{1,2}组(?![织长合建装成件])|村[东西南北中]?[头口边]|村[东西南北](?![头口边])"
    "|[东西南北][头街巷坡沟边关](?!系|心)|大队部?|村委会?(?:大院|门口)?|河滩|[渠河沟水井]边|渠[沿口]"
    "|地[头里]|井[台房]|桥[头下]|十字路口|路[口边]|巷[口里]|学校(?:门口)?|幼儿园|卫生[室所](?:门口)?"
    f"|小卖部(?:门口)?|戏台|广场|果园|坟地|敬老院|水库边|(?:[老小]{SURNAME}|{SURNAME}{HAN}{{0,2}})家"
    "(?:门口|门前|房后|屋后|后墙|院里|隔壁|地头|后头|前头|旁边|对面|跟前))"
)


@lru_cache(maxsize=64)
def any_of(words: tuple[str, ...], *, spread: bool = False) -> re.Pattern[str]:
    """Return a pattern of the words, longest first; `spread` lets a 了 stand inside (着了火)."""
    longest = sorted(words, key=lambda word: (-len(word), word))
    between = "了?" if spread else ""
    return re.compile("|".join(between.join(map(re.escape, word)) for word in longest) or "(?!)")
