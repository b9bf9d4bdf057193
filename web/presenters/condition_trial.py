"""What conditions that are being written make of an event: each clause, all of them, in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.errors import Problem
from domain.rules.json_values import JsonValue
from domain.rules.traces import ClauseTrace
from domain.rules.trials import Draft, Trial
from web.forms.conditions import ROOT, ConditionsForm
from web.forms.reading import Errors, Fields, errors_by_field
from web.presenters.conditions import clause_sentence, json_words, sentence
from web.presenters.words import Lamp

LONGEST_VALUE = 80
_MARKS: Mapping[bool | None, tuple[str, str, str]] = {
    True: ("passed", "✓", "matches"),
    False: ("missed", "✗", "does not match"),
    None: ("error", "!", "cannot be judged"),
}
_UNTOLD = "choose an event, or paste a sample, to see what they make of it"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a clause: its mark, the word for it, and what was found. `words` say the
    clause itself, where it stands in no row."""

    style: str
    mark: str
    word: str
    found: str = ""
    note: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class TrialShown:
    """`verdict` of the whole; `sentence` are the conditions in words; `rows` what became of the
    clauses by the names of their rows, `listed` the same where there are no rows; `errors` are at
    the fields that are wrong."""

    verdict: Lamp
    because: str = ""
    sentence: str = ""
    rows: Mapping[str, Told] = field(default_factory=dict)
    listed: tuple[Told, ...] = ()
    errors: Errors = field(default_factory=dict)

    def of(self, name: str) -> Told | None:
        """What became of the clause in the row of this name."""
        return self.rows.get(name)


def trial_shown(
    form: ConditionsForm, raw: JsonValue, draft: Draft, trial: Trial | None, *,
    given: Fields, fault: str = "",
) -> TrialShown:  # fmt: skip
    """The trial of the conditions `raw` of a form; None: there is no event to try them on, or its
    body cannot be read, which `fault` then says."""
    names = form.names()
    errors = errors_by_field(draft.problems, [ROOT], names)
    unfinished = {name for name in errors if form.text is None and not given.get(name, "").strip()}
    rows = dict(_unjudged(draft.problems, names, unfinished))
    by_row = _by_row(trial, names)
    rows |= {row: _told(traces) for row, traces in by_row.items() if row not in rows}
    verdict, because = _verdict(draft, trial, fault, finished=set(errors) > unfinished)
    return TrialShown(
        verdict=verdict,
        because=because,
        sentence=sentence(raw) if draft.whole else "",
        rows=rows,
        listed=tuple(_listed(trial, raw)) if form.text is not None else (),
        errors={name: lines for name, lines in errors.items() if name not in unfinished},
    )


def _by_row(trial: Trial | None, names: Fields) -> Mapping[str, list[ClauseTrace]]:
    found: dict[str, list[ClauseTrace]] = defaultdict(list)
    for place, trace in trial.clauses if trial else ():
        found[row_of(place, names)].append(trace)
    return found


def row_of(place: str, names: Fields) -> str:
    """The name of the row that a place within the conditions (`conditions.all.1`) belongs to."""
    while place and place not in names:
        place = place.rpartition(".")[0]
    return names.get(place, "").rpartition(".")[0]


def _unjudged(problems: Sequence[Problem], names: Fields, unfinished: set[str]) -> dict[str, Told]:
    """The rows that problems keep from being judged."""
    found: dict[str, Told] = {}
    for problem in problems:
        (at,) = errors_by_field([problem], [ROOT], names)
        row = row_of(problem.field, names)
        if at not in unfinished:
            found[row] = Told("error", "!", "needs another look")
        elif row not in found:
            found[row] = Told("unfinished", "…", "not finished yet")
    return found


def _verdict(draft: Draft, trial: Trial | None, fault: str, *, finished: bool) -> tuple[Lamp, str]:
    if not draft.whole:
        why = "something needs another look" if finished else "a clause is not finished"
        return Lamp("Cannot be judged yet", "caution"), why
    if fault:
        return Lamp("Cannot be judged", "stop"), fault
    if trial is None:
        return Lamp("Not tried", "off"), _UNTOLD
    if trial.result == "error":
        return Lamp("Cannot be judged", "stop"), trial.error or ""
    if trial.result == "matched":
        return Lamp("Would fire", "clear"), "" if draft.fields else "there are no conditions"
    return Lamp("Would not fire", "off"), ""


def _told(traces: Sequence[ClauseTrace]) -> Told:
    """A row's outcome: JSON in a row may hold several clauses, of which the first that does not
    pass tells most."""
    trace = next((each for each in traces if each.passed is not True), traces[0])
    style, mark, word = _MARKS[trace.passed]
    if trace.error:
        return Told(style, mark, word, _cut(trace.error), trace.note or "")
    return Told(style, mark, word, found_words(trace), _note(trace))


def found_words(trace: ClauseTrace) -> str:
    """What a clause found: `found 40`."""
    if trace.op == "expr":
        read = trace.actual if isinstance(trace.actual, dict) else {}
        return _cut(", ".join(f"{name} is {json_words(value)}" for name, value in read.items()))
    if trace.quantifier == "count":
        return f"their number is {json_words(trace.actual)}"  # type: ignore[arg-type]
    if not trace.found:
        return "nothing found"
    found = f"found {_cut(json_words(trace.actual))}"  # type: ignore[arg-type]  # JSON throughout
    if trace.expected_path is None:
        return found
    return f"{found}, compared with {_cut(json_words(trace.expected))}"  # type: ignore[arg-type]


def _note(trace: ClauseTrace) -> str:
    read_as = f"read as {trace.coerced}" if trace.coerced and trace.found else ""
    return "; ".join(note for note in (read_as, trace.note) if note)


def _cut(text: str) -> str:
    return f"{text[:LONGEST_VALUE]}…" if len(text) > LONGEST_VALUE else text


def _listed(trial: Trial | None, raw: JsonValue) -> list[Told]:
    """The clauses with what became of them, for conditions that are written as JSON."""
    listed = []
    for place, trace in trial.clauses if trial else ():
        told = _told([trace])
        words = clause_sentence(_at(raw, place))
        listed.append(Told(told.style, told.mark, told.word, told.found, told.note, words))
    return listed


def _at(raw: JsonValue, place: str) -> Mapping[str, JsonValue]:
    """The clause at a place such as `conditions.all.1`."""
    member = raw
    for step in place.split(".")[1:]:
        if isinstance(member, dict):
            member = member.get(step)
        elif isinstance(member, list) and step.isdigit():
            member = member[int(step)]
    return member if isinstance(member, dict) else {}
