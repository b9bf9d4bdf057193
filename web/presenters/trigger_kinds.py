"""The kinds of trigger: what each is, and what its form offers to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from domain.rules.schedules.zones import ZONES
from web.forms.profile import zone_names


@dataclass(frozen=True, slots=True)
class KindShown:
    """A kind: its name, what makes its events, and that in a sentence."""

    kind: str
    name: str
    words: str
    sentence: str


KINDS = (
    KindShown(
        "webhook", "Webhook", "a sender calls an address of ours",
        "Another system calls an address: GitHub, Stripe, a shop, your own script. Each call is "
        "verified and becomes an event.",
    ),
    KindShown(
        "schedule", "Schedule", "the clock, at instants that are set beforehand",
        "At fixed times: by a cron expression, every so often, once, or at a list of instants, in "
        "any time zone. Each instant is on record, also one that was missed.",
    ),
    KindShown(
        "workflow", "Workflow", "another workflow's execution ends",
        "When an execution of another workflow succeeds, fails or becomes a dead letter. Its "
        "result comes along, so one workflow goes on where another ended.",
    ),
    KindShown(
        "manual", "Manual", "somebody presses Run",
        "When somebody presses Run, or a script calls the API. They fill in what the workflow "
        "asks for, and say why.",
    ),
)  # fmt: skip
KIND_WORDS = {each.kind: each for each in KINDS}

COMMON_CRONS = (
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 * * * *", "Every hour"),
    ("0 9 * * *", "Every day at 09:00"),
    ("0 9 * * 1-5", "Weekdays at 09:00"),
    ("0 9 * * 1", "Mondays at 09:00"),
    ("0 6 1 * *", "The first of each month"),
    ("0 18 L * *", "The last day of each month"),
    ("0 9 * * mon#1", "The first Monday of each month"),
)
SCHEDULE_FORMS = (
    ("cron", "by a cron expression"),
    ("every", "every so often"),
    ("once", "once"),
    ("instants", "at a list of instants"),
)
UNIT_CHOICES = (("minutes", "minutes"), ("hours", "hours"), ("days", "days"))
GAP_CHOICES = (("run_after", "runs right after it"), ("skip", "is skipped"))
FOLD_CHOICES = (
    ("once_first", "runs once, the first time"),
    ("once_second", "runs once, the second time"),
    ("twice", "runs twice"),
)
CATCH_UP_CHOICES = (
    ("latest", "the latest of them runs"),
    ("all", "all of them run, up to a number"),
    ("none", "none of them runs"),
)
OVERLAP_CHOICES = (
    ("allow", "both run"),
    ("skip", "the new one is skipped"),
    ("queue_one", "the new one waits, one at most"),
    ("cancel_running", "the running one is canceled"),
)
CALENDAR_CHOICES = (
    ("", "not used"),
    ("only_on", "only on its days"),
    ("not_on", "not on its days"),
)
WATCH_CHOICES = (
    ("succeeded", "succeeds"),
    ("failed", "fails"),
    ("dead", "becomes a dead letter"),
    ("any", "ends, however it ends"),
)
EXPECTED_CHOICES = (
    ("", "nothing: it may stay silent"),
    ("every", "at least one event every …"),
    ("schedule", "an event by a schedule"),
)


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return tuple(zone for zone in zone_names() if zone in ZONES)


def zone_choices(*first: str | None) -> list[tuple[str, str]]:
    """The zones to choose from: those that matter here first, each once."""
    names: Iterable[str] = dict.fromkeys([*filter(None, first), *_zones()])
    return [(name, name.replace("_", " ")) for name in names]
