"""Accepted webhooks a second of a trigger whose door asks the limiter for each, over those of one
whose door asks nobody. In short turns, so that whatever else the machine does meets both."""

from collections.abc import Mapping
from contextlib import closing
from statistics import median

from tests.bench import load
from tests.bench.calibration import MOST_PER_SECOND
from tests.bench.deliveries import Door
from tests.bench.flow import door_of, one_call, paid_orders
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team

ROWS = (
    Row(
        "limited.ratio",
        "accepted webhooks/s, the door asks the limiter ÷ it does not",
        must=0.85,
        higher_is_better=True,
        digits=2,
    ),
    Row("limited.with", "  with", "/s"),
    Row("limited.without", "  without", "/s"),
    Row("limited.refused", "  answers other than 202"),
)
# More than any machine sends: each delivery is counted, and none refused.
_LIMITS = {"rate": [{"most": 100_000, "per_s": 1}], "over": "refuse"}
_SECRETS = ("one of the two that these figures sign with", "the other one of the two, with a limit")


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    without, limited = _doors(session)
    session.installation.stop("worker", "clock")
    try:
        rates: dict[str, list[float]] = {"without": [], "with": []}
        refused = 0
        for _ in range(session.sizes.limited_pairs):
            for name, door in (("without", without), ("with", limited)):
                seconds = session.sizes.limited_slice_s
                count = round(MOST_PER_SECOND * seconds)
                sent = session.send("limited", count=count, seconds=seconds, door=door)
                rates[name].append(load.accepted(sent) / sent.elapsed_s)
                refused += sum(load.others(sent).values())
    finally:
        session.installation.start("worker", "clock")
    session.drain()
    pairs = zip(rates["with"], rates["without"], strict=True)
    return {
        "limited.ratio": median(a / b for a, b in pairs),
        "limited.with": median(rates["with"]),
        "limited.without": median(rates["without"]),
        "limited.refused": refused,
    }


def _doors(session: Session) -> tuple[Door, Door]:
    with closing(make_team(session, session.label("limited"))) as client:
        step = one_call(session.installation.target_port)
        workflow_id = answer_of(client.post("/api/v1/workflows", json=step))["id"]
        made = []
        for secret, limits in zip(_SECRETS, ({}, _LIMITS), strict=True):
            asked = paid_orders(workflow_id, secret, limits=limits)
            trigger = answer_of(client.post("/api/v1/triggers", json=asked))
            made.append(door_of(session.installation, trigger, secret))
        return made[0], made[1]
