"""Laws and rules that a report may cite, each with the day since which it is in force as named here.

A line is one that somebody has looked up. To check one: its name and date stand in the
National Database of Laws and Regulations (flk.npc.gov.cn) or in the notice that issued it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Law:
    """A law, as it is cited between 《 and 》."""

    name: str
    since: date
    """In force since this day; before it nothing of that name was."""
    version: date
    """Since when the present wording has been in force."""
    note: str = ""

    def in_force(self, year: int) -> bool:
        """Tell whether a report about that year may cite it: in force by the year's end."""
        return self.since <= date(year, 12, 31)


def _law(name: str, since: str, version: str = "", note: str = "") -> Law:
    return Law(name, date.fromisoformat(since), date.fromisoformat(version or since), note)


LAWS: Mapping[str, Law] = {
    "administrative_penalty": _law("行政处罚法", "1996-10-01", "2021-07-15", "2021年修订"),
    "civil_code": _law("民法典", "2021-01-01"),
    "civil_servants": _law("公务员法", "2006-01-01", "2019-06-01", "2018年修订；不写“国家公务员法”"),
    "decisions": _law("重大行政决策程序暂行条例", "2019-09-01", note="规范县级以上政府，乡镇写“参照”"),
    "first_responsibility": _law("党政主要负责人履行推进法治建设第一责任人职责规定", "2016-11-30"),
    "mediation": _law("人民调解法", "2011-01-01"),
    "petitions": _law("信访工作条例", "2022-05-01", note="《信访条例》同时废止，不再引用"),
    "publicity": _law("法治宣传教育法", "2025-11-01"),
}
SUPERSEDED: frozenset[str] = frozenset({"信访条例", "国家公务员法", "国家公务员暂行条例"})
"""Names that were once right and are found in old reports; never cited."""
