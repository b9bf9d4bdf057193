"""States, verdicts, amounts: the words that people read, and the lamp beside each.

One word for one thing (see the README's list of words); the lamp only repeats what the word says.
"""

from dataclasses import dataclass
from datetime import timedelta

_SECOND_MS = 1_000
_KIBIBYTE = 1_024


@dataclass(frozen=True, slots=True)
class Lamp:
    """A word and the style of the lamp beside it: clear, caution, stop, busy, odd or off."""

    word: str
    style: str


_STATES = {
    "queued": Lamp("Queued", "off"),
    "running": Lamp("Running", "busy"),
    "retrying": Lamp("Retrying", "caution"),
    "succeeded": Lamp("Succeeded", "clear"),
    "failed": Lamp("Failed", "stop"),
    "dead": Lamp("Dead letter", "stop"),
    "canceled": Lamp("Canceled", "off"),
    "unknown": Lamp("Unknown", "odd"),
}
# An attempt may have stopped where it had to wait; no execution is in that state.
_ATTEMPT_STATES = {"waited": Lamp("Waited", "off")}
_VERDICTS = {
    "fired": Lamp("Fired", "clear"),
    "filtered": Lamp("Filtered", "off"),
    "rate_limited": Lamp("Rate limited", "caution"),
    "deferred": Lamp("Deferred", "caution"),
    "duplicate": Lamp("Duplicate", "off"),
    "paused": Lamp("Paused", "off"),
    "loop": Lamp("Loop", "stop"),
    "error": Lamp("Error", "stop"),
}
_UNDECIDED = Lamp("Queued", "busy")

STATES = tuple(_STATES)
"""Every execution state, in the order in which filters offer them."""

_REASONS = {
    "trigger_disabled": "The trigger was switched off.",
    "workflow_not_published": "The workflow has no published version to run.",
    "condition_error": "A condition could not be judged.",
    "sender_id_seen": "An event with the same id of the sender came before.",
    "chain_too_deep": "Too many executions led to this event, each started by the end of another.",
    "limit": "A limit is full: it waits until there is room.",
    "debounce": "It waits until no more events of its kind follow.",
    "batch": "Events are gathered, to start one execution together.",
    "batch_made": "It stands for the events that were gathered in it: what runs is for all.",
    "batched": "It was gathered with others: one execution is for all of them.",
    "held": "The trigger was switched off, and keeps what comes: it waits.",
    "dropped": "It was held while the trigger was off, and dropped.",
    "over_limit": "A limit was full. Nothing was started.",
    "waited_too_long": "It waited as long as it may, and there was no room. Nothing was started.",
    "debounced": "Another event of the same kind, close to it, was taken instead.",
    "already_running": "An execution had not ended yet. Nothing was started.",
    "superseded": "Another event came, for which it was canceled.",
    "internal": "Signalbox failed to judge this event. The log says more.",
    "invalid_utf8": "The body is not valid UTF-8.",
    "invalid_json": "The body is not valid JSON.",
    "json_too_deep": "The body nests lists and objects too deep.",
    "duplicate_key": "An object in the body has the same key twice.",
    "lone_surrogate": "A text in the body holds half of a surrogate pair.",
    "number_out_of_range": "A number in the body is out of range.",
    "too_many_keys": "An object in the body has too many keys.",
    "bad_status": "The target answered with an error.",
    "timeout": "The target did not answer in time.",
    "worker_lost": "The worker that ran it was lost.",
    "worker_stopped": "The worker was stopped before it saw the answer.",
    "canceled_by_hand": "Somebody canceled it.",
    "canceled_in_bulk": "Somebody canceled it, with others.",
    "replayed": "Somebody replayed an execution with this payload: no conditions were asked.",
    "breaker": "It waits: the breaker of where it calls is open.",
    "destination": "It waits: where it calls there is no room for another call.",
    "unknown_outcome": "A call may have been carried out: no answer was seen.",
    "deadline_exceeded": "Its deadline passed.",
    "given_up": "Somebody gave it up, not knowing whether its last call was carried out.",
    "carried_out": "Somebody said that it was carried out.",
}


def state_lamp(state: str) -> Lamp:
    """An execution's, attempt's or step's state."""
    return _STATES.get(state) or _ATTEMPT_STATES.get(state) or Lamp(_spelled(state), "odd")


def verdict_lamp(verdict: str | None) -> Lamp:
    """A decision's verdict; None is an event that nobody has judged yet."""
    if verdict is None:
        return _UNDECIDED
    return _VERDICTS.get(verdict) or Lamp(_spelled(verdict), "odd")


def reason_words(reason: str | None) -> str:
    """The sentence for one of the reason words; an unknown one is spelled out."""
    if not reason:
        return ""
    return _REASONS.get(reason) or f"{_spelled(reason)}."


def _spelled(word: str) -> str:
    return word.replace("_", " ").capitalize()


def duration_words(span: timedelta | None) -> str:
    """`340 ms`, `1.2 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`; a dash when there is none."""
    if span is None:
        return "-"
    milliseconds = max(round(span / timedelta(milliseconds=1)), 0)
    if milliseconds < _SECOND_MS:
        return f"{milliseconds} ms"
    if milliseconds < 60 * _SECOND_MS:
        return f"{milliseconds / 1000:.1f} s".replace(".0 s", " s")
    seconds = milliseconds // _SECOND_MS
    for unit, size, part, part_size in _UNITS:
        if seconds >= size:
            rest = seconds % size // part_size
            return f"{seconds // size} {unit}" + (f" {rest} {part}" if rest else "")
    raise AssertionError("a minute is the smallest unit here")


def duration_words_of_ms(milliseconds: int) -> str:
    """The same, of milliseconds."""
    return duration_words(timedelta(milliseconds=milliseconds))


_UNITS = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1))


def size_words(octets: int) -> str:
    """`0 B`, `881 B`, `2.4 KiB`, `1 MiB`."""
    if octets < _KIBIBYTE:
        return f"{octets} B"
    for unit, size in (("MiB", _KIBIBYTE**2), ("KiB", _KIBIBYTE)):
        if octets >= size:
            return f"{octets / size:.1f} {unit}".replace(".0 ", " ")
    raise AssertionError("a kibibyte is the smallest unit here")


def count_words(number: int, singular: str, plural: str | None = None) -> str:
    """`1 event`, `1,204 events`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def health_lamp(
    *, enabled: bool, seen: bool, last_verdict: str | None, last_finished: str | None, failed: int,
    late: bool = False,
) -> Lamp:  # fmt: skip
    """How a trigger is doing.

    Paused: switched off. Late: an event was expected by now, and none came; this silence is told
    before all else. Waiting: nothing ever came. Failing: its last event could not be judged, or its
    last finished execution failed. Degraded: some of the last 24 hours failed (`failed`).
    """
    if not enabled:
        return Lamp("Paused", "off")
    if late:
        return Lamp("Late", "stop")
    if not seen:
        return Lamp("Waiting", "off")
    if last_verdict in {"error", "loop"} or last_finished in {"failed", "dead"}:
        return Lamp("Failing", "stop")
    if failed:
        return Lamp("Degraded", "caution")
    return Lamp("Healthy", "clear")
