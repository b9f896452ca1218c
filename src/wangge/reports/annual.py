"""The annual report (年度法治政府建设情况报告) as a document of headings and sentences.

A sentence stands only if every figure and law it names is known; else the next of its
alternatives is tried. Every number in it is tied to a named figure, so that the table of
sources is complete; what only a writer can know is a place for him.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from string import Formatter

from wangge.reports.figures import Figure
from wangge.reports.periods import Period
from wangge.reports.prose import Heading, Number, Paragraph, Place, Report, Run, Runs, Source, Text
from wangge.reports.year import Year, share
from wangge.rules.calendar import local_day
from wangge.rules.laws import LAWS
from wangge.texts import TEXTS, say

PLACE = re.compile("〔([^〕]*)〕")
RATES = ("closed_rate", "met_rate", "satisfied_rate")
COUNTS = ("reported", "valid", "closed", "limits", "met")
IF_ANY = ("critical", "rated", "satisfied")
"""Figures of which a sentence speaks only if there is something to say."""
OUTCOMES = ("solved", "passed_on", "unsolvable", "untrue")
OUTLINE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("1", ()),
    ("1.1", ("study", "study.thought")),
    ("1.2", ("lead", "visits.all|visits|visits.done|visits.none visits.found")),
    ("1.3", ("decisions|decisions.plain decisions.done",)),
    ("1.4", ("enforcement enforcement.results", "interference")),
    ("1.5", ("staff", "staff.law staff.advisers")),
    ("1.6", ("disputes.lead",)),
    (
        "1.6.1",
        (
            "span.more|span.fewer|span.equal|span.alone|none villages.all|villages",
            "closed|closed.alone|closed.few met|met.alone|met.few open|open.none critical",
            "classes months outcomes satisfied|satisfied.few",
        ),
    ),
    ("1.6.2", ("mediation|mediation.none", "petitions|petitions.plain screening")),
    ("1.6.3", ("cases|cases.none", "@case_1", "@case_2", "@case_3")),
    ("1.7", ("publicity|publicity.plain publicity.code", "publicity.legal")),
    (
        "2",
        (
            "lacking.lead lacking.late|lacking.open|lacking.pace lacking.visits|lacking.visits.none",
            "lacking.study lacking.more",
        ),
    ),
    ("3", ("first|first.plain", "first.report")),
    ("4", ("next.lead next",)),
    ("5", ("source frozen", "other")),
)
"""Headings and their paragraphs: sentences one after the other, `|` before what is said instead;
`@` names a sentence that is put together."""


def compose(year: Year, town: str, day: date, *, is_demo: bool = False) -> Report:
    """Return the report about a year.

    Args:
        year: what is known of it.
        town: name of the town.
        day: on which the report is dated.
        is_demo: whether it is made of made-up data.
    """
    sources = dict(_sources(year))
    known = _known(year, town, sources)
    blocks: list[Heading | Paragraph] = [
        Paragraph(_joined(_first_said("addressee", known)), is_addressee=True),
        Paragraph(_joined(_first_said("opening", known))),
    ]
    for number, paragraphs in OUTLINE:
        blocks.append(Heading(number.count(".") + 1, say(f"annual.{number}")))
        for paragraph in paragraphs:
            runs = tuple(run for sentence in paragraph.split() for run in _first_said(sentence, known))
            if runs:
                blocks.append(Paragraph(_joined(runs)))
    others = ((say("annual.classes.rest"), year.others),) if year.others else ()
    return Report(
        title=say("annual.title", town=town, year=year.number),
        blocks=tuple(blocks),
        signature=say("annual.signature", town=town),
        date=_day(day),
        sources=sources,
        months=tuple((_month(month), valid, closed) for month, valid, closed in year.months),
        classes=(*((name, count) for _, name, count in year.classes), *others),
        is_demo=is_demo,
    )


def _sources(year: Year) -> Iterator[tuple[str, Source]]:
    """Yield every figure that may be spoken of, by the name under which sentences know it."""
    span, end = _span(year.period), f"{_cutoff_day(year.period)}"

    def source(text: object, name: str, how: str, records: int | None, frozen: int | None = None) -> Source:
        return Source(str(text), name, how, span, end, records, frozen)

    events = year.figures if year.figures["reported"].value else {}
    for name, figure in events.items():
        if (text := _spoken(name, figure)) is not None:
            how, frozen = say(f"figure.{name}.how"), year.frozen.get(name)
            yield name, source(text, say(f"figure.{name}"), how, _base(figure), frozen)
    for name, value, records in _derived(year):
        yield name, source(value, say(f"annual.figure.{name}"), say(f"annual.figure.{name}.how"), records)
    for key, name, count in year.classes:
        names = {"name": name}
        yield (
            f"class_{key}",
            source(
                count, say("annual.figure.class", **names), say("annual.figure.class.how", **names), count
            ),
        )
    for month, valid, _ in year.months:
        name = say("annual.figure.month", month=_month(month))
        yield f"month_{month}", source(valid, name, say("annual.figure.month.how"), valid)
    for number, case in enumerate(year.cases, start=1):
        name = say("annual.figure.case", count=number)
        yield f"case_{number}", source(case.days, name, say("annual.figure.case.how"), 1)
    for name, value in year.frozen.items():
        title = say("annual.figure.frozen", name=say(f"figure.{name}"))
        yield f"{name}_frozen", source(value, title, say("annual.figure.frozen.how"), value)
    yield from _sources_before(year)


def _sources_before(year: Year) -> Iterator[tuple[str, Source]]:
    before = year.period.year_before
    span, end = _span(before), f"{_cutoff_day(before)}"
    for name, figure in year.before.items():
        if (text := _spoken(name, figure)) is not None:
            title = say("annual.figure.before", name=say(f"figure.{name}"))
            how = say(f"figure.{name}.how")
            yield f"{name}_before", Source(text, title, how, span, end, _base(figure))


def _spoken(name: str, figure: Figure) -> str | None:
    """Return a figure as it is printed, None if no sentence may speak of it."""
    if name in RATES:
        return share(figure)
    if name in IF_ANY:
        return str(figure.value) if figure.value else None
    return str(figure.value) if name in (*COUNTS, *OUTCOMES) else None


def _derived(year: Year) -> Iterator[tuple[str, int, int | None]]:
    """Yield (name, value, records behind it) of what is computed from figures; nothing of what is not so."""
    found = {name: figure.value for name, figure in year.figures.items()}
    valid = found["valid"]
    yield "villages", year.villages, None
    if valid:
        yield "villages_reporting", year.reporting, valid
    if "valid" in year.before:
        more = valid - year.before["valid"].value
        yield from _if_positive("valid_more", more, valid + year.before["valid"].value)
        yield from _if_positive("valid_fewer", -more, valid + year.before["valid"].value)
    yield from _if_positive("unfinished", valid - found["closed"], valid)
    yield from _if_positive("not_met", found["limits"] - found["met"], found["limits"])
    yield from _if_positive("others", year.others, year.others)
    yield from _if_positive("disputes", year.disputes, year.disputes)
    if year.visits and year.visits.done:
        visits = year.visits
        yield "visits_done", visits.done, visits.records
        yield "households", visits.households, visits.records
        yield "visited", visits.villages, visits.records
        yield from _if_positive("visits_owed", visits.owed, None)
        yield from _if_positive("visits_missing", visits.missing, visits.records)


def _if_positive(name: str, value: int, records: int | None) -> Iterator[tuple[str, int, int | None]]:
    if value > 0:
        yield name, value, records


def _known(year: Year, town: str, sources: Mapping[str, Source]) -> dict[str, Runs]:
    """Return whatever a sentence may name: words, figures, laws and lists."""
    words = {
        "town": town,
        "year": str(year.number),
        "next": str(year.number + 1),
        "first": _day(year.period.first_day),
        "last": _day(year.period.last_counted_day),
        "until": _day(_cutoff_day(year.period)),
        **{
            f"law_{key}": say("annual.law", name=law.name)
            for key, law in LAWS.items()
            if law.in_force(year.number)
        },
    }
    known: dict[str, Runs] = {name: (Text(word),) for name, word in words.items()}
    known |= {name: (Number(name, source.text),) for name, source in sources.items()}
    if span := _said("span.until" if year.period.is_running else "span", known):
        known["span"] = span
    if "valid_before" in known and year.figures["valid"].value == year.before["valid"].value:
        known["same"] = ()
    if "closed" in known and "unfinished" not in known:
        known["all_closed"] = ()
    if year.reporting == year.villages:
        known["all_reporting"] = ()
    if year.visits and year.visits.villages == year.villages:
        known["all_visited"] = ()
    return known | _lists(year, known) | _months(year, known) | _cases(year, known)


def _lists(year: Year, known: Mapping[str, Runs]) -> dict[str, Runs]:
    """Return the lists: of 大类, and of outcomes, without what there was none of."""
    classes = [
        _said("class", {"name": (Text(name),), "count": known[f"class_{key}"]})
        for key, name, _ in year.classes
    ]
    if "others" in known:
        classes.append(_said("classes.others", {"count": known["others"]}))
    outcomes = [
        _said(f"outcome.{name}", {"count": known[name]})
        for name in OUTCOMES
        if name in known and year.figures[name].value
    ]
    lists = {"classes": classes if year.classes else [], "outcomes": outcomes}
    return {name: _listed([each for each in found if each]) for name, found in lists.items() if found}


def _months(year: Year, known: Mapping[str, Runs]) -> dict[str, Runs]:
    """Return the months with most and fewest events of a whole year, if each is one month."""
    counts = sorted((valid, month) for month, valid, _ in year.months)
    if (
        year.period.is_running
        or len(counts) < 12
        or counts[0][0] == counts[1][0]
        or counts[-1][0] == counts[-2][0]
    ):
        return {}
    low, peak = counts[0][1], counts[-1][1]
    found = {"low_month": (Text(_month(low)),), "peak_month": (Text(_month(peak)),)}
    return {**found, "low": known[f"month_{low}"], "peak": known[f"month_{peak}"]}


def _cases(year: Year, known: Mapping[str, Runs]) -> dict[str, Runs]:
    found: dict[str, Runs] = {}
    for number, case in enumerate(year.cases, start=1):
        words: dict[str, Runs] = {"name": (Text(case.category),), "month": (Text(_month(case.month)),)}
        sort = "case" if case.days > 1 else "case.same_day"
        found[f"case_{number}"] = _said(sort, {**words, "days": known[f"case_{number}"]}) or ()
    return {**found, "cases": ()} if found else {}


def _first_said(sentence: str, known: Mapping[str, Runs]) -> Runs:
    """Return the first of a sentence's alternatives that can be said; nothing if none can."""
    if sentence.startswith("@"):
        return known.get(sentence[1:], ())
    found = (_said(each, known) for each in sentence.split("|"))
    return next((runs for runs in found if runs is not None), ())


def _said(sentence: str, known: Mapping[str, Runs]) -> Runs | None:
    """Return a sentence with all that it names in its place, None if something is not known."""
    runs: list[Run] = []
    for literal, name, _, _ in Formatter().parse(TEXTS[f"annual.{sentence}"]):
        runs += _with_places(literal)
        if name is None:
            continue
        if name not in known:
            return None
        runs += known[name]
    return tuple(runs)


def _with_places(literal: str) -> Iterator[Run]:
    for number, part in enumerate(PLACE.split(literal)):
        if part:
            yield Place(part) if number % 2 else Text(part)


def _listed(lists: Sequence[Runs]) -> Runs:
    """Return lists one after the other with 、 between them."""
    return tuple(run for each in lists for run in (Text("、"), *each))[1:]


def _joined(runs: Runs) -> Runs:
    """Return the runs with neighbouring words made one."""
    found: list[Run] = []
    for run in runs:
        if isinstance(run, Text) and found and isinstance(last := found[-1], Text):
            found[-1] = Text(last.text + run.text)
        else:
            found.append(run)
    return tuple(found)


def _base(figure: Figure) -> int:
    return figure.value if figure.base is None else figure.base


def _span(period: Period) -> str:
    return say("annual.sources.span", first=period.first_day, last=period.last_counted_day)


def _cutoff_day(period: Period) -> date:
    """Return the last day of which something is counted."""
    return local_day(period.cutoff - timedelta(microseconds=1))


def _day(day: date) -> str:
    return say("annual.date", year=day.year, month=day.month, day=day.day)


def _month(month: int) -> str:
    return say("annual.month", month=month)
