"""Why a request was refused, in words, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.store.refused_requests import RefusalCount, RefusedListed
from web.presenters.traces import headers_shown


@dataclass(frozen=True, slots=True)
class RefusalWords:
    """A refusal as people read it: `what` is a few words, `why` a sentence, `remedy` what to do."""

    what: str
    why: str
    remedy: str


_KEYS = (
    "Check that the sender has this trigger's signing secret, and that nothing on the way changes "
    "the body: it is signed byte by byte."
)
_CLOCK = "Check the sender's clock, and how long its deliveries wait before they are sent."
_OUR_CLOCK = (
    "Nothing is wrong with the sender. The operator must set the clock of the machine that runs "
    "web; its log and the metric signalbox_clock_skew_seconds say how far it is off."
)
_SCHEME = "Check that the trigger's scheme is the sender's, and the names of the headers in it."

REFUSALS: dict[str, RefusalWords] = {
    "no_signature": RefusalWords(
        "No signature", "The header that should hold the signature is missing.", _SCHEME
    ),
    "bad_signature": RefusalWords(
        "Wrong signature", "None of the trigger's secrets makes the signature that came.", _KEYS
    ),
    "unsupported_signature": RefusalWords(
        "Unsupported signature",
        "The signature is of a kind that is not accepted, such as SHA-1.",
        "Let the sender sign as the trigger's scheme says.",
    ),
    "no_id": RefusalWords("No id", "The header with the delivery's id is missing.", _SCHEME),
    "bad_id": RefusalWords(
        "Unusable id",
        "The delivery's id is empty, too long, or holds characters that an id may not have.",
        "Let the sender use ids of 1 to 255 visible ASCII characters.",
    ),
    "no_timestamp": RefusalWords(
        "No timestamp", "The header that says when it was signed is missing.", _SCHEME
    ),
    "bad_timestamp": RefusalWords(
        "Unusable timestamp",
        "What should say when it was signed is not a number of seconds since 1970.",
        _SCHEME,
    ),
    "too_old": RefusalWords(
        "Too old", "It was signed longer ago than the replay window allows.", _CLOCK
    ),
    "too_new": RefusalWords(
        "From the future", "It claims to have been signed later than now.", _CLOCK
    ),
    "our_clock_ahead": RefusalWords(
        "Too old by our clock",
        "It looks as if it was signed too long ago, because Signalbox's own clock is ahead.",
        _OUR_CLOCK,
    ),
    "our_clock_behind": RefusalWords(
        "From the future by our clock",
        "It looks as if it was signed later than now, because Signalbox's own clock is behind.",
        _OUR_CLOCK,
    ),
    "invalid": RefusalWords(
        "Unusable id",
        "The sender's id is empty, too long, or holds characters that an id may not have.",
        "Let the sender use ids of 1 to 255 visible ASCII characters.",
    ),
    "bad_sender_id": RefusalWords(
        "Unusable id",
        "The sender's id is empty, too long, or holds characters that an id may not have.",
        "Let the sender use ids of 1 to 255 visible ASCII characters.",
    ),
    "https_required": RefusalWords(
        "Not encrypted",
        "It came over plain http, and addresses here take https only.",
        "Give the sender the address with https. If it did use https, the operator must name the "
        "proxy in between in SIGNALBOX_TRUSTED_PROXIES.",
    ),
    "address_not_allowed": RefusalWords(
        "Address not allowed",
        "It came from an address that is not on the trigger's list.",
        "If that is the sender, add its address. If requests come through a proxy, the operator "
        "must name it in SIGNALBOX_TRUSTED_PROXIES.",
    ),
    "method_not_allowed": RefusalWords(
        "Wrong method",
        "The trigger does not take this method.",
        "Let the sender use another, or add it to the trigger's methods.",
    ),
    "too_large": RefusalWords(
        "Too large",
        "The body is larger than the trigger takes.",
        "Raise the trigger's limit (up to 10 MiB), or let the sender send less.",
    ),
    "timeout": RefusalWords(
        "Too slow",
        "The body did not arrive within 10 seconds.",
        "Check the line between the sender and here.",
    ),
    "unsupported_encoding": RefusalWords(
        "Compressed body",
        "The body is compressed, and bodies are taken as they are.",
        "Let the sender send it without Content-Encoding.",
    ),
    "disconnected": RefusalWords(
        "Hung up",
        "The sender hung up before the body was complete.",
        "Check the sender's own time limit.",
    ),
    "rate_limited": RefusalWords(
        "Too many",
        "More requests came than are taken.",
        "Let the sender wait as long as Retry-After says, and send again.",
    ),
    "overloaded": RefusalWords(
        "Overloaded",
        "Signalbox could not store it, so it took nothing.",
        "Let the sender send it again; if this goes on, the operator should look at the database.",
    ),
    "not_found": RefusalWords(
        "Switched off",
        "The address answers 404: the trigger is switched off, or its address is not this one.",
        "Switch the trigger on, or let it keep what comes while it is off.",
    ),
    "internal": RefusalWords(
        "Our fault",
        "Signalbox failed, and took nothing.",
        "Let the sender send it again. The log says more under the id of the answer.",
    ),
}


def refusal_words(reason: str) -> RefusalWords:
    """The words for a reason or a code of the door; an unknown one is spelled out."""
    known = REFUSALS.get(reason)
    if known is not None:
        return known
    spelled = reason.replace("_", " ").capitalize()
    return RefusalWords(spelled, f"{spelled}.", "Look at the headers of the request.")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A refused request with its words and its headers read."""

    request: RefusedListed
    words: RefusalWords
    headers: list[tuple[str, str]]


def refused_row(request: RefusedListed) -> RefusedRow:
    """The row of a list."""
    return RefusedRow(request, refusal_words(request.reason), headers_shown(request.headers))


def reason_choices(reasons: Sequence[str]) -> list[tuple[str, str]]:
    """Values and words of a filter."""
    return [(reason, refusal_words(reason).what) for reason in reasons]


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Requests that never became events, for one reason."""

    count: RefusalCount
    words: RefusalWords


def turned_away(counts: Sequence[RefusalCount]) -> list[TurnedAway]:
    """What was refused, in words: for a trigger that no event came through to yet."""
    return [TurnedAway(count, refusal_words(count.reason)) for count in counts]
