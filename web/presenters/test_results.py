"""What became of a test event, in words: the door's answer, and what it means."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.rules.ids import parse_id
from web.deliveries import DoorAnswer
from web.presenters.payload import pretty
from web.presenters.refusals import refusal_words
from web.presenters.samples import stored_json
from web.presenters.words import Lamp


@dataclass(frozen=True, slots=True)
class TestResult:
    """The answer that a sender would have got. `event_id` is None when nothing was stored."""

    __test__ = False

    lamp: Lamp
    words: str
    remedy: str
    status: int
    content_type: str
    body: str
    event_id: UUID | None


def test_result(answer: DoorAnswer, found: UUID | None, *, switched_on: bool) -> TestResult:
    """The result; `found` is the event where the answer itself does not name it."""
    told = _told(answer)
    event_id = parse_id(str(told.get("event_id", ""))) or found
    duplicate = told.get("duplicate") is True
    lamp, words, remedy = _meaning(
        answer,
        str(told.get("error", "")),
        duplicate=duplicate,
        stored=event_id is not None,
        switched_on=switched_on,
    )
    return TestResult(
        lamp=lamp,
        words=words,
        remedy=remedy,
        status=answer.status,
        content_type=answer.headers.get("content-type", ""),
        body=_readable(answer.body),
        event_id=event_id,
    )


def _readable(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return text if stored_json(text) is None else pretty(text)


def _told(answer: DoorAnswer) -> dict[str, Any]:
    told = stored_json(answer.body.decode("utf-8", "replace"))
    return told if isinstance(told, dict) else {}


def _meaning(
    answer: DoorAnswer, code: str, *, duplicate: bool, stored: bool, switched_on: bool
) -> tuple[Lamp, str, str]:
    if duplicate:
        why = "An event with the same id of the sender came before, so nothing was started."
        return Lamp("Duplicate", "off"), why, "Below is the event that came first."
    if answer.accepted and not switched_on:
        why = "Stored, though the trigger is switched off: it keeps what comes meanwhile."
        return Lamp("Accepted", "caution"), why, "It is decided as Paused and starts nothing."
    if answer.accepted and not stored:
        why = "The address answered this by itself, as the scheme asks: no event was stored."
        return Lamp("Answered", "clear"), why, ""
    if answer.accepted:
        return Lamp("Accepted", "clear"), "The event is on disk and will be judged.", ""
    words = refusal_words(code)
    return Lamp("Refused", "stop"), words.why, words.remedy
