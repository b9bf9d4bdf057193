"""`python -m tests.bench.evaluators SECONDS`: how many events a second each evaluator judges.

A process of its own, with what we compare with on its path (`make bench` installs it apart). Five
plain clauses over bodies of 1 KB, about half of which match. All take turns in short slices, so a
machine that slows down slows all of them. Prints JSON: evaluations a second by name.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(sys.prefix) / "rivals"))

import json_logic
import rule_engine
from cel_expr_python import cel
from jsonpath_ng.ext.parser import parse as parse_path

from domain.clock import utc_now
from domain.rules.conditions import explain, judge, parse_conditions
from domain.rules.subjects import Subject, sample_event, subject_of

SLICE_S = 0.1
TIERS = ("gold", "platinum")
CLAUSES = {
    "all": [
        {"path": "$.action", "op": "eq", "value": "opened"},
        {"path": "$.order.total", "op": "gt", "value": 100},
        {"path": "$.customer.tier", "op": "in", "value": list(TIERS)},
        {"path": "$.order.lines[0].sku", "op": "starts_with", "value": "A-"},
        {"path": "$.customer.email", "op": "exists"},
    ]
}
CEL = (
    '{0}.action == "opened" && {0}.order.total > 100 && {0}.customer.tier in ["gold", "platinum"] '
    '&& {0}.order.lines[0].sku.startsWith("A-") && has({0}.customer.email)'
)
RULE = (
    'action == "opened" and order.total > 100 and customer.tier in ["gold", "platinum"] '
    'and order.lines[0].sku.starts_with("A-") and customer.email != null'
)
LOGIC = {
    "and": [
        {"==": [{"var": "action"}, "opened"]},
        {">": [{"var": "order.total"}, 100]},
        {"in": [{"var": "customer.tier"}, list(TIERS)]},
        {"==": [{"substr": [{"var": "order.lines.0.sku"}, 0, 2]}, "A-"]},
        {"!": [{"missing": ["customer.email"]}]},
    ]
}

Judge = Callable[[Any], Any]


def bodies() -> list[bytes]:
    """Sixteen bodies of 1 KB: what keeps one from matching differs from body to body."""
    made = []
    for number in range(16):
        document = {
            "action": "closed" if number == 1 else "opened",
            "order": {
                "total": 50 if number in {3, 5} else 250.5,
                "lines": [{"sku": "B-7" if number == 7 else "A-1", "quantity": 2}],
            },
            "customer": {"tier": "silver" if number in {9, 11} else "gold", "email": "a@b.example"},
            "note": "x" * 780,
        }
        if number in {13, 15}:
            del document["customer"]
        made.append(json.dumps(document).encode())
    return made


def _paths() -> Judge:
    parse = parse_path
    action, total = parse("$.action"), parse("$.order.total")
    tier, sku, email = (
        parse("$.customer.tier"), parse("$.order.lines[0].sku"), parse("$.customer.email"),
    )  # fmt: skip

    def judge_by_loops(document: Any) -> bool:
        return (
            any(found.value == "opened" for found in action.find(document))
            and any(found.value > 100 for found in total.find(document))
            and any(found.value in TIERS for found in tier.find(document))
            and any(found.value.startswith("A-") for found in sku.find(document))
            and bool(email.find(document))
        )

    return judge_by_loops


def _cel() -> Judge:

    environment = cel.NewEnv(variables={"body": cel.Type.DYN})
    compiled = environment.compile(CEL.format("body"))

    def judge_by_cel(document: Any) -> bool:
        return compiled.eval(environment.Activation({"body": document})).value() is True

    return judge_by_cel


def _rule() -> Judge:
    context = rule_engine.Context(default_value=None)
    matches: Judge = rule_engine.Rule(RULE, context=context).matches
    return matches


def _evaluators() -> dict[str, tuple[Judge, Sequence[Any]]]:
    """Each with the events in the form that it judges: parsing is counted where it is named."""
    raw = [sample_event(body, utc_now()) for body in bodies()]
    subjects: list[Subject] = [subject_of(event, 1) for event in raw]
    documents = [json.loads(body) for body in bodies()]
    clauses = parse_conditions(CLAUSES)
    expression = parse_conditions({"all": [{"op": "expr", "value": CEL.format("body")}]})
    return {
        "clauses": (lambda subject: judge(clauses, subject).result == "matched", subjects),
        "clauses.parsed": (
            lambda event: judge(clauses, subject_of(event, 1)).result == "matched", raw,
        ),
        "clauses.explained": (
            lambda subject: explain(clauses, subject).result == "matched", subjects,
        ),
        "expr": (lambda subject: judge(expression, subject).result == "matched", subjects),
        "jsonpath_ng": (_paths(), documents),
        "json_logic": (lambda document: json_logic.jsonLogic(LOGIC, document), documents),
        "rule_engine": (_rule(), documents),
        "cel": (_cel(), documents),
    }  # fmt: skip


def _a_second(evaluate: Judge, events: Sequence[Any]) -> float:
    begun, done = time.perf_counter(), 0
    while (took := time.perf_counter() - begun) < SLICE_S:
        for event in events:
            evaluate(event)
        done += len(events)
    return done / took


def main() -> int:
    """Measure; 1 when two of them disagree about an event."""
    evaluators = _evaluators()
    answers = {
        name: [bool(evaluate(event)) for event in events]
        for name, (evaluate, events) in evaluators.items()
    }
    if len(set(map(tuple, answers.values()))) != 1:
        print(f"the evaluators disagree: {answers}", file=sys.stderr)
        return 1
    readings: dict[str, list[float]] = {name: [] for name in evaluators}
    ends = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < ends:
        for name, (evaluate, events) in evaluators.items():
            readings[name].append(_a_second(evaluate, events))
    print(json.dumps({name: median(values) for name, values in readings.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
