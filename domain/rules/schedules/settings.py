"""A schedule trigger's `config`: read strictly, with every problem at its field.

Times are wall times in the schedule's zone ("2026-12-24T18:00"), or instants with an offset as in
RFC 3339. They lie in the years 1970 to 2199 (row A57 of the attack catalogue): far enough, and no
arithmetic leaves what a datetime can hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.schedules.calendars import CalendarUse
from domain.rules.schedules.catch_up import CatchUp
from domain.rules.schedules.cron import Cron
from domain.rules.schedules.overlap import OverlapPolicy
from domain.rules.schedules.setting_values import (
    calendars_of,
    cron_of,
    instants_of,
    time_of,
)
from domain.rules.schedules.wall_times import FoldPolicy, GapPolicy, readings
from domain.rules.schedules.zones import zone_named
from domain.rules.setting_reader import SettingReader, whole_number

Form = Literal["cron", "every", "once", "instants"]
Unit = Literal["minutes", "hours", "days"]

UNIT_SECONDS: dict[Unit, int] = {"minutes": 60, "hours": 3_600, "days": 86_400}
MOST_JITTER_S = 86_400
MOST_CATCH_UP = 100
MOST_EVERY_S = 366 * 86_400
CATCH_UP_WINDOW_S = (60, 604_800)

OF_FORM: dict[Form, tuple[str, ...]] = {
    "cron": ("cron",),
    "every": ("every", "unit", "anchor"),
    "once": ("at",),
    "instants": ("instants",),
}
DEFAULTS: dict[str, Any] = {
    "zone": "UTC",
    "gap": "run_after",
    "fold": "once_first",
    "calendars": [],
    "jitter_s": 0,
    "catch_up": "latest",
    "catch_up_most": 10,
    "catch_up_window_s": 3_600,
    "overlap": "allow",
}
KNOWN = frozenset(
    [
        "form",
        "starts_at",
        "ends_at",
        *DEFAULTS,
        *(name for names in OF_FORM.values() for name in names),
    ]
)


@dataclass(frozen=True)
class Settings:
    """A checked config. `anchor`, `at` and `instants` are wall times where they are naive, else
    instants; `starts_at` and `ends_at` are instants (UTC), and both included."""

    form: Form
    zone_name: str
    zone: ZoneInfo
    cron: Cron | None = None
    every: int = 1
    unit: Unit = "days"
    anchor: datetime | None = None
    instants: tuple[datetime, ...] = ()
    gap: GapPolicy = "run_after"
    fold: FoldPolicy = "once_first"
    calendars: tuple[CalendarUse, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    jitter_s: int = 0
    catch_up: CatchUp = field(default_factory=CatchUp)
    overlap: OverlapPolicy = "allow"


def read_settings(config: Mapping[str, Any], now: datetime | None, field: str) -> Settings:
    """The settings that a config spells. Raises InvalidInput with all that is wrong with it.

    `now` is the anchor where none is given; a stored config has its own.
    """
    problems = Problems()
    problems.refuse_unknown(config, KNOWN, field)
    reader = SettingReader(config, field, problems)
    form = reader.choice("form", tuple(OF_FORM), None)
    _refuse_other_forms(config, form, field, problems)
    zone = _zone(config, field, problems)
    settings = Settings(
        form=form,
        zone_name=zone.key,
        zone=zone,
        gap=reader.choice("gap", ("run_after", "skip"), "run_after"),
        fold=reader.choice("fold", ("once_first", "once_second", "twice"), "once_first"),
        calendars=reader.read("calendars", calendars_of, ()),
        starts_at=_bound(zone, reader.read("starts_at", time_of, None), last=False),
        ends_at=_bound(zone, reader.read("ends_at", time_of, None), last=True),
        jitter_s=reader.whole_number("jitter_s", 0, (0, MOST_JITTER_S)),
        catch_up=CatchUp(
            reader.choice("catch_up", ("none", "latest", "all"), "latest"),
            reader.whole_number("catch_up_most", 10, (1, MOST_CATCH_UP)),
            reader.whole_number("catch_up_window_s", 3_600, CATCH_UP_WINDOW_S),
        ),
        overlap=reader.choice("overlap", ("allow", "skip", "queue_one", "cancel_running"), "allow"),
        **_of_form(form, reader, now),
    )
    problems.raise_any()
    return settings


def complete_config(config: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A checked config as it is stored: every default spelled out, so that a later version of ours
    with other defaults changes no schedule of theirs."""
    given = {name: value for name, value in config.items() if value is not None}
    complete = {**DEFAULTS, **given}
    if isinstance(complete.get("cron"), str):
        complete["cron"] = " ".join(complete["cron"].split())
    if complete.get("form") == "every" and "anchor" not in complete:
        complete["anchor"] = _anchor_text(complete, now)
    return complete


def _anchor_text(config: Mapping[str, Any], now: datetime) -> str:
    anchor = _whole_minute(now)
    if config.get("unit") == "days":
        zone = zone_named(config["zone"], "zone")
        return anchor.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
    return anchor.isoformat().replace("+00:00", "Z")


def _whole_minute(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


def _of_form(form: Form | None, reader: SettingReader, now: datetime | None) -> dict[str, Any]:
    """The settings that only this form has."""
    if form == "cron":
        return {"cron": reader.needed("cron", cron_of)}
    if form == "once":
        at = reader.needed("at", time_of)
        return {"instants": (at,) if at else ()}
    if form == "instants":
        return {"instants": reader.needed("instants", instants_of) or ()}
    if form != "every":
        return {}
    unit: Unit = reader.choice("unit", tuple(UNIT_SECONDS), None)
    longest = MOST_EVERY_S // UNIT_SECONDS.get(unit, 60)
    return {
        "unit": unit,
        "every": reader.needed("every", lambda value: whole_number(value, (1, longest))) or 1,
        "anchor": (
            reader.read("anchor", time_of, _whole_minute(now))
            if now
            else reader.needed("anchor", time_of)
        ),
    }


def _refuse_other_forms(
    config: Mapping[str, Any], form: str | None, field: str, problems: Problems
) -> None:
    for other, names in OF_FORM.items():
        for name in names:
            if form is not None and other != form and config.get(name) is not None:
                problems.add(f"{field}.{name}", f"belongs to the form {other}, and this is {form}")


def _zone(config: Mapping[str, Any], field: str, problems: Problems) -> ZoneInfo:
    name = config.get("zone")
    try:
        return zone_named(DEFAULTS["zone"] if name is None else name, f"{field}.zone")
    except InvalidInput as error:
        problems.absorb(error)
        return ZoneInfo(DEFAULTS["zone"])


def _bound(zone: ZoneInfo, at: datetime | None, *, last: bool) -> datetime | None:
    """The instant of a bound; one in a fold leaves nothing of the fold out."""
    if at is None or at.tzinfo is not None:
        return at
    found = readings(zone, at)
    return found.second if last else found.first
