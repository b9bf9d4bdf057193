"""A trigger with a past: events of 1 KB that came within the last hours, and one of 100 KB."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.bench.evaluators import CLAUSES, bodies
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team, make_workflow
from tests.pages.browsing import Sent

TEAM = "history"
LARGE_BYTES = 100_000
# An event a quarter of a second, up to now. Ids are UUIDv7, as `domain/rules/ids.py` makes them.
_FILL = """
INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, sender_id,
    body, received_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
    || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
    team_id, id, 'webhook', '[["x-kind", "order"]]', '', 'application/json', 'order', NULL,
    ($2::bytea[])[1 + n % cardinality($2::bytea[])], at
FROM trigger, LATERAL (SELECT n, now() - n * interval '250 milliseconds' AS at
    FROM generate_series($3::int, $4::int) n) AS made
WHERE id = $1
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Past:
    """The trigger, how to ask for it by API and by browser, and the event of 100 KB."""

    trigger: str
    large: str
    client: httpx.Client

    def post(self, path: str, content: Any) -> Any:
        """What the API answers. Raises CannotStart for anything but success."""
        return answer_of(self.client.post(f"/api/v1{path}", json=content))

    def get(self, path: str) -> Any:
        """The same."""
        return answer_of(self.client.get(f"/api/v1{path}"))

    def form(self) -> dict[str, str]:
        """What a browser sends of the trigger's form, on the event of 100 KB."""
        page = self.client.get(f"/triggers/{self.trigger}/edit?event={self.large}").text
        return {**Sent(page).fields, "chosen": self.large}


def make_past(session: Session, amount: int) -> Past:
    """The team, its trigger, and so many events."""
    client = make_team(session, TEAM)
    past = Past("", "", client)
    workflow = make_workflow(client, session)
    trigger = past.post("/triggers", {
        "name": "History", "kind": "webhook", "workflow_id": workflow,
        "config": {"scheme": "none"}, "conditions": CLAUSES,
    })["id"]  # fmt: skip
    _fill(session, trigger, bodies(), range(1, amount + 1))
    (large,) = _fill(session, trigger, [_large()], range(1))
    return Past(trigger, large, client)


def _fill(session: Session, trigger: str, texts: Sequence[bytes], ages: range) -> list[str]:
    """Store events straight in the table, as if they had been decided long ago; their ids."""
    rows = session.database.fetch(_FILL, trigger, list(texts), ages.start, ages.stop - 1)
    session.database.run("ANALYZE event")
    return [str(row["id"]) for row in rows]


def _large() -> bytes:
    line = {"sku": "A-1", "quantity": 2, "note": "x" * 60}
    document = {**json.loads(bodies()[0]), "lines": [line] * (LARGE_BYTES // 100)}
    return json.dumps(document).encode()
