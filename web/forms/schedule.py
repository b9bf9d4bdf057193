"""A schedule trigger's source as form fields: when it is due, and what becomes of each instant.

Everything is text, so that nothing typed is lost. Only the chosen form's fields are sent on, and
what is left at its default is not stored.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.json_values import JsonValue
from web.forms.reading import Fields, number_in

Uses = tuple[tuple[str, str], ...]

CRON, EVERY, ONCE, INSTANTS = "cron", "every", "once", "instants"
FORMS = (CRON, EVERY, ONCE, INSTANTS)
LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
"""What a browser's field for local times can show."""

_CALENDAR = "calendar."
_DEFAULTS: Mapping[str, JsonValue] = {
    "gap": "run_after", "fold": "once_first", "calendars": [], "starts_at": "", "ends_at": "",
    "jitter_s": 0, "catch_up": "latest", "catch_up_most": 10, "catch_up_window_s": 3600,
    "overlap": "allow",
}  # fmt: skip
UNUSUAL_FIELDS = (*_DEFAULTS,)
"""The fields inside the fold; it is open when one of them is not as usual."""


@dataclass(frozen=True, slots=True)
class ScheduleForm:
    """When a schedule is due, as it was typed. `uses` are calendars with what they are used for."""

    schedule_form: str = CRON
    cron: str = ""
    every: str = "15"
    unit: str = "minutes"
    anchor: str = ""
    at: str = ""
    instants: str = ""
    """One a line."""
    zone: str = "UTC"
    gap: str = "run_after"
    fold: str = "once_first"
    starts_at: str = ""
    ends_at: str = ""
    jitter_s: str = "0"
    catch_up: str = "latest"
    catch_up_most: str = "10"
    catch_up_window_s: str = "3600"
    overlap: str = "allow"
    uses: Uses = ()

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        texts: Any = {name: given[name] for name in _TEXTS if name in given}
        used = [(name.removeprefix(_CALENDAR), value) for name, value in given.items()
                if name.startswith(_CALENDAR) and value]  # fmt: skip
        return cls(**texts, uses=tuple(used))

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The schedule as it is stored."""
        texts: Any = {
            name: str(config[name])
            for name in _TEXTS
            if name != "instants" and config.get(name) is not None
        }
        if "form" in config:
            texts["schedule_form"] = str(config["form"])
        texts["instants"] = "\n".join(map(str, config.get("instants", ())))
        used = [(str(each["id"]), str(each["use"])) for each in config.get("calendars", ())]
        return cls(**texts, uses=tuple(used))

    @property
    def is_usual(self) -> bool:
        """Whether nothing in the fold differs from what all schedules begin with."""
        settings = self._settings()
        return all(settings[name] == _DEFAULTS[name] for name in settings)

    def use_of(self, calendar_id: object) -> str:
        """What a calendar is used for; nothing when it is not."""
        return dict(self.uses).get(str(calendar_id), "")

    def is_local(self, name: str) -> bool:
        """Whether a browser's field for local times can show what was typed."""
        text = getattr(self, name)
        return not text or LOCAL.fullmatch(text) is not None

    def config(self) -> dict[str, JsonValue]:
        """The trigger's config. What cannot be read stays as it was typed, for the rules to
        refuse."""
        found: dict[str, JsonValue] = {"form": self.schedule_form, **self._when()}
        found["zone"] = self.zone.strip()
        return found | {name: v for name, v in self._settings().items() if v != _DEFAULTS[name]}

    def _when(self) -> dict[str, JsonValue]:
        match self.schedule_form:
            case "every":
                anchor: dict[str, JsonValue] = {}
                if self.anchor.strip():
                    anchor["anchor"] = self.anchor.strip()
                return {"every": number_in(self.every), "unit": self.unit, **anchor}
            case "once":
                return {"at": self.at.strip()}
            case "instants":
                return {"instants": [*_lines(self.instants)]}
        return {"cron": self.cron.strip()}

    def _settings(self) -> dict[str, JsonValue]:
        settings: dict[str, JsonValue] = {
            "gap": self.gap,
            "fold": self.fold,
            "calendars": [{"id": id_, "use": use} for id_, use in self.uses],
            "starts_at": self.starts_at.strip(),
            "ends_at": self.ends_at.strip(),
            "jitter_s": number_in(self.jitter_s),
            "catch_up": self.catch_up,
            "overlap": self.overlap,
        }
        if self.catch_up != "none":
            settings["catch_up_window_s"] = number_in(self.catch_up_window_s)
        if self.catch_up == "all":
            settings["catch_up_most"] = number_in(self.catch_up_most)
        return settings

    def at_fields(self, refused: InvalidInput) -> list[Problem]:
        """The problems of the config, each at the form's field; one in a line names the line."""
        return [self._at_field(problem) for problem in refused.problems]

    def _at_field(self, problem: Problem) -> Problem:
        if not problem.field.startswith("config"):
            return problem
        head, _, rest = problem.field.removeprefix("config").removeprefix(".").partition(".")
        if head == "instants" and rest.isdigit():
            lines = [*_lines(self.instants)]
            line = lines[int(rest)][:80] if int(rest) < len(lines) else rest
            return Problem("instants", f"“{line}” {problem.message}")
        if head == "calendars":
            return Problem("calendars", problem.message)
        return Problem({"form": "schedule_form", "": "schedule_form"}.get(head, head),
                       problem.message)  # fmt: skip


_TEXTS = tuple(f.name for f in fields(ScheduleForm) if f.name != "uses")
FIELDS = (*_TEXTS, "calendars")
"""What errors may be told at, in the order of the page."""


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
