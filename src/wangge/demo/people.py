"""Who lives and works in the made-up town, as its roster says."""

import csv
from dataclasses import dataclass
from importlib import resources

DESK, SECOND_DESK, MAYOR, CLERK = 45, 46, 47, 49
"""Staff numbers of those who come up again and again."""
AREA_LEADERS = range(41, 45)
FIELD_ROLES = frozenset({"网格员", "村干部", "包村干部", "包片领导"})
FIRST_ACCOUNT = 1000


@dataclass(frozen=True)
class Member:
    """One line of the roster."""

    staff_no: int
    name: str
    phone: str
    role: str
    areas: tuple[str, ...]

    @property
    def account(self) -> int:
        """The number of this person's made-up chat account."""
        return FIRST_ACCOUNT + self.staff_no

    @property
    def post(self) -> str:
        """Name the post in a few characters: 网格员 东桥村, 包片领导 东桥村等."""
        return " ".join(self._post)

    @property
    def title(self) -> str:
        """Name the post as the chat page shows it: 网格员 · 东桥村."""
        return " · ".join(self._post)

    @property
    def _post(self) -> tuple[str, str]:
        return self.role, self.areas[0] + ("等" if len(self.areas) > 1 else "")


def read_roster() -> tuple[bytes, dict[int, Member]]:
    """Return the roster file as it is imported, and its people by staff number."""
    content = resources.files("wangge.demo").joinpath("roster.csv").read_bytes()
    rows = csv.DictReader(content.decode("utf-8-sig").splitlines())
    members = [_member(row) for row in rows]
    return content, {member.staff_no: member for member in members}


def _member(row: dict[str, str]) -> Member:
    areas = tuple(area.removesuffix("第一网格") for area in row["区域"].split("、"))
    return Member(int(row["工号"]), row["姓名"], row["电话"], row["职务"], areas)
