"""Lost or doubled: every id that was sent is looked up at the target and in the database.

What is not accepted is sent again with the same id, as senders do.
"""

from collections.abc import Mapping

from tests.bench import ledger
from tests.bench.deliveries import delivery_id
from tests.bench.figures.executions import search
from tests.bench.generator import ACCEPTED
from tests.bench.ledger import Findings
from tests.bench.report import Row
from tests.bench.session import Session

ROWS = (
    Row("ledger.lost", "lost of the ids sent, target or database", "", 0, 0),
    Row("ledger.doubled", "doubled of the ids sent, target or database", "", 0, 0),
    Row("ledger.sent", "  ids sent"),
    Row("ledger.refused", "  never accepted, although sent again"),
    Row("ledger.repeats", "  calls carried out again with the same Idempotency-Key"),
)

_SHARE_OF_SUSTAINED = 0.8
_RESENDS = 5


def measure(session: Session) -> Mapping[str, float]:
    """One round."""
    target, database = _send_and_check(session)
    session.fail_unless_clean("at the target", target)
    session.fail_unless_clean("in the database", database)
    return {
        "ledger.sent": target.sent,
        "ledger.refused": target.sent - target.accepted,
        "ledger.lost": max(len(target.lost), len(database.lost)),
        "ledger.doubled": max(len(target.doubled), len(database.doubled)),
        "ledger.repeats": target.repeats,
    }


def _send_and_check(session: Session) -> tuple[Findings, Findings]:
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    count, rate = session.sizes.ledger_ids, _SHARE_OF_SUSTAINED * session.sustained_rate
    sent = session.send("ledger", count=count, seconds=count / rate, rate=rate, resends=_RESENDS)
    session.drain()
    ids = [delivery_id(sent.label, index) for index in range(count)]
    answers = zip(ids, sent.statuses, strict=False)
    accepted = [each for each, status in answers if status == ACCEPTED]
    calls = [call for call in session.calls() if call.id.startswith(f"{sent.label}-")]
    return (
        ledger.at_target(ids, accepted, calls),
        ledger.in_database(ids, accepted, session.database.kept(sent.label)),
    )
