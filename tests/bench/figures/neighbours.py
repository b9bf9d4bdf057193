"""What one team's flood takes from another team: the other one sends a quarter of the rate that
holds, once alone, once beside a team that sends four times as much without any limit, and once
beside one that sends ten times what its limit lets through.

What counts is the other team's calls that the target saw before the last delivery was due, and how
long each took to be seen.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.bench import load
from tests.bench.deliveries import Door, delivery_id
from tests.bench.figures.executions import search
from tests.bench.flow import door_of, paid_orders
from tests.bench.generator import Plan, Sent
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team, make_workflow

ROWS = (
    Row(
        "neighbours.limited",
        "a team's executions/s beside one at ten times its limit ÷ alone",
        must=0.9,
        higher_is_better=True,
        digits=2,
    ),
    Row("neighbours.limited_p99", "  p99 of send → seen by the target ÷ alone", digits=2),
    Row(
        "neighbours.flood",
        "  beside a flood of four times as much without a limit ÷ alone",
        must=0.9,
        higher_is_better=True,
        digits=2,
    ),
    Row("neighbours.flood_p99", "  p99 of send → seen by the target ÷ alone", digits=2),
    Row("neighbours.alone_p99", "  alone", " ms", digits=1),
)
_SHARE = 0.25
_TIMES = 10
_SECRETS = ("the team that floods without limit", "the team that floods beyond its limit")
_LEFT = "DELETE FROM {} WHERE trigger_id = ANY ($1::uuid[])"


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    rate = session.sustained_rate * _SHARE
    flood = session.sustained_rate
    doors, triggers = _floods(session, round(flood / _TIMES))
    alone = _run(session, rate, None, 0.0)
    beside = {name: _run(session, rate, door, flood) for name, door in doors.items()}
    # What waits for room would go on for minutes, into the other figures.
    for table in ("waiting_event", "lane"):
        session.database.fetch(_LEFT.format(table), triggers)
    session.drain()
    return {
        "neighbours.alone_p99": alone[1],
        **{f"neighbours.{name}": seen / alone[0] for name, (seen, _) in beside.items()},
        **{f"neighbours.{name}_p99": p99 / alone[1] for name, (_, p99) in beside.items()},
    }


def _floods(session: Session, most: int) -> tuple[dict[str, Door], list[str]]:
    """By name, where each flood is sent; and the triggers."""
    doors, triggers = {}, []
    limits = {"flood": {}, "limited": {"rate": [{"most": most, "per_s": 1}]}}
    for (name, limited), secret in zip(limits.items(), _SECRETS, strict=True):
        with closing(make_team(session, session.label(name))) as client:
            workflow_id = make_workflow(client, session, named_by="id")
            asked = paid_orders(workflow_id, secret, limits=limited)
            trigger = answer_of(client.post("/api/v1/triggers", json=asked))
            doors[name] = door_of(session.installation, trigger, secret)
            triggers.append(trigger["id"])
    return doors, triggers


def _run(
    session: Session, rate: float, flood: Door | None, flood_rate: float
) -> tuple[float, float]:
    """The other team's calls a second that the target saw in time, and the p99 of all, in ms."""
    seconds = session.sizes.half_s
    with ThreadPoolExecutor(1) as beside:
        flooding = beside.submit(_flood, session, flood, flood_rate, seconds)
        sent = session.send_at("neighbour", rate, seconds)
        session.say(f"beside {flooding.result():,.0f}/s of another team")
    session.drain()
    return _seen_in_time(session, sent) / seconds, load.percentile(
        session.sight_times_ms(sent), 0.99
    )


def _flood(session: Session, door: Door | None, rate: float, seconds: float) -> float:
    """Send to the other team's door; how many deliveries a second were accepted. Not of the
    ledger: what waits for room is never carried out."""
    if door is None:
        return 0.0
    plan = Plan(door, session.label("flood"), round(rate * seconds), seconds, rate)
    return load.accepted(load.send(plan)) / seconds


def _seen_in_time(session: Session, sent: Sent) -> int:
    until = max(sent.due_ns)
    ids = {delivery_id(sent.label, index) for index in range(len(sent.statuses))}
    return len({call.id for call in session.calls() if call.id in ids and call.mono_ns <= until})
