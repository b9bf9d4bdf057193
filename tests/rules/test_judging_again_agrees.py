"""What was decided and what is explained later come to the same result: a million cases, in pieces.

Deciding stops at the first decisive clause and stores a compact trace. Explaining reads conditions
and event again from what is stored, and judges every clause.
"""

import json
from itertools import islice

import pytest

from domain.rules.bodies import read_json
from domain.rules.conditions import explain, judge, parse_conditions
from domain.rules.subjects import subject_of
from domain.store.jsonb import json_text
from tests.rules.generated import Generator

PIECES = 20
CONDITIONS = 250
EVENTS = 200


@pytest.mark.parametrize("seed", range(PIECES))
def test_fifty_thousand_judgements_agree_with_their_explanations(seed: int) -> None:
    made = Generator(seed)
    events = [made.event() for _ in range(EVENTS)]
    decided = [subject_of(event, 1) for event in events]
    looked_at_later = [subject_of(dict(event), 1) for event in events]
    seen = set()
    for raw in islice(made.conditions(), CONDITIONS):
        conditions = parse_conditions(raw)
        stored = parse_conditions(read_json(json_text(raw).encode()))
        for once, again in zip(decided, looked_at_later, strict=True):
            judgement, explanation = judge(conditions, once), explain(stored, again)
            assert judgement.result == explanation.result, raw
            # What was stored of the trace stands in the full one as it is.
            for trace in judgement.clauses:
                assert trace == explanation.clauses[trace.index], raw
            seen.add(judgement.result)
    assert seen == {"matched", "not_matched", "error"}


def test_a_compact_trace_says_how_many_more_clauses_decided() -> None:
    raw = {"any": [{"path": f"$.f{number}", "op": "exists"} for number in range(30)]}
    event = Generator(1).event()
    stored = json.loads(json_text(judge(parse_conditions(raw), subject_of(event, 1)).compact()))
    assert (stored["result"], len(stored["clauses"]), stored["more"]) == ("not_matched", 10, 20)
