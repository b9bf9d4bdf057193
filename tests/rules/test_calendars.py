"""Calendars: reading dates and ICS files, within bounds, and what they suppress."""

import time
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from itertools import takewhile
from uuid import UUID

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.schedules.calendar_texts import read_dates, read_ics
from domain.rules.schedules.calendars import CalendarUse, DateRange, Dates, dates_of, suppressed_by
from domain.rules.schedules.recurrence import Budget, InvalidRule, days_of_rule, parse_rule

TODAY = date(2026, 11, 27)
HOLIDAYS, WORKDAYS, EXTRA = UUID(int=1), UUID(int=2), UUID(int=3)
SHORT_S = 1.5
MIDNIGHT = time_of_day()
MEGABYTE = 1024 * 1024


def day(text: str) -> date:
    return date.fromisoformat(text)


def ics(*events: str) -> str:
    wrapped = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{wrapped}END:VCALENDAR\n"


def shown(dates: Dates) -> list[str]:
    found = []
    for each in dates:
        until = f"..{each.last}" if each.last > each.first else ""
        found.append(f"{each.first}{until} {each.name}".strip())
    return found


def refusal(text: str) -> str:
    before = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        read_ics(text, TODAY)
    assert time.process_time() - before < SHORT_S
    (problem,) = refused.value.problems
    assert problem.field == "content"
    return problem.message


def test_dates_come_one_a_line_with_ranges_and_names() -> None:
    text = """
        # Holidays
        2026-12-24..2026-12-26 Christmas
        2027-01-01\tNew   Year
        2026-05-01
    """
    dates = read_dates(text)
    assert shown(dates) == ["2026-05-01", "2026-12-24..2026-12-26 Christmas", "2027-01-01 New Year"]
    assert dates.name_of(day("2026-12-25")) == "Christmas"
    assert day("2026-12-27") not in dates
    assert dates.days == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-12-24\n24.12.2026", "line 2 is no date such as 2026-12-24"),
        ("2026-02-30", "line 1 has a day that no month has: 2026-02-30"),
        ("2026-12-26..2026-12-24", "line 1 ends before it begins"),
        ("9999-01-01", "line 1 must lie in the years 1970 to 2199"),
        ("٢٠٢٦-١٢-٢٤", "line 1 is no date"),
        ("# nothing\n", "holds no dates"),
        ("x" * (MEGABYTE + 1), "larger than 1 MiB"),
        ("\n".join(f"{date(1970, 1, 1) + timedelta(days=2 * each)}" for each in range(5_001)),
         "more than 5,000 dates"),
    ],
)  # fmt: skip
def test_bad_dates_are_refused_with_their_line(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_dates(text)
    assert reason in refused.value.problems[0].message


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.sampled_from("ab"))))
def test_ranges_are_put_in_order_without_losing_a_day(given_: list[tuple[int, int, str]]) -> None:
    ranges = [
        DateRange(TODAY + timedelta(days=low), TODAY + timedelta(days=low + more), name)
        for low, more, name in given_
    ]
    dates = dates_of(ranges)
    days = [TODAY + timedelta(days=each) for each in range(-1, 75)]
    for each in days:
        holders = {one.name for one in ranges if one.first <= each <= one.last}
        found = dates.name_of(each)
        assert found in holders if holders else found is None
    assert all(one.last < other.first for one, other in zip(dates, list(dates)[1:], strict=False))
    assert dates.days == sum(each in dates for each in days)


@pytest.mark.parametrize(
    ("uses", "on", "by"),
    [
        ([(HOLIDAYS, "not_on")], "2026-12-25", HOLIDAYS),
        ([(HOLIDAYS, "not_on")], "2026-12-28", None),
        ([(WORKDAYS, "only_on")], "2026-12-28", None),
        ([(WORKDAYS, "only_on")], "2026-12-27", WORKDAYS),
        # Any "only on" suffices; "not on" always wins.
        ([(WORKDAYS, "only_on"), (EXTRA, "only_on")], "2026-12-27", None),
        ([(WORKDAYS, "only_on"), (EXTRA, "only_on")], "2026-12-31", WORKDAYS),
        ([(EXTRA, "only_on"), (HOLIDAYS, "not_on")], "2026-12-26", HOLIDAYS),
        ([], "2026-12-25", None),
        # A calendar that is not there holds nothing.
        ([(UUID(int=9), "only_on")], "2026-12-28", UUID(int=9)),
        ([(UUID(int=9), "not_on")], "2026-12-28", None),
    ],
)
def test_the_calendar_that_says_no_is_named(
    uses: list[tuple[UUID, str]], on: str, by: UUID | None
) -> None:
    calendars = {
        HOLIDAYS: read_dates("2026-12-24..2026-12-26"),
        WORKDAYS: read_dates("2026-12-28..2026-12-30"),
        EXTRA: read_dates("2026-12-26..2026-12-27"),
    }
    found = suppressed_by([CalendarUse(*use) for use in uses], calendars, day(on))  # type: ignore[arg-type]
    assert found == by


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (["DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas\\, at last"],
         ["2026-12-24..2026-12-26 Christmas, at last"]),
        (["DTSTART:20261224"], ["2026-12-24"]),
        # A time is on the day that it says, in whatever zone; its end is not included.
        (['DTSTART;TZID="America/New_York":20261231T230000\nDTEND:20270101T010000'],
         ["2026-12-31..2027-01-01"]),
        (["DTSTART:20261231T080000Z\nDTEND:20270101T000000Z"], ["2026-12-31"]),
        (["DTSTART:20261231T080000Z\nDURATION:P1W"], ["2026-12-31..2027-01-06"]),
        (["DTSTART:20261231T080000Z\nDURATION:PT30M"], ["2026-12-31"]),
        # Long lines are folded; quoted parameters may hold colons.
        (['DTSTART;X="a:b;c";\n VALUE=DATE:2026\n 1224\nSUMMARY;ALTREP="http://x":Na\n me'],
         ["2026-12-24 Name"]),
        # A series, with what is left out, added, moved and called off.
        (["UID:1\nDTSTART:20261201\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20261208,20261209\nRDATE:20261231",
          "UID:1\nRECURRENCE-ID:20261215\nDTSTART:20261216",
          "UID:1\nRECURRENCE-ID:20261222\nDTSTART:20261222\nSTATUS:CANCELLED"],
         ["2026-12-01", "2026-12-16", "2026-12-31"]),
        (["DTSTART:20261224\nSTATUS:CANCELLED", "DTSTART:20261225"], ["2026-12-25"]),
        # An alarm's properties are not its event's.
        (["DTSTART:20261224\nBEGIN:VALARM\nDURATION:P9D\nEND:VALARM"], ["2026-12-24"]),
        # The last Monday of May, as it is written out: from two years ago to ten ahead.
        (["DTSTART;VALUE=DATE:19710531\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20280101"],
         ["1971-05-31", "2024-05-27", "2025-05-26", "2026-05-25", "2027-05-31"]),
        (["DTSTART:20261120\nRRULE:FREQ=DAILY"], ["2026-11-20..2036-12-31"]),
    ],
)  # fmt: skip
def test_an_ics_file_is_the_days_of_its_events(events: list[str], found: list[str]) -> None:
    for text in (ics(*events), ics(*events).replace("\n", "\r\n")):
        assert shown(read_ics(text, TODAY)) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no ICS file"),
        ("2026-12-24", "is no ICS file"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nEND:VCALENDAR", "is no ICS file"),
        ("BEGIN:VEVENT\nDTSTART:20261224\nEND:VEVENT", "is no ICS file"),
        (ics("SUMMARY:Party"), "event 1 (Party) has no DTSTART"),
        (ics("DTSTART:20261224", "DTSTART:20260230"), "event 2 has a date that is none"),
        (ics("DTSTART:20261224\nDURATION:long"), "has a duration that is none"),
        (ics("DTSTART:00010101\nDTEND:99991231"), "is longer than 3,660 days"),
        (ics("DTSTART:20261224\nRRULE:FREQ=SECONDLY"), "by a FREQ other than"),
        (ics("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYWEEKNO=20"), "BYWEEKNO, which is not"),
        (ics("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=13"), "has a BYMONTH that is none"),
        (ics("DTSTART:20261224\nRRULE:FREQ=WEEKLY;BYDAY=2MO"), "nth weekday of neither"),
        (ics("DTSTART:20261224\nRRULE:FREQ=DAILY;COUNT=0"), "has a COUNT that is none"),
        (ics("DTSTART:20261224\nRRULE:nonsense"), "has a rule that is none"),
        (ics("DTSTART:20261224\nEXRULE:FREQ=DAILY"), "EXRULE, which is not supported"),
        (ics("DTSTART:20261224\nSTATUS:CANCELLED"), "holds no dates"),
        (ics(*[f"DTSTART:{TODAY + timedelta(days=2 * each):%Y%m%d}" for each in range(5_001)]),
         "more than 5,000 dates"),
    ],
)  # fmt: skip
def test_bad_ics_files_are_refused_with_their_event(text: str, reason: str) -> None:
    assert reason in refusal(text)


@pytest.mark.parametrize(
    "hostile",
    [
        ics("x" * MEGABYTE),
        "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 70_000,
        ics(*["SUMMARY:a"] * 20_001),
        ics("SUMMARY" + ';A=":"' * 150_000 + ":x"),
        ics("SUMMARY;A=" + '":' * 300_000),
        ics("X:1\n" * 200_000),
        ics("SUMMARY:" + "\n a" * 250_000),
        ics("DTSTART:20261224\n" + "RRULE:FREQ=YEARLY;BYDAY=MO\n" * 30_000),
        ics(*["DTSTART:00010101\nRRULE:FREQ=DAILY;COUNT=99999;BYMONTH=2;BYMONTHDAY=30"] * 9_000),
        ics("DTSTART:00010101\nRRULE:FREQ=DAILY;COUNT=99999;BYMONTH=2;BYMONTHDAY=30"),
        ics("DTSTART:00010101\nRRULE:FREQ=YEARLY;COUNT=99999;BYYEARDAY=366;BYMONTH=1"),
        ics("DTSTART:20261224\nEXRULE:x\nRDATE:" + ",".join(["20261224"] * 100_000)),
        ics("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 300_000)),
        ics("DTSTART:20261224\nDURATION:P" + "9" * 500_000 + "D"),
    ],
    ids=str.__len__,
)
def test_hostile_ics_files_are_refused_soon(hostile: str) -> None:
    refusal(hostile)


DAYS_OF = {
    "BYMONTHDAY": ["1", "28,29", "-1", "13"],
    "BYDAY": ["MO", "FR,SU", "MO,TU,WE"],
    "BYYEARDAY": ["1", "100,-1"],
}
OF_MONTHS = ["1MO", "-1FR", "2TU,3FR"]


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that name some days: for one that names none dateutil looks until the year 9999. It has
    its own idea of a list of weekdays with and without a number, and of a first week."""

    def maybe(name: str, values: list[str]) -> dict[str, str]:
        return draw(st.fixed_dictionaries({}, optional={name: st.sampled_from(values)}))

    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    parts = {"FREQ": frequency, **maybe("INTERVAL", ["2", "3"]), **maybe("WKST", ["MO", "SU"])}
    kinds = {"YEARLY": list(DAYS_OF), "WEEKLY": ["BYDAY"]}.get(frequency, ["BYDAY", "BYMONTHDAY"])
    kind = draw(st.sampled_from(kinds))
    more = OF_MONTHS if kind == "BYDAY" and frequency in {"YEARLY", "MONTHLY"} else []
    days = maybe(kind, DAYS_OF[kind] + more)
    if kind != "BYYEARDAY" and (frequency != "MONTHLY" or "INTERVAL" not in parts):
        parts |= maybe("BYMONTH", ["1", "2,12", "6"])
    if days:
        parts |= days
    if days and frequency in {"YEARLY", "MONTHLY"}:
        parts |= maybe("BYSETPOS", ["1", "-1"])
    parts |= draw(st.sampled_from([{"COUNT": "7"}, {"UNTIL": "20290615"}]))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(max_examples=150, deadline=None)
@given(rules(), st.dates(date(2020, 1, 1), date(2027, 1, 1)))
def test_rules_repeat_as_dateutil_says(text: str, start: date) -> None:
    until = start + timedelta(days=4_000)
    found = (each.date() for each in rrulestr(text, dtstart=datetime.combine(start, MIDNIGHT)))
    theirs = list(takewhile(lambda each: each <= until, found))
    for since in (start, start + timedelta(days=900)):
        ours = days_of_rule(parse_rule(text), start, since, until, Budget(100_000))
        assert list(ours) == [each for each in theirs if each >= since]


def test_a_rule_that_is_none_is_refused() -> None:
    for text in ("", "FREQ=YEARLY;FREQ=DAILY", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;UNTIL=soon"):
        with pytest.raises(InvalidRule):
            parse_rule(text)
