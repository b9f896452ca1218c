"""How people name the households they visited: 老张, 张家, 李大爷, 刘秀英家, 二娃家. Pure."""

import re
from collections.abc import Iterator

from wangge.handlers.grammar import HAN, PLACE_UNIT, STOP, SURNAME, Values, any_of
from wangge.rules.errors import InvalidAnswer
from wangge.rules.policy import Words

MOST_HOUSEHOLDS = 50
LONGEST_HOUSEHOLD = 20

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
_NAME_SURE = f"(?:[老小]{SURNAME}[头汉]?{_KIN}?家?|{SURNAME}{_TITLE}家?|[甲乙丙丁戊己庚辛壬癸]家|{SURNAME}家)"
_NAME = (
    f"(?:{_NAME_SURE}|{SURNAME}{HAN}{{1,2}}?{_KIN}?家?"
    f"|(?!国家|老家|回家|各家|全家|每家|别家|搬家){_NICKNAME}{{2,3}}?家)"
)
_AFTER_NAME = (
    rf"(?=\s*(?:$|[、，,；;。！!？?：:（(/\s]|和|跟|及|与|还有|以及|家里|那|屋里|都|也|{_COUNT}"
    rf"|没|不在|锁|了(?:$|{STOP})"
    "|转|坐|看|串|走|聊|说|反映|问|想|要|希望|提出|了解|宣传|送|量|讲|帮|核实))"
)
_HOUSEHOLD = re.compile(rf"{_WELFARE}?(?P<name>{_NAME}){_AFTER_NAME}")
_JOINT = re.compile(r"\s*(?:、|/|和|跟|及|与|还有|以及|[ \t]+)\s*")
_COMMA = re.compile(r"\s*[，,；;]\s*")
_LISTED = re.compile(rf"\s*(?:$|[、，,；;。！!]|和|跟|都|也|{_COUNT})")
_NOT_HOME = (
    "(?:不在(?:家|村里?)?|没人(?:在家?)?|没在(?:家|村里?)?|锁着?了?门|门锁着|人不在|没见[着到]人?)"
    rf"(?={STOP}|[）)、]|$)"
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
_AFTER_SHORT_VERB = re.compile(rf"\s*(?:$|{STOP}|[转坐看走串跑问聊去访说宣]|{_COUNT})")
_BEFORE_VERB = re.compile(rf"\s*(?:{_COUNT})?(?:都|也|全|挨家|家里|那里?)?\s*")
_CLOSES = re.compile(rf"(?:一圈|一遍|一下|一趟|了|过)?\s*(?:{STOP}|$)")
_LEAD = re.compile(rf"{_FILLING}*(?:{PLACE_UNIT}的?)?")
_AFTER_VERB = re.compile(
    rf"[了过的]?(?:是|一下|记录|情况)?\s*(?:{PLACE_UNIT}的?)?(?:村里)?(?:{_COUNT})?\s*[：:，,]?\s*"
)
_COMPANY = f"[和跟陪同与带领]着?{HAN}{{1,8}}"
_REQUEST = re.compile(
    r"(?:(?<!没)(?<!没有)(?<!没啥)(?<!没什么)(?<![无不])(?:反映|要求|诉求|希望|提出)(?:是|说|了)?[:：]?"
    rf"|(?:{_NAME_SURE}|他|她|老人|户主|家属|村民|老乡)(?:家|就|还|也|说){{0,2}}"
    r"(?:想(?!到|开|起|念)|问(?![题好候了])|盼))"
    rf"(?P<request>[^，,。；;！!\n]{{2,}})"
)


def visit(text: str, words: Words) -> Values | None:
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
    verbs = any_of(words.visit).finditer(text)
    clauses = [0, *(stop.end() for stop in re.finditer(STOP, text))]
    both = [(verb.start(), _end(_AFTER_VERB, text, verb.end())) for verb in verbs]
    both += [(start, _end(_LEAD, text, start)) for start in clauses]
    return iter(sorted(both, key=lambda one: (one[0], -one[1])))


def _is_visited(text: str, start: int, names: list[str], end: int, words: Words) -> bool:
    """Say whether the writer visited those households, rather than saw, passed or spoke of them."""
    said = any_of(words.visit).match(text, start)
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
    verb = any_of(words.visit).match(text, _end(_BEFORE_VERB, text, end))
    return bool(verb and _CLOSES.match(text, verb.end()))


def _is_own_act(before: str, words: Words) -> bool:
    """Say whether nobody else is the subject of the clause: 小偷去了老王家 is no visit."""
    clause = re.split(f"{STOP}|、", before)[-1]
    return not re.sub(f"{_COMPANY}|{PLACE_UNIT}|{_FILLING}|{any_of(words.visit).pattern}", "", clause)


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
    verb = f"(?:[转坐看走串]了[转坐看走串]|{any_of(words.visit).pattern})(?:一圈|一遍|一下|一趟|[了过])?"
    tail = re.compile(rf"\s*(?:{_COUNT})?(?:家里|那里?|屋里)?(?:都|挨家)?{verb}|\s*{_COUNT}|了(?={STOP}|$)")
    return _end(tail, text, end)


def _content(text: str, spans: list[tuple[int, int]]) -> str:
    """Return what is said beyond who was visited when; clauses of mere filling are dropped."""
    for start, end in reversed(spans):
        text = text[:start] + "，" + text[end:]
    clauses = re.findall(rf"([^，,。；;！!？?：:\n]+)({STOP}*)", text)
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


def households_meant(text: str) -> Values:
    """Return the households that a correction puts in place of others."""
    for hit in re.finditer(r"(?<!不)是(?:[去了到的]{1,3})?|漏了|还有", text):
        names, _ = _list_at(text, hit.end())
        if names:
            return {"households": list(names)}
    return {}


def _join_spaced(text: str) -> str:
    """Join a name of two characters written with a space between them (王　芳)."""
    return re.sub(rf"(?<!{HAN})({HAN})[ \u3000]+({HAN})(?!{HAN})", r"\1\2", text)


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
