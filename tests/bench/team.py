"""A team of a figure's own, and a client that asks for it by API and by browser."""

from typing import Any

import httpx

from cli.processes import CannotStart
from tests.bench.session import SLOT, Session


def answer_of(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises CannotStart for one that is no success."""
    if not answer.is_success:
        raise CannotStart(
            f"{answer.request.url} answered {answer.status_code}: {answer.text[:500]}"
        )
    return answer.json()


def make_team(session: Session, name: str) -> httpx.Client:
    """Make the team with an admin, who is signed in and holds a key."""
    command, email = session.installation.command, f"{name}@example.org"
    command(f"python -m cli teams create {name}")
    said = command(f"python -m cli users create --team {name} --email {email} --role admin")
    key = command(f"python -m cli keys create --team {name} --role admin").strip()
    client = httpx.Client(base_url=f"http://127.0.0.1:{session.installation.port}", timeout=60)
    signed_in = client.post("/sign-in", data={"email": email, "password": said.split()[-1]})
    if signed_in.status_code != httpx.codes.SEE_OTHER:
        raise CannotStart(f"nobody could sign in to the team {name}")
    client.headers["authorization"] = f"Bearer {key}"
    return client


def make_workflow(client: httpx.Client, session: Session, named_by: str = "slot") -> str:
    """A workflow of one step, a call to the target that names the slot; its id. Named by another
    field of the event, the calls are in nobody's ledger."""
    step = {"key": "notify", "kind": "http", "method": "POST",
            "url": f"http://127.0.0.1:{session.installation.target_port}/ok",
            "headers": {"x-event": f"{SLOT}{{{{ $.{named_by} }}}}"}}  # fmt: skip
    made = answer_of(client.post("/api/v1/workflows", json={"name": "Notify", "steps": [step]}))
    return str(made["id"])


def make_schedule(client: httpx.Client, workflow_id: str, name: str, **config: Any) -> str:
    """A schedule trigger; its id."""
    body = {"name": name, "kind": "schedule", "workflow_id": workflow_id, "config": config}
    return str(answer_of(client.post("/api/v1/triggers", json=body))["id"])
