"""Reading the official list of areas, and finding an area by what people write."""

from importlib.resources import files

import pytest

from wangge.reports.sheets import read_table
from wangge.rules.areas import Area, AreaNames, Row, read_areas, short_name, split_areas
from wangge.rules.errors import PersonError
from wangge.texts import say

HEADINGS = ("village_code", "village", "town_code", "town", "county_code", "county", "city_code", "city")
COUNTY = ("990101", "安平县", "9901", "清源市")


def villages(*named: tuple[str, str, str, str]) -> list[Row]:
    """Rows of a list with these (village code, village, town code, town)."""
    rows = [HEADINGS, *((*village, *COUNTY) for village in named)]
    return [Row(number, cells) for number, cells in enumerate(rows, start=1)]


EAST = ("990101103200", "东桥村委会", "990101103", "清河镇")
WEST = ("990101103201", "西桥村村民委员会", "990101103", "清河镇")


@pytest.mark.parametrize(
    ("official", "shown"),
    [
        ("东桥村委会", "东桥村"),
        ("郑村村委会", "郑村"),
        ("郑村村村民委员会", "郑村村"),
        ("东桥村民委员会", "东桥村"),
        ("崇山村村委员会", "崇山村"),
        ("北关社区居民委员会", "北关社区"),
        ("北关社区居委会", "北关社区"),
        ("北关居委会", "北关社区"),
        ("农作物原种场生活区", "农作物原种场生活区"),
        ("村委会", "村委会"),
    ],
)
def test_villages_are_shown_by_the_name_people_use(official: str, shown: str) -> None:
    assert short_name(official) == shown


def test_every_area_comes_once_parents_first_with_one_grid_a_village() -> None:
    assert read_areas(villages(EAST, WEST)) == [
        Area("990101", "安平县", "", "county"),
        Area("990101103", "清河镇", "990101", "town"),
        Area("990101103200", "东桥村", "990101103", "village"),
        Area("990101103201", "西桥村", "990101103", "village"),
        Area("990101103200001", "东桥村第一网格", "990101103200", "grid"),
        Area("990101103201001", "西桥村第一网格", "990101103201", "grid"),
    ]


def test_columns_may_stand_in_any_order() -> None:
    turned = [Row(row.number, row.cells[::-1]) for row in villages(EAST)]
    assert read_areas(turned) == read_areas(villages(EAST))


def test_a_village_that_moved_to_another_town_is_taken_as_listed() -> None:
    moved = ("990101999200", "柳树沟村委会", "990101103", "清河镇")
    assert Area("990101999200", "柳树沟村", "990101103", "village") in read_areas(villages(moved))


def test_wrong_rows_are_counted_and_named() -> None:
    rows = villages(
        EAST,
        ("99010110320", "短码村委会", "990101103", "清河镇"),
        ("99010110320O", "字母村委会", "990101103", "清河镇"),
        ("990101103203", "", "990101103", "清河镇"),
        ("990101103200", "南桥村委会", "990101103", "清河镇"),
        ("990101103204", "北桥村委会", "990101103", "浊河镇"),
    )
    with pytest.raises(PersonError) as refused:
        read_areas(rows)
    sentence = say(refused.value.text_id, **refused.value.values)
    assert "有5处要改" in sentence
    assert "第3行：village_code应是12位数字，现在是“99010110320”" in sentence
    assert "第4行" in sentence and "第5行：village没有填" in sentence
    assert "第6行：编码990101103200前面是“东桥村”，这里是“南桥村”" in sentence
    assert "第7行：编码990101103前面是“清河镇”，这里是“浊河镇”" in sentence


@pytest.mark.parametrize(
    ("rows", "text_id"),
    [
        ([], "areas.headings"),
        ([Row(1, ("村", "编码"))], "areas.headings"),
        ([Row(1, HEADINGS)], "areas.no_rows"),
    ],
)
def test_a_list_without_columns_or_villages_is_refused(rows: list[Row], text_id: str) -> None:
    with pytest.raises(PersonError) as refused:
        read_areas(rows)
    assert refused.value.text_id == text_id
    assert say(text_id, **refused.value.values)


def test_the_made_up_town_is_read_and_marked_as_made_up() -> None:
    content = (files("wangge.demo") / "villages.csv").read_bytes()
    areas = read_areas(read_table(content, "villages.csv"))
    names = [area.name for area in areas if area.level == "village"]
    assert len(names) == len(set(names)) == 16
    assert "东桥村" in names and max(map(len, names)) >= 6
    assert all(area.code.startswith("99") for area in areas)
    assert [area.code for area in areas if area.level == "town"] == ["990101103"]


def test_a_whole_province_is_read() -> None:
    lines = [",".join(HEADINGS)]
    for number in range(22_000):
        town = 990101000 + number // 16
        lines.append(f"{town}{200 + number % 16},第{number}村委会,{town},{town}镇,{','.join(COUNTY)}")
    content = "\n".join(lines).encode()
    areas = read_areas(read_table(content, "province.csv"))
    assert sum(area.level == "village" for area in areas) == 22_000


@pytest.fixture
def names() -> AreaNames:
    listed = villages(
        EAST,
        WEST,
        ("990101103202", "柳树沟村委会", "990101103", "清河镇"),
        ("990101103203", "北关社区居民委员会", "990101103", "清河镇"),
        ("990101104200", "柳树沟村委会", "990101104", "白河镇"),
    )
    return AreaNames({area.code: area.name for area in read_areas(listed)})


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("东桥村", ["990101103200"]),
        ("东桥", ["990101103200"]),
        ("东桥村委会", ["990101103200"]),
        ("东桥村村民委员会", ["990101103200"]),
        ("清河镇东桥村", ["990101103200"]),
        (" 东　桥 村 ", ["990101103200"]),
        ("990101103200", ["990101103200"]),
        ("９９０１０１１０３２００", ["990101103200"]),
        ("北关社区居民委员会", ["990101103203"]),
        ("北关社区居委会", ["990101103203"]),
        ("北关", ["990101103203"]),
        ("东桥村第一网格", ["990101103200001"]),
        ("东桥第一网格", ["990101103200001"]),
        ("清河镇", ["990101103"]),
        ("柳树沟村", ["990101103202", "990101104200"]),
        ("白河镇柳树沟村", ["990101104200"]),
        ("东乔村", []),
        ("", []),
    ],
)
def test_an_area_is_found_by_what_people_write(names: AreaNames, written: str, codes: list[str]) -> None:
    assert list(names.find(written)) == codes


def test_the_label_of_an_area_finds_it_alone(names: AreaNames) -> None:
    assert names.label("990101103200") == "东桥村"
    assert names.label("990101104200") == "白河镇柳树沟村"
    assert names.label("990101999999") == "990101999999"


def test_near_names_are_suggested_and_not_too_many(names: AreaNames) -> None:
    assert names.near("东乔村") == ["东桥村"]
    assert names.near("南桥村") == ["东桥村", "西桥村"]
    assert names.near("东乔村第一网格") == ["东桥村第一网格"]
    assert names.near("xyz") == []


def test_one_cell_may_name_several_areas() -> None:
    assert split_areas("东桥村、西桥村，北关 / 南关,") == ["东桥村", "西桥村", "北关", "南关"]
