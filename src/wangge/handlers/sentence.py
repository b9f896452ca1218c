"""Read one free sentence: what it is, and which fields of the draft it fills.

Pure and without memory: the same words, day, policy and villages give the same reading. The word
lists are the town's policy; only grammar is written here (negation, places, how households are named).
Two rules a change could break: where danger is in doubt it is danger, and a field that is not
clearly said stays absent, because a person corrects a gap sooner than a wrong guess.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from wangge.handlers.dates import DAYS_BACK, find_days
from wangge.handlers.numbers import plain
from wangge.rules.errors import InvalidAnswer
from wangge.rules.masking import COMPOUND_SURNAMES
from wangge.rules.policy import Category, Policy, Words

Sort = Literal["event", "visit", "danger", "nothing", "small_talk", "correction"]
Values = dict[str, str | list[str]]

MOST_HOUSEHOLDS = 50
LONGEST_HOUSEHOLD = 20
LONGEST_GREETING = 16

_HAN = "[\u4e00-\u9fff]"
_STOP = r"[，,。；;！!？?：:\n]"
_ONE_SURNAME = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
    "傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤常温康"
    "施牛樊葛邢安齐易乔伍庞颜庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛"
    "曲翁冉骆蓝游辛靳管柴蒙鲍华喻祁卫荀景]"
)
_SURNAME = f"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|{_ONE_SURNAME})"

# Where a new scope of negation begins, and what takes the danger out of a word that follows.
_TURN = re.compile(r"[。！!？?；;\n]|(?=可是|但是|不过|结果|谁知|又)|(?<!不是)(?=真)")
_NOT_SO = re.compile(
    "(?:(?<![家屋房院店]里)(?<![家屋])没有?|未|(?<!是)不是|并非|不会|不至于|防止?|预防|谨防|严防|以防"
    "|(?<![不没])小心|当心|宣传了?|讲了?|怕|担心|[以避]免|免得|容易|万一|差一?点儿?|险些|要是|如果|假如)"
    "(?:人|谁|再|又|会|要|真的?|出现|发生|引[起发]|造成|娃娃?|孩子|小孩|老人|学生|过|见|看见|没|不小心|失足)"
    "{0,3}$"
)
_ONLY_TALK = re.compile("了?的?(?:知识|常识|危害|风险|隐患|危险|预案|报警器|宣传|演练|演习|防范|预防)")
_URGENT = re.compile(
    "(?<![不没])(?:紧急(?!通知|会议|集合|联系|电话)|十万火急|火速|急事|(?:赶紧|赶快)(?=来|派|处理|解决|安排|修))"
)

_PLACE_UNIT = (
    "(?:[0-9一二三四五六七八九十]{1,2}组(?![织长合建装成件])|村[东西南北中]?[头口边]|村[东西南北](?![头口边])"
    "|[东西南北][头街巷坡沟边关](?!系|心)|大队部?|村委会?(?:大院|门口)?|河滩|[渠河沟水井]边|渠[沿口]"
    "|地[头里]|井[台房]|桥[头下]|十字路口|路[口边]|巷[口里]|学校(?:门口)?|幼儿园|卫生[室所](?:门口)?"
    f"|小卖部(?:门口)?|戏台|广场|果园|坟地|敬老院|水库边|(?:[老小]{_SURNAME}|{_SURNAME}{_HAN}{{0,2}})家"
    "(?:门口|门前|房后|屋后|后墙|院里|隔壁|地头|后头|前头|旁边|对面|跟前))"
)
_PLACE = re.compile(f"{_PLACE_UNIT}(?:的?{_PLACE_UNIT})*(?:[老小]?{_SURNAME}家)?")

_TITLES = f"(?:{_SURNAME}?(?:主任|书记|领导|站长|镇长|所长|老师|同志|大哥|大姐|哥|姐)|大家|各位|小?助手)们?"
_PARTICLES = "啊呀了哈哦呢吧嘛的哩啦噢喔~"
_NO_WORDS = re.compile(r"[^\w]|_")
_CALM = re.compile(
    "这[两几]天|最近|目前|现在|村里|这边|咱村|我们|我|咱|大家|家家户户|家家|一切|整体|情况|都|也|挺|很|还|全"
    "|好|着|哩|呢|的|了|平安|安全|正常|平稳|稳定|放心|请|报告|汇报|领导|巡查?|转|走|看|一圈|一遍|在|里|吧|啊"
)
_PLACE_END = "边口头旁里上下"
_VILLAGE_ENDINGS = (
    "社区居民委员会",
    "社区居委会",
    "居民委员会",
    "村民委员会",
    "居委会",
    "村委会",
    "社区",
    "村",
)


@dataclass(frozen=True)
class Reading:
    """What a sentence is and which fields it fills; `guessed` names fields inferred, not said.

    Values are as JSON holds them and may be longer than a record allows: the form checks each.
    """

    sort: Sort
    values: Values
    guessed: frozenset[str] = frozenset()


def read(text: str, *, today: date, policy: Policy, villages: Mapping[str, str]) -> Reading:
    """Return what one message says.

    Args:
        villages: names by their 12-digit code, only those the person may mean.
    """
    what, words = text.strip(), policy.words
    flat = plain(what)
    if _is_small_talk(flat, words):
        return Reading("small_talk", {})
    rest = _corrected(what, words)
    named, bare = _named(flat if rest is None else plain(rest), today, villages)
    place = _place(bare)
    if _is_dangerous(bare, words):
        whole = _any_of(words.danger, spread=True).sub(lambda word: word[0].replace("了", ""), bare)
        return _event("danger", what, whole, named | place | {"urgency": "critical"}, policy)
    if rest is not None:
        return Reading("correction", named | place | _households_meant(bare) | {"what": rest})
    visit = _visit(bare, words)
    if visit:
        day = named.pop("happened_on", None)
        return Reading("visit", named | ({"seen_on": day} if day else {}) | visit)
    if _is_nothing(bare, words):
        return Reading("nothing", named)
    extra: Values = {"urgency": "urgent"} if _URGENT.search(bare) else {}
    if _any_of(words.solved).search(bare):
        extra["handling"] = "self"
    return _event("event", what, bare, named | place | extra, policy)


def _event(sort: Sort, what: str, bare: str, values: Values, policy: Policy) -> Reading:
    category = _category(bare, policy.categories)
    guess: Values = {"category": category} if category else {}
    return Reading(sort, {"what": what} | values | guess, frozenset(guess))


def _is_small_talk(text: str, words: Words) -> bool:
    """Say whether nothing but greetings and thanks is there, or no word at all."""
    polite = re.compile(f"(?:{_any_of(words.small_talk).pattern}|{_TITLES}|[{_PARTICLES}])+")
    pieces = [piece for piece in _NO_WORDS.split(text) if piece]
    return all(len(piece) <= LONGEST_GREETING and polite.fullmatch(piece) for piece in pieces)


def _is_dangerous(text: str, words: Words) -> bool:
    return any(_is_dangerous_part(part, words) for part in _TURN.split(text))


def _is_dangerous_part(part: str, words: Words) -> bool:
    """Say whether a word of danger is meant in a part of the text that has no turn in it.

    A harmless phrase that ends in 了 (找着了) ends the danger before it; any other (演练) that of
    the whole part, unless the phrase holds the word itself (没着火): then only of that word.
    """
    hits = [
        hit
        for hit in _any_of(words.danger, spread=True).finditer(part)
        if not _NOT_SO.search(part[max(0, hit.start() - 20) : hit.start()])
        and not _ONLY_TALK.match(part, hit.end())
    ]
    for phrase in _any_of(words.not_danger).finditer(part):
        if any(_overlap(hit, phrase) for hit in hits):
            hits = [hit for hit in hits if not _overlap(hit, phrase)]
        elif phrase[0].endswith("了"):
            hits = [hit for hit in hits if hit.start() > phrase.start()]
        elif not _any_of(words.danger, spread=True).search(phrase[0]):
            return False
    return bool(hits)


def _overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()


def _corrected(text: str, words: Words) -> str | None:
    """Return what follows the words of correction at the beginning, None if there are none.

    A short word (不对) must stand by itself: 不对劲 corrects nothing.
    """
    found = _any_of(words.correction).match(text)
    if not found:
        return None
    rest = text[found.end() :]
    if len(found[0]) <= 2 and found[0][-1] not in "成是为" and not re.match(r"\W|$|了|是|一下|啊", rest):
        return None
    return re.sub(r"^(?:一下|了|啊|\W)+", "", rest)


def _is_nothing(text: str, words: Words) -> bool:
    """Say whether the text reports that nothing happened, in every one of its clauses."""
    calm = _any_of(words.nothing)
    clauses = [clause for clause in re.split(rf"{_STOP}|\s", text) if clause]
    left = [len(_CALM.sub("", calm.sub("", clause))) for clause in clauses]
    return bool(calm.search(text)) and all(length <= 1 for length in left)


def _category(text: str, categories: Sequence[Category]) -> str | None:
    """Return the category most of whose words occur; a word that only says where counts last.

    Where several lead, the first clause decides, as it says what happened, and in it the last word,
    as the predicate stands last: 井上的水泵让人偷了 is theft, not water.
    """
    owner = {word: category.key for category in reversed(categories) for word in category.words}
    pattern = _any_of(tuple(owner))
    clauses = [list(pattern.finditer(clause)) for clause in re.split(_STOP, text)]
    firm = [[hit for hit in hits if not _says_where(hit)] for hits in clauses]
    chosen = [[owner[hit[0]] for hit in hits] for hits in (firm if any(firm) else clauses)]
    counts = Counter(key for keys in chosen for key in keys)
    leading = {key for key, count in counts.items() if count == max(counts.values())}
    return next((key for keys in chosen for key in reversed(keys) if key in leading), None)


def _says_where(hit: re.Match[str]) -> bool:
    """Say whether the word is only a place: 渠边, 厂里, or 路 followed by 上."""
    after = hit.string[hit.end() : hit.end() + 1]
    return hit[0][-1] in _PLACE_END or (len(hit[0]) <= 2 and after != "" and after in _PLACE_END)


def _named(text: str, today: date, villages: Mapping[str, str]) -> tuple[Values, str]:
    """Return village and day as far as they are said, and the text with their words blanked."""
    values: Values = {}
    found = _village(text, villages)
    if found:
        code, start, end = found
        values["village"] = code
        text = _blank(text, start, end)
    for day in find_days(text, today):
        text = _blank(text, day.start, day.end)
        if "happened_on" not in values and today - timedelta(days=DAYS_BACK) <= day.day <= today:
            values["happened_on"] = day.day.isoformat()
    return values, text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _village(text: str, villages: Mapping[str, str]) -> tuple[str, int, int] | None:
    """Return code, start and end of the village named; the longest name, then the first, wins."""
    found = [
        (start - end, start, end, code)
        for code, name in villages.items()
        for start, end in _occurrences(text, name)
    ]
    if not found:
        return None
    _, start, end, code = min(found)
    return None if len({one[3] for one in found if one[1:3] == (start, end)}) > 1 else (code, start, end)


def _occurrences(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where a village is named, in full or by its stem.

    A stem that is one character, or like a household or a place (常家, 西头), needs the 村 behind it.
    """
    ending = next((ending for ending in _VILLAGE_ENDINGS if name.endswith(ending)), "")
    stem = name.removesuffix(ending)
    if not stem or stem not in text:
        return
    needs_ending = len(stem) < 2 or stem[-1] in "家头口"
    pattern = re.escape(stem) + "(?P<ending>村委会|村|社区)?(?![镇县乡市])"
    for hit in re.finditer(pattern, text):
        is_denied = text[: hit.start()].endswith("不是")
        if not is_denied and (hit["ending"] or not needs_ending):
            yield hit.start(), hit.end()


def _place(text: str) -> Values:
    found = _PLACE.search(text)
    return {"place": found[0]} if found else {}


@lru_cache(maxsize=64)
def _any_of(words: tuple[str, ...], *, spread: bool = False) -> re.Pattern[str]:
    """Return a pattern of the words, longest first; `spread` lets a 了 stand inside (着了火)."""
    longest = sorted(words, key=lambda word: (-len(word), word))
    between = "了?" if spread else ""
    return re.compile("|".join(between.join(map(re.escape, word)) for word in longest) or "(?!)")


# --- visits, and how people name a household: 老张, 张家, 李大爷, 刘秀英家, 二娃家

_COUNT = (
    "(?:一?共|等|这|总共)?(?:[0-9]{1,2}|[一二两三四五六七八九十俩仨几]{1,3})[来多]?"
    "(?:家|户)(?:人家?|农户|村民)?"
)
_TITLE = (
    "(?:大[爷娘妈叔婶伯嫂姐哥]|奶奶|爷爷|老汉|老太太?|老师|医生|大夫|主任|支书|书记|会计|组长|队长|师傅"
    "|婶子?|嫂子?|[叔哥姐爷奶伯姨姑妈])"
)
_KIN = "(?:他?媳妇|他[妈爸娘爹]|两口子?|老伴)"
_WELFARE = "(?:低保户|五保户|脱贫户|贫困户|监测户|困难户|残疾人|(?:独居|孤寡|留守)老人|老党员|隔壁)"
_NICKNAME = "[^\\W\\d_a-zA-Z了的过着去上到在都也又没不是我他她你那这有看走跑问说来个家些就还各每两几户]"
_NAME_SURE = (
    f"(?:[老小]{_SURNAME}[头汉]?{_KIN}?家?|{_SURNAME}{_TITLE}家?|[甲乙丙丁戊己庚辛壬癸]家|{_SURNAME}家)"
)
_NAME = (
    f"(?:{_NAME_SURE}|{_SURNAME}{_HAN}{{1,2}}?{_KIN}?家?"
    f"|(?!国家|老家|回家|各家|全家|每家|别家|搬家){_NICKNAME}{{2,3}}?家)"
)
_AFTER_NAME = (
    rf"(?=\s*(?:$|[、，,；;。！!？?：:（(/\s]|和|跟|及|与|还有|以及|家里|那|屋里|都|也|{_COUNT}"
    rf"|没|不在|锁|了(?:$|{_STOP})"
    "|转|坐|看|串|走|聊|说|反映|问|想|要|希望|提出|了解|宣传|送|量|讲|帮|核实))"
)
_HOUSEHOLD = re.compile(rf"{_WELFARE}?(?P<name>{_NAME}){_AFTER_NAME}")
_JOINT = re.compile(r"\s*(?:、|/|和|跟|及|与|还有|以及|[ \t]+)\s*")
_COMMA = re.compile(r"\s*[，,；;]\s*")
_LISTED = re.compile(rf"\s*(?:$|[、，,；;。！!]|和|跟|都|也|{_COUNT})")
_NOT_HOME = (
    "(?:不在(?:家|村里?)?|没人(?:在家?)?|没在(?:家|村里?)?|锁着?了?门|门锁着|人不在|没见[着到]人?)"
    rf"(?={_STOP}|[）)、]|$)"
)
_AWAY = re.compile(
    rf"(?:(?P<name>{_NAME_SURE}|{_NAME})|(?P<all>都)|家|(?<=[，,。；;]))[家里都也又]*{_NOT_HOME}"
)
_BETWEEN_ANSWERS = re.compile(r"[、，,；;。：:/\s]+")
_AROUND_ANSWER = re.compile(r"^(?:就是|还有|去了?|走访了?|看望了?|到了?)|^\W+|\W+$")
_ASIDE = re.compile(r"\s*[（(][^（）()]{1,20}[）)]")

# Alternatives may not overlap: a word that reads in two ways doubles the time of a long text.
_FILLING = (
    "(?:我们?|咱们?|俺们?|本人|刚|才|又|还|就|也|都|已经?|先|再|接着|然后|后来|顺[路便]|专门|一起|一块儿?"
    "|[上下中]午|早[上晨]|晚上|傍晚|晌午|[前后]晌|一早|这边|村里|村|在|到|去|来|上|给|往|[、\\s])"
)
_AFTER_SHORT_VERB = re.compile(rf"\s*(?:$|{_STOP}|[转坐看走串跑问聊去访说宣]|{_COUNT})")
_BEFORE_VERB = re.compile(rf"\s*(?:{_COUNT})?(?:都|也|全|挨家|家里|那里?)?\s*")
_CLOSES = re.compile(rf"(?:一圈|一遍|一下|一趟|了|过)?\s*(?:{_STOP}|$)")
_LEAD = re.compile(rf"{_FILLING}*(?:{_PLACE_UNIT}的?)?")
_AFTER_VERB = re.compile(
    rf"[了过的]?(?:是|一下|记录|情况)?\s*(?:{_PLACE_UNIT}的?)?(?:村里)?(?:{_COUNT})?\s*[：:，,]?\s*"
)
_COMPANY = f"[和跟陪同与带领]着?{_HAN}{{1,8}}"
_REQUEST = re.compile(
    r"(?:(?<!没)(?<!没有)(?<!没啥)(?<!没什么)(?<![无不])(?:反映|要求|诉求|希望|提出)(?:是|说|了)?[:：]?"
    rf"|(?:{_NAME_SURE}|他|她|老人|户主|家属|村民|老乡)(?:家|就|还|也|说){{0,2}}"
    r"(?:想(?!到|开|起|念)|问(?![题好候了])|盼))"
    rf"(?P<request>[^，,。；;！!\n]{{2,}})"
)


def _visit(text: str, words: Words) -> Values | None:
    """Return the fields of a visit, None unless a visit verb and a household are there."""
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, at in _beginnings(text, words):
        found, end = _list_at(text, at)
        if found and (not spans or start >= spans[-1][1]) and _is_visited(text, start, found, end, words):
            names += found
            spans.append((start, _end_of_frame(text, end, words)))
    if not names:
        return None
    content = _content(text, spans)
    absent = _absent(text[spans[0][0] :], names)
    asked = _REQUEST.search(content)
    values: Values = {"households": list(dict.fromkeys([*names, *absent]))}
    values |= {"absent": absent} if absent else {}
    values |= {"content": content} if content else {}
    return values | ({"request": asked["request"].strip()} if asked else {})


def _beginnings(text: str, words: Words) -> Iterator[tuple[int, int]]:
    """Yield where a visit may begin and where its households then stand: after a verb, or at a clause."""
    verbs = _any_of(words.visit).finditer(text)
    clauses = [0, *(stop.end() for stop in re.finditer(_STOP, text))]
    both = [(verb.start(), _end(_AFTER_VERB, text, verb.end())) for verb in verbs]
    both += [(start, _end(_LEAD, text, start)) for start in clauses]
    return iter(sorted(both, key=lambda one: (one[0], -one[1])))


def _is_visited(text: str, start: int, names: list[str], end: int, words: Words) -> bool:
    """Say whether the writer visited those households, rather than saw, passed or spoke of them."""
    said = _any_of(words.visit).match(text, start)
    if not said:
        return _is_followed_by_verb(text, end, words)
    if re.search("[访户望]", said[0]):
        return True
    if not _is_own_act(text[:start], words):
        return False
    if len(said[0]) == 1 and not _AFTER_SHORT_VERB.match(text, end):
        return False
    return any(
        re.fullmatch(_NAME_SURE, name) or name.endswith("家") or len(name) > 2 < len(names) for name in names
    )


def _is_followed_by_verb(text: str, end: int, words: Words) -> bool:
    """Say whether the clause closes with the verb: 张家、李家都走访了."""
    verb = _any_of(words.visit).match(text, _end(_BEFORE_VERB, text, end))
    return bool(verb and _CLOSES.match(text, verb.end()))


def _is_own_act(before: str, words: Words) -> bool:
    """Say whether nobody else is the subject of the clause: 小偷去了老王家 is no visit."""
    clause = re.split(f"{_STOP}|、", before)[-1]
    return not re.sub(f"{_COMPANY}|{_PLACE_UNIT}|{_FILLING}|{_any_of(words.visit).pattern}", "", clause)


def _list_at(text: str, at: int) -> tuple[list[str], int]:
    """Return the households that stand one after the other from there on, and where they end."""
    names: list[str] = []
    found = _HOUSEHOLD.match(text, at)
    while found:
        names.append(found["name"])
        at = _end(_ASIDE, text, found.end())
        joint = _JOINT.match(text, at)
        comma = _COMMA.match(text, at)
        found = _HOUSEHOLD.match(text, (joint or comma or found).end()) if joint or comma else None
        # After a comma 老李 may begin a new sentence: 去了张家，老李说……
        if found and not joint and not _LISTED.match(text, found.end()):
            found = None
    return names, at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where the pattern ends if it matches there, else the same place."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _end_of_frame(text: str, end: int, words: Words) -> int:
    """Return where the content begins: behind 「两户」 and 「转了转」."""
    verb = f"(?:[转坐看走串]了[转坐看走串]|{_any_of(words.visit).pattern})(?:一圈|一遍|一下|一趟|[了过])?"
    tail = re.compile(rf"\s*(?:{_COUNT})?(?:家里|那里?|屋里)?(?:都|挨家)?{verb}|\s*{_COUNT}|了(?={_STOP}|$)")
    return _end(tail, text, end)


def _content(text: str, spans: list[tuple[int, int]]) -> str:
    """Return what is said beyond who was visited when; clauses of mere filling are dropped."""
    for start, end in reversed(spans):
        text = text[:start] + "，" + text[end:]
    clauses = re.findall(rf"([^，,。；;！!？?：:\n]+)({_STOP}*)", text)
    kept = [
        (clause.strip(), stop)
        for clause, stop in clauses
        if not re.fullmatch(rf"(?:{_FILLING}|[^\w、\s])*", clause)
    ]
    content = "".join(clause + (stop or "，") for clause, stop in kept)
    return re.sub("[，,、：:]{2,}", "，", content).strip("，,。；;：:、 \n")


def _absent(text: str, names: list[str]) -> list[str]:
    """Return the households of which it is said that nobody was at home, by the name they were given."""
    absent: dict[str, None] = {}
    for away in _AWAY.finditer(text):
        said = away["name"]
        if said:
            absent[next((name for name in names if _same(name, said)), said)] = None
        elif away["all"] or len(names) == 1:
            absent |= dict.fromkeys(names)
    for name in names:
        if re.search(rf"{re.escape(name)}\s*[（(][^（）()]*{_NOT_HOME}", text):
            absent[name] = None
    return list(absent)


def _same(name: str, other: str) -> bool:
    return name.removesuffix("家") == other.removesuffix("家")


def _households_meant(text: str) -> Values:
    """Return the households that a correction puts in place of others."""
    for hit in re.finditer(r"(?<!不)是(?:[去了到的]{1,3})?|漏了|还有", text):
        names, _ = _list_at(text, hit.end())
        if names:
            return {"households": list(names)}
    return {}


def _join_spaced(text: str) -> str:
    """Join a name of two characters written with a space between them (王　芳)."""
    return re.sub(rf"(?<!{_HAN})({_HAN})[ \u3000]+({_HAN})(?!{_HAN})", r"\1\2", text)


def _split_joined(part: str) -> Iterator[str]:
    """Split 老张和老李, but not the name 张和平; a count behind the last (老李两户) is dropped."""
    at = 0
    for joint in re.finditer("和|跟|及|与|还有", part):
        left, right = part[at : joint.start()], part[joint.end() : joint.end() + LONGEST_HOUSEHOLD]
        if re.fullmatch(_NAME, left) and _HOUSEHOLD.match(right):
            yield left
            at = joint.end()
    counted = re.fullmatch(rf"(?P<name>{_NAME})?{_COUNT}", part[at:])
    yield (counted["name"] or "") if counted else part[at:]


def households(text: str) -> tuple[str, ...]:
    """Return the households of a one-line answer such as 「甲家、乙家」, each once.

    Raises:
        InvalidAnswer: none is named, or more than MOST_HOUSEHOLDS, or a name is too long.
    """
    parts = (_AROUND_ANSWER.sub("", part) for part in _BETWEEN_ANSWERS.split(_join_spaced(text)))
    names = list(dict.fromkeys(name for part in parts for name in _split_joined(part) if _is_name(name)))
    if not names:
        raise InvalidAnswer("households.none")
    if len(names) > MOST_HOUSEHOLDS:
        raise InvalidAnswer("households.too_many", limit=MOST_HOUSEHOLDS, count=len(names))
    for name in names:
        if len(name) > LONGEST_HOUSEHOLD:
            raise InvalidAnswer("households.too_long", name=name[:6], limit=LONGEST_HOUSEHOLD)
    return tuple(names)


def _is_name(part: str) -> bool:
    return any(character.isalpha() for character in part)
