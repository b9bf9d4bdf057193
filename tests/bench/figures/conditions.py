"""Judging conditions: how many events a second a core, beside others, and what the worst ones take.

No part of the installation is asked: it is the rules alone, in a process of their own. Measured
once a run. What saving refuses, and what the dearest conditions take, is counted in the processor's
time, so that a neighbour on the machine is not.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from cli.environment import PROJECT
from cli.processes import CannotStart
from domain.errors import InvalidInput
from domain.rules.conditions import judge, parse_conditions
from tests.bench.report import Row, aligned
from tests.bench.session import Session
from tests.rules.hostile import REFUSED, costly
from tests.rules.judging import subject

ROWS = (
    Row("conditions.clauses", "five plain clauses on 1 KB, parsed", "/s", 100_000,
        higher_is_better=True),
    Row("conditions.parsed", "  with parsing", "/s", 30_000, higher_is_better=True),
    Row("conditions.explained", "  explained: every clause traced", "/s"),
    Row("conditions.expr", "the same as one expression", "/s", 10_000, higher_is_better=True),
    Row("conditions.ratio", "five clauses ÷ loops over plain jsonpath-ng", digits=1),
    Row("conditions.refused", "refusing rows A39 to A48 at save, the slowest", " ms", 50, digits=1),
    Row("conditions.worst", "judging the dearest conditions there are, the slowest", " ms", 50,
        digits=1),
)  # fmt: skip
_OURS = "Signalbox, "
_NAMES = {
    "clauses": f"{_OURS}five clauses",
    "clauses.parsed": f"{_OURS}five clauses, with parsing",
    "clauses.explained": f"{_OURS}five clauses, explained",
    "expr": f"{_OURS}one expression",
    "cel": "cel-expr-python 0.1.3 (cel-cpp)",
    "json_logic": "json-logic-qubit 0.9.1",
    "jsonpath_ng": "jsonpath-ng 1.16.0, plain loops",
    "rule_engine": "rule-engine 5.1.0",
}


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "conditions" in session.details:
        return {}
    rates = _rates(session.sizes.conditions_s)
    refused = {name: _refusal_ms(clause) for name, clause in REFUSED.items()}
    worst = dict(_judging_ms())
    session.details["conditions"] = list(_details(rates, refused, worst))
    return {
        "conditions.clauses": rates["clauses"],
        "conditions.parsed": rates["clauses.parsed"],
        "conditions.explained": rates["clauses.explained"],
        "conditions.expr": rates["expr"],
        "conditions.ratio": rates["clauses"] / rates["jsonpath_ng"],
        "conditions.refused": max(refused.values()),
        "conditions.worst": max(worst.values()),
    }


def _rates(seconds: float) -> dict[str, float]:
    argv = [sys.executable, "-m", "tests.bench.evaluators", str(seconds)]
    done = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotStart(f"the evaluators cannot be compared:\n{done.stderr}")
    rates: dict[str, float] = json.loads(done.stdout)
    return rates


def _refusal_ms(clause: Mapping[str, object]) -> float:
    begun = time.process_time()
    try:
        parse_conditions({"all": [dict(clause)]})
    except InvalidInput:
        return (time.process_time() - begun) * 1e3
    raise CannotStart(f"these conditions were not refused: {clause}")


def _judging_ms() -> Iterator[tuple[str, float]]:
    for name, clause, document in costly():
        conditions, event = parse_conditions({"all": [clause]}), subject(document)
        # No worker holds all these documents at once: what the collector of garbage takes to look
        # through them is not counted.
        gc.freeze()
        begun = time.process_time()
        judge(conditions, event)
        yield name, (time.process_time() - begun) * 1e3


def _details(
    rates: Mapping[str, float], refused: Mapping[str, float], worst: Mapping[str, float]
) -> Iterator[str]:
    yield "conditions, five clauses over 16 bodies of 1 KB, evaluations a second of one core"
    loops = rates["jsonpath_ng"]
    lines = [("evaluator", "a second", "÷ plain jsonpath-ng", "")]
    lines += [
        (title, f"{rates[name]:,.0f}", f"{rates[name] / loops:.2f}", "")
        for name, title in _NAMES.items()
    ]
    yield from (f"  {line}" for line in aligned(lines))
    yield "the slowest to be refused, and the dearest to judge, in ms of the processor"
    for times in (refused, worst):
        for name in sorted(times, key=times.__getitem__, reverse=True)[:3]:
            yield f"  {times[name]:6.1f}  {name}"
