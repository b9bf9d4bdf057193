"""A webhook trigger's source as form fields: how its sender signs, and how its address answers.

Everything is text, so that nothing typed is lost. What is left at its default is not stored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.rules.door_settings import (
    DOOR_SETTINGS,
    METHODS,
    MOST_BODY_BYTES_SETTABLE,
    DoorSettings,
)
from domain.rules.json_values import JsonValue
from domain.senders import SENDERS
from web.forms.reading import Fields, number_in

_HEADERS = ("timestamp_header", "id_header")
WITH_A_TIME = frozenset({"standard", "stripe", "slack"})

_UNITS = {"": 1, "b": 1, "byte": 1, "bytes": 1, "k": 1024, "kib": 1024, "kb": 1000,
          "m": 1024**2, "mib": 1024**2, "mb": 1000**2}  # fmt: skip
_SIZE = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?\s*([A-Za-z]*)")
_DOOR = DoorSettings()
_DEFAULTS: Mapping[str, JsonValue] = {
    "id_path": "", "dedup_days": _DOOR.dedup_days, "dedup_body": _DOOR.dedup_body,
    "methods": list(_DOOR.methods), "addresses": [], "max_body_bytes": _DOOR.max_body_bytes,
    "cors_origins": [], "answer": None, "when_disabled": _DOOR.when_disabled,
    "signed": "{body}", "timestamp_header": "", "id_header": "", "tolerance_s": 300,
}  # fmt: skip
_BY_BODY = {"": None, "true": True, "false": False}
_NAMES = {"max_body_bytes": "max_body", "answer.status": "answer_status",
          "answer.body": "answer_body", "answer.content_type": "answer_type",
          "answer": "answer_own"}  # fmt: skip
_LINES = ("addresses", "cors_origins")


@dataclass(frozen=True, slots=True)
class SourceForm:
    """How deliveries are recognised and answered, as it was typed."""

    scheme: str = "hmac"
    secret: str = ""
    algorithm: str = "sha256"
    header: str = "X-Signature"
    encoding: str = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp_header: str = ""
    id_header: str = ""
    tolerance_s: str = "300"
    id_path: str = ""
    dedup_days: str = f"{_DOOR.dedup_days}"
    dedup_body: str = ""
    methods: str = "POST"
    """Blank-separated, in the order of METHODS."""
    addresses: str = ""
    max_body: str = f"{_DOOR.max_body_bytes // 1024**2} MiB"
    cors_origins: str = ""
    answer_own: str = ""
    answer_status: str = "202"
    answer_type: str = "text/plain"
    answer_body: str = ""
    when_disabled: str = "refuse"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent. A box that is not ticked is not sent, so the boxes come with a mark."""
        texts = {f.name: given[f.name] for f in fields(cls) if f.name in given}
        if "method.shown" in given:
            texts["methods"] = " ".join(name for name in METHODS if f"method.{name}" in given)
        return cls(**texts)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """The source as it is stored."""
        own = {f.name for f in fields(cls)} - {"secret", "methods", "dedup_body", *_LINES}
        texts = {name: str(value) for name, value in config.items() if name in own}
        texts |= {name: "\n".join(config[name]) for name in _LINES if name in config}
        if "methods" in config:
            texts["methods"] = " ".join(name for name in METHODS if name in config["methods"])
        if isinstance(config.get("dedup_body"), bool):
            texts["dedup_body"] = str(config["dedup_body"]).lower()
        if "max_body_bytes" in config:
            texts["max_body"] = size_words(config["max_body_bytes"])
        return cls(**texts, **_answer_texts(config.get("answer")))

    @property
    def door_is_usual(self) -> bool:
        """Whether the address answers as they all do unless told otherwise."""
        settings = self._settings()
        return all(settings[name] == _DEFAULTS[name] for name in DOOR_SETTINGS)

    @property
    def has_time(self) -> bool:
        """Whether deliveries say when they were sent, so that an old one can be told."""
        dated = self.scheme == "hmac" and "{timestamp}" in self.signed
        return dated or self.scheme in WITH_A_TIME

    def config(self) -> dict[str, JsonValue]:
        """The trigger's config. What cannot be read stays as it was typed, for the rules to
        refuse."""
        found: dict[str, JsonValue] = {"scheme": self.scheme}
        if self.scheme == "hmac":
            found |= {name: getattr(self, name).strip() for name in ("algorithm", "encoding")}
            found |= {"header": self.header.strip(), "prefix": self.prefix}
        found |= {name: v for name, v in self._settings().items() if v != _DEFAULTS[name]}
        sender = SENDERS.get(self.scheme)
        if self.secret and sender is not None and sender.needs_secret:
            found["secret"] = self.secret
        return found

    def _settings(self) -> dict[str, JsonValue]:
        settings: dict[str, JsonValue] = {
            "id_path": self.id_path.strip(),
            "dedup_days": number_in(self.dedup_days),
            "dedup_body": _BY_BODY.get(self.dedup_body, self.dedup_body),
            "methods": list(self.methods.split()),
            "addresses": _lines(self.addresses),
            "max_body_bytes": size_in(self.max_body),
            "cors_origins": _lines(self.cors_origins),
            "answer": self._answer(),
            "when_disabled": self.when_disabled,
        }
        if self.scheme == "hmac":
            settings |= {name: getattr(self, name).strip() for name in _HEADERS}
            settings["signed"] = self.signed  # a line break at its end is signed, too
        if self.has_time:
            settings["tolerance_s"] = number_in(self.tolerance_s)
        return settings

    def _answer(self) -> JsonValue:
        if self.answer_own != "on":
            return None
        return {
            "status": number_in(self.answer_status),
            "body": self.answer_body,
            "content_type": self.answer_type,
        }

    def at_fields(self, refused: InvalidInput) -> list[Problem]:
        """The problems of the config, each at the form's field; one in a line names the line."""
        return [self._at_field(problem) for problem in refused.problems]

    def _at_field(self, problem: Problem) -> Problem:
        if not problem.field.startswith("config."):
            return problem
        whole = problem.field.removeprefix("config.")
        head, _, rest = whole.partition(".")
        if head in _LINES and rest.isdigit():
            lines = _lines(getattr(self, head))
            at = int(rest)
            line = str(lines[at])[:80] if at < len(lines) else rest
            return Problem(head, f"“{line}” {problem.message}")
        if head == "max_body_bytes":
            most = size_words(MOST_BODY_BYTES_SETTABLE)
            return Problem("max_body", f"must be a size of at most {most}, such as 512 KiB")
        return Problem(_NAMES.get(whole, whole), problem.message)


def _answer_texts(answer: Mapping[str, Any] | None) -> dict[str, str]:
    if not answer:
        return {}
    names = {"status": "answer_status", "body": "answer_body", "content_type": "answer_type"}
    texts = {names[key]: str(value) for key, value in answer.items() if key in names}
    return {"answer_own": "on", **texts}


def _lines(text: str) -> list[JsonValue]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def size_in(text: str) -> JsonValue:
    """The octets that someone typed, as `512 KiB`; what is no size stays a text, to be refused."""
    found = _SIZE.fullmatch(text.strip())
    unit = _UNITS.get(found[3].lower()) if found else None
    if found is None or unit is None:
        return text
    return round(float(f"{found[1]}.{found[2] or 0}") * unit)


def size_words(octets: int) -> str:
    """A size that `size_in` reads again: `1 MiB`, `512 KiB`, `1000 bytes`."""
    for unit, name in ((1024**2, "MiB"), (1024, "KiB")):
        if octets and octets % unit == 0:
            return f"{octets // unit} {name}"
    return f"{octets} bytes"
