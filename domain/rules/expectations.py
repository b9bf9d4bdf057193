"""By when a trigger's next event is expected, where somebody said so.

Two forms: at least one event every so many seconds, or one for each instant of a cron schedule, at
most `grace_s` after it. As with healthchecks.io, an event counts for the time before the next
instant: what comes at 09:05 is the event of 09:00, what comes at 08:55 is not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import InvalidInput
from domain.rules.checking import Problems, clean_json
from domain.rules.schedules.schedule import parse_schedule, read_schedule

SHORTEST_S, LONGEST_S = 60, 80 * 86_400
MOST_GRACE_S = 7 * 86_400
GRACE_S = 600
_EVERY = frozenset({"every_s"})
_BY_SCHEDULE = frozenset({"cron", "zone", "grace_s"})
# Whether a cron schedule ever comes due does not hang on when one asks.
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def parse_expectation(value: object, field: str = "expected_by") -> dict[str, Any] | None:
    """What is stored for `{"every_s": …}` or `{"cron": …, "zone": …, "grace_s": …}`; None for None.

    Raises InvalidInput with every problem at its field.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInput.at(field, "must be an object with every_s, or with cron")
    problems = Problems()
    given = clean_json(dict(value), field, problems)
    problems.raise_any()
    assert isinstance(given, dict)  # clean_json keeps the type
    if ("every_s" in given) == ("cron" in given):
        raise InvalidInput.at(field, "must have either every_s or cron")
    known = _EVERY if "every_s" in given else _BY_SCHEDULE
    problems.refuse_unknown(given, known, field)
    if "every_s" in given:
        stored = {
            "every_s": _seconds(
                given["every_s"], SHORTEST_S, LONGEST_S, f"{field}.every_s", problems
            )
        }
    else:
        stored = _by_schedule(given, field, problems)
    problems.raise_any()
    return stored


def _by_schedule(given: Mapping[str, Any], field: str, problems: Problems) -> dict[str, Any]:
    stored = {
        "cron": given["cron"],
        "zone": given.get("zone", "UTC"),
        "grace_s": GRACE_S,
    }
    if "grace_s" in given:
        stored["grace_s"] = _seconds(
            given["grace_s"], 0, MOST_GRACE_S, f"{field}.grace_s", problems
        )
    try:
        parse_schedule(_schedule_config(stored), _ANY_TIME, field)
    except InvalidInput as refused:
        problems.absorb(refused)
    return stored


def _seconds(value: object, low: int, high: int, field: str, problems: Problems) -> int:
    if type(value) is int and low <= value <= high:
        return value
    problems.add(field, f"must be a whole number of seconds from {low} to {high:,}")
    return low


def _schedule_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"form": "cron", "cron": config["cron"], "zone": config["zone"]}


def deadline(config: Mapping[str, Any], since: datetime) -> datetime | None:
    """When the next event is overdue if the last one came at `since`; None: never.

    The later `since`, the later the deadline, or the same.
    """
    if "every_s" in config:
        return since + timedelta(seconds=config["every_s"])
    following = read_schedule(_schedule_config(config)).after(since)
    return None if following is None else following.at + timedelta(seconds=config["grace_s"])


def look_again_at(now: datetime, expected_at: datetime) -> datetime:
    """When to look next for an event: at the deadline, and once that is over ever less often, from
    2 seconds to a minute, since all that is waited for then is the end of being late."""
    if expected_at > now:
        return expected_at
    late_s = (now - expected_at).total_seconds()
    return now + timedelta(seconds=min(60.0, max(2.0, late_s / 60)))
