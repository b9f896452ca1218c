"""What the two other bots say and store: as little as our own script of people asks for."""

from collections.abc import Mapping

DESK = 20_000
CREATE = (
    "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, person INTEGER, what TEXT, category TEXT)"
)
INSERT = "INSERT INTO events (person, what, category) VALUES (?, ?, ?)"
WHAT = "什么事？请用一两句话说清楚，也可以发照片。"
CHANGE = "改哪一项？"
CATEGORY = "是哪一类事？"
CATEGORY_NAMES = {
    "C1": "矛盾纠纷",
    "C2": "安全隐患",
    "C3": "环境卫生",
    "C4": "基础设施",
    "C5": "民生诉求",
    "C6": "治安线索",
    "C7": "政策咨询",
    "C8": "其他事项",
    "C9": "待定",
}
CATEGORIES = [(name, key) for key, name in CATEGORY_NAMES.items()]
CARD_BUTTONS = [("上报", "file"), ("改一改", "change"), ("取消", "cancel")]
FIELDS = [("什么事", "what"), ("类别", "category"), ("紧急程度", "urgency"), ("返回", "back")]


def card(draft: Mapping[str, str]) -> str:
    return f"要上报吗？东桥村 · {draft['category']} · 一般\n{draft['what']}"


def filed(number: str, draft: Mapping[str, str]) -> str:
    return f"已上报 {number}\n东桥村 · {draft['category']}\n{draft['what']}"


def for_desk(number: str, draft: Mapping[str, str]) -> str:
    return f"新事件 {number}\n东桥村 · {draft['category']}\n{draft['what']}"


def number(row: int | None) -> str:
    return f"1123-{row:03d}"
