"""How a trigger's address answers, in words: only what is not as usual."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.operations.webhook_sources import sender_settings
from domain.rules.door_settings import DOOR_SETTINGS
from domain.senders import sender_for
from web.presenters.signing_recipes import Part, recipe_for
from web.presenters.words import count_words, size_words


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it is called, and its value in words. `code` is shown as typed."""

    name: str
    words: str
    code: bool = False


USUAL: Mapping[str, Any] = {
    "methods": ["POST"],
    "addresses": [],
    "max_body_bytes": 1024 * 1024,
    "cors_origins": [],
    "answer": None,
    "dedup_days": 7,
    "dedup_body": None,
    "when_disabled": "refuse",
}


def door_settings(config: Mapping[str, Any]) -> tuple[Setting, ...]:
    """The door's settings that someone changed, in the order in which the form has them."""
    changed = {name: config.get(name) for name in USUAL if name in config}
    return tuple(
        Setting(*_WORDS[name](value))
        for name, value in changed.items()
        if value is not None and value != USUAL[name]
    )


def signing_settings(config: Mapping[str, Any]) -> tuple[Setting, ...]:
    """What the trigger's scheme was told: header, prefix, replay window and so on."""
    ours = DOOR_SETTINGS | {"scheme", "secret"}
    return tuple(
        Setting(_SIGNING.get(name, name.replace("_", " ").capitalize()), str(value), code=True)
        for name, value in config.items()
        if name not in ours and value not in (None, "")
    )


def repeat_words(config: Mapping[str, Any]) -> str:
    """What becomes of a sample that is sent once more, unless it is another event then."""
    sender = sender_for(config.get("scheme"))
    recipe = recipe_for(sender.scheme, config)
    names_itself = recipe.uses(Part.ID)
    id_path = config.get("id_path") or sender.id_path
    if id_path and not names_itself:
        return f"Sent again it is a duplicate. For another event, change the id at {id_path}."
    memory = sender.remembers_body(sender.parse_config(sender_settings(config)))
    by_body = config.get("dedup_body")
    if sender.scheme == "hmac" and Part.TIMESTAMP in recipe.signed:
        by_body = False  # the instant that is signed along tells equal bodies apart
    if by_body is None:
        by_body = memory == "always" or (memory == "with_id" and names_itself)
    if by_body:
        return "Sent again it is a duplicate. For another event, change something in the body."
    return ""


_SIGNING = {
    "id_path": "Sender's id",
    "tolerance_s": "Replay window (s)",
    "signed": "What is signed",
}


def _methods(value: Any) -> tuple[str, str]:
    return "Takes", ", ".join(value)


def _addresses(value: Any) -> tuple[str, str]:
    return "Only from", ", ".join(value)


def _max_body(value: Any) -> tuple[str, str]:
    return "Bodies up to", size_words(value)


def _origins(value: Any) -> tuple[str, str]:
    return "Pages of", "every site" if "*" in value else ", ".join(value)


def _answer(value: Any) -> tuple[str, str]:
    status, body = value.get("status", 200), str(value.get("body", ""))
    shown = body if len(body) <= _MOST_OF_ANSWER else f"{body[:_MOST_OF_ANSWER]}…"
    return "Answers", f"{status} {shown}".rstrip()


def _dedup_days(value: Any) -> tuple[str, str]:
    return "Remembers ids", f"for {count_words(value, 'day')}"


def _dedup_body(value: Any) -> tuple[str, str]:
    return "Same body again", "is a duplicate" if value else "is another event"


def _when_disabled(value: Any) -> tuple[str, str]:
    kept = "keeps what comes, decided as Paused"
    return "While off", kept if value == "keep" else "answers 404"


_MOST_OF_ANSWER = 60
_WORDS: Mapping[str, Callable[[Any], tuple[str, str]]] = {
    "methods": _methods,
    "addresses": _addresses,
    "max_body_bytes": _max_body,
    "cors_origins": _origins,
    "answer": _answer,
    "dedup_days": _dedup_days,
    "dedup_body": _dedup_body,
    "when_disabled": _when_disabled,
}
