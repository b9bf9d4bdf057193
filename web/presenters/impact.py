"""What publishing a version would do to triggers, as people read it."""

from dataclasses import dataclass

from domain.operations.weigh_publication import Impact, Touched, words_of
from domain.store.pages_workflows import MOST_TRIGGERS, TriggerOfWorkflow
from web.presenters.words import count_words


@dataclass(frozen=True, slots=True)
class TouchedShown:
    """A trigger that will run the new version: a word and a style for its lamp, and why."""

    trigger: TriggerOfWorkflow
    word: str
    style: str
    newly: tuple[str, ...]
    already: tuple[str, ...]
    looked_at: str


@dataclass(frozen=True, slots=True)
class ImpactShown:
    """`confirm` is what has to be ticked before it is published, empty when nothing breaks."""

    touched: tuple[TouchedShown, ...]
    held: tuple[TriggerOfWorkflow, ...]
    missing_secrets: tuple[str, ...]
    confirm: str
    cut: bool


def impact_shown(impact: Impact, verb: str) -> ImpactShown:
    """The impact; `verb` is what the button does (`Publish`)."""
    broken = len(impact.broken)
    return ImpactShown(
        touched=tuple(_touched(each) for each in impact.touched),
        held=impact.held,
        missing_secrets=impact.missing_secrets,
        confirm=f"{verb} although {count_words(broken, 'trigger')} would break" if broken else "",
        cut=len(impact.touched) + len(impact.held) >= MOST_TRIGGERS,
    )


def _touched(each: Touched) -> TouchedShown:
    word, style = _lamp(each)
    return TouchedShown(
        each.trigger,
        word,
        style,
        newly=tuple(f"{_sentence(words_of(one.wanted))}." for one in each.newly),
        already=tuple(f"{_sentence(words_of(one.wanted))}." for one in each.already),
        looked_at=_looked_at(each),
    )


def _lamp(each: Touched) -> tuple[str, str]:
    if each.newly:
        return "Would break", "stop"
    if each.already:
        return "Fails already", "caution"
    return ("Goes on", "clear") if each.known else ("Not known", "off")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _looked_at(each: Touched) -> str:
    if each.events:
        return f"told from its latest {count_words(each.events, 'event')}"
    if each.known:
        return "told from what events of its kind hold"
    return "no event has come yet to tell it from"
