"""Configures what is measured, as an operator and a user would: the command, then the JSON API.

One flow: a signed webhook, one condition that matches, one HTTP call that repeats the id.
"""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cli.processes import CannotStart
from tests.bench.deliveries import SIGNATURE_HEADER, Door
from tests.bench.installation import Installation

_TEAM = "bench"
_SECRET = "the bench signs with this, and nobody else has it"
_CONDITIONS = {"all": [{"path": "$.action", "op": "eq", "value": "paid"}]}


def make_flow(installation: Installation) -> Door:
    """The team, its key, the workflow and the trigger; where deliveries go."""
    installation.command(f"python -m cli teams create {_TEAM}")
    key = installation.command(f"python -m cli keys create --team {_TEAM} --role admin").strip()
    workflow = _post(installation, key, "/workflows", one_call(installation.target_port))
    trigger = _post(installation, key, "/triggers", paid_orders(workflow["id"], _SECRET))
    return door_of(installation, trigger, _SECRET)


def door_of(installation: Installation, trigger: Mapping[str, Any], secret: str) -> Door:
    """Where deliveries of a trigger go."""
    path = urlsplit(trigger["hook_url"]).path
    return Door("127.0.0.1", installation.port, path, secret)


def one_call(target_port: int) -> dict[str, Any]:
    """The workflow: a call that repeats the id."""
    step = {
        "key": "notify",
        "kind": "http",
        "method": "POST",
        "url": f"http://127.0.0.1:{target_port}/ok",
        "headers": {},
        "body": {"id": "{{ $.id }}", "total": "{{ $.order.total }}"},
        "timeout_s": 10,
    }
    return {"name": "Benchmark", "steps": [step], "draft": False}


def paid_orders(workflow_id: str, secret: str, **more: Any) -> dict[str, Any]:
    """The trigger."""
    signed = {"algorithm": "sha256", "header": SIGNATURE_HEADER, "encoding": "hex"}
    return {
        "name": "Paid orders",
        "kind": "webhook",
        "workflow_id": workflow_id,
        "config": {"scheme": "hmac", "secret": secret, **signed},
        "conditions": _CONDITIONS,
        "enabled": True,
        **more,
    }


def _post(installation: Installation, key: str, path: str, content: dict[str, Any]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"/api/v1{path}", json.dumps(content), headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.CREATED:
        raise CannotStart(f"POST /api/v1{path} answered {answer.status}: {body.decode()}")
    return json.loads(body)
