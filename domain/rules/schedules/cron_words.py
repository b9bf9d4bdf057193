"""A cron expression in plain English: "At 09:00, Monday to Friday"."""

from collections.abc import Callable, Sequence
from itertools import groupby

from domain.rules.schedules.cron import Cron
from domain.rules.schedules.cron_fields import Field, Item

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NTH = ("first", "second", "third", "fourth", "fifth")
_MOST_TIMES = 6
_MINUTES, _HOURS, _DAYS, _MONTHS_OF_YEAR, _DAYS_OF_WEEK = 60, 24, 31, 12, 7
_SHORTEST_RUN = 3


def cron_words(cron: Cron) -> str:
    """What an expression means, without its zone."""
    found = [_times(cron), *_days(cron), *_months(cron.month)]
    return ", ".join(found)


def joined(words: Sequence[str], link: str = "and") -> str:
    """`a, b and c`."""
    return f" {link} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `13th`."""
    teens = range(11, 14)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in teens else ending}"


def _times(cron: Cron) -> str:
    minutes, hours = sorted(cron.minute.numbers), sorted(cron.hour.numbers)
    if len(minutes) * len(hours) <= _MOST_TIMES:
        times = [f"{hour:02}:{minute:02}" for hour in hours for minute in minutes]
        return f"At {joined(times)}"
    step = _even_step(cron.minute, _MINUTES)
    if step:
        every = "Every minute" if step == 1 else f"Every {step} minutes"
        return f"{every}{_within(cron.hour, hours)}"
    if minutes == [0]:
        return f"On the hour, {_of_hours(cron.hour, hours)}"
    return f"At {_numbers(cron.minute, 'minute', str)} past {_of_hours(cron.hour, hours)}"


def _within(field: Field, hours: Sequence[int]) -> str:
    """In which hours something happens throughout."""
    if len(hours) == _HOURS:
        return ""
    if _is_run(hours):
        return f" from {hours[0]:02}:00 to {hours[-1]:02}:59"
    return f" in {_of_hours(field, hours)}"


def _of_hours(field: Field, hours: Sequence[int]) -> str:
    step = _even_step(field, _HOURS)
    if len(hours) == _HOURS:
        return "every hour"
    if step:
        return f"every {ordinal(step)} hour from 00:00"
    if _is_run(hours) and len(hours) >= _SHORTEST_RUN:
        return f"every hour from {hours[0]:02}:00 to {hours[-1]:02}:00"
    return joined(_pieces(field, "hour", lambda hour: f"{hour:02}:00"))


def _even_step(field: Field, many: int) -> int:
    """The n of `*/n` where that is the same as "every n", all around the clock; otherwise 0."""
    if len(field.numbers) == many:
        return 1
    if len(field.items) > 1 or not field.star or many % field.items[0].step:
        return 0
    return field.items[0].step


def _days(cron: Cron) -> list[str]:
    dates, weekdays = _dates(cron.day), joined(_weekdays(cron.weekday, "every ") or [""])
    if not dates and not weekdays:
        return [] if _even_step(cron.hour, _HOURS) else ["every day"]
    if cron.either_day:
        # One of them naming each day is enough.
        return [f"{dates} and {weekdays}"] if dates and weekdays else ["every day"]
    if dates and weekdays:
        return [f"{dates} if it is {joined(_weekdays(cron.weekday, 'a '), 'or')}"]
    return [dates or weekdays]


def _dates(field: Field) -> str:
    """`on the 1st and 15th of the month`; empty for all days."""
    if len(field.numbers) == _DAYS:
        return ""
    words = _pieces(field, "day", ordinal)
    if words and not words[0].startswith("every"):
        words[0] = f"the {words[0]}"
    return f"on {joined([*words, *(['the last day'] if field.last_day else [])])} of the month"


def _weekdays(field: Field, article: str) -> list[str]:
    """`Monday to Friday`, `every Monday`, `the second Monday of the month`; none for all days."""
    numbers = sorted(number or _DAYS_OF_WEEK for number in field.numbers)
    if len(numbers) == _DAYS_OF_WEEK:
        return []
    words = _runs(numbers, lambda number: _WEEKDAYS[number - 1])
    if words and (len(numbers) == 1 or article == "a "):
        words[0] = f"{article}{words[0]}"
    for day, nth in sorted(field.nths, key=lambda each: (each[1], each[0] or _DAYS_OF_WEEK)):
        words.append(f"the {_NTH[nth - 1]} {_WEEKDAYS[day - 1]} of the month")
    return words


def _months(field: Field) -> list[str]:
    numbers = sorted(field.numbers)
    if len(numbers) == _MONTHS_OF_YEAR:
        return []
    words = joined(_runs(numbers, lambda number: _MONTHS[number - 1]))
    return [f"from {words}" if " to " in words and len(_runs(numbers, str)) == 1 else f"in {words}"]


def _numbers(field: Field, noun: str, show: Callable[[int], str]) -> str:
    """A field's numbers, said of what: `minutes 0 and 30`, `every 7th minute from 0 to 56`."""
    words = _pieces(field, noun, show)
    if words[0].startswith("every"):
        return joined(words)
    return f"{noun}{'s' if len(field.numbers) > 1 else ''} {joined(words)}"


def _pieces(field: Field, noun: str, show: Callable[[int], str]) -> list[str]:
    """A field's numbers, those of long steps by their step."""
    words: list[str] = []
    single: set[int] = set()
    for item in field.items:
        if item.step > 1 and len(item.numbers) > _MOST_TIMES:
            words.append(_stepped(item, noun, show))
        else:
            single.update(item.numbers)
    return [*_runs(sorted(single), show), *words]


def _stepped(item: Item, noun: str, show: Callable[[int], str]) -> str:
    the = "the " if noun == "day" else ""
    first, last = (f"{the}{show(number)}" for number in (item.low, item.numbers[-1]))
    return f"every {ordinal(item.step)} {noun} from {first} to {last}"


def _runs(numbers: Sequence[int], show: Callable[[int], str]) -> list[str]:
    """Numbers in order as words, runs of three or more as `a to b`."""
    words: list[str] = []
    for _, group in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        run = [number for _, number in group]
        if len(run) >= _SHORTEST_RUN:
            words.append(f"{show(run[0])} to {show(run[-1])}")
        else:
            words += map(show, run)
    return words


def _is_run(numbers: Sequence[int]) -> bool:
    return numbers[-1] - numbers[0] == len(numbers) - 1
