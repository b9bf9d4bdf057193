"""The sample workflows and triggers of the demo team."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A trigger of the demo, the workflow it runs, and bodies for its traffic. A workflow trigger
    `watches` another workflow, by name."""

    name: str
    workflow: str
    config: dict[str, Any]
    conditions: dict[str, Any] | None = None
    bodies: tuple[dict[str, Any], ...] = ()
    kind: str = "webhook"
    watches: str = ""
    expected_by: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SampleWorkflow:
    """A workflow of the demo: its steps, and what a run by hand is asked for."""

    steps: list[dict[str, Any]]
    inputs: dict[str, Any] | None = None


def _issue(number: int, action: str, title: str) -> dict[str, Any]:
    issue = {"number": number, "title": title, "user": {"login": "alice"}}
    return {"action": action, "issue": issue, "repository": {"full_name": "junction/north"}}


def _order(number: int, total: float, customer: str) -> dict[str, Any]:
    order = {"id": number, "total": total, "currency": "EUR", "customer": customer}
    return {"event": "order.paid", "order": order}


SAMPLES = (
    Sample(
        "GitHub: issue opened",
        "Notify the team",
        {"scheme": "github"},
        {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]},
        (
            _issue(12, "opened", "Signal 12 stays at danger"),
            _issue(12, "labeled", "Signal 12 stays at danger"),
            _issue(13, "opened", "Points frozen at North Junction"),
            _issue(12, "closed", "Signal 12 stays at danger"),
        ),
    ),
    Sample(
        "Shop: orders over 100",
        "Reserve and confirm an order",
        {"scheme": "hmac", "algorithm": "sha256", "header": "X-Shop-Signature"},
        {
            "all": [
                {"path": "$.event", "op": "eq", "value": "order.paid"},
                {"path": "$.order.total", "op": "gt", "value": 100},
            ]
        },
        (
            _order(1041, 49.5, "Bob"),
            _order(1042, 129.9, "Charlie"),
            _order(1043, 240, "Alice"),
            _order(1044, 310.4, "Bob"),
        ),
    ),
    Sample(
        "Billing: invoice paid",
        "Notify the team",
        {"scheme": "standard"},
        {"any": [{"path": "$.type", "op": "starts_with", "value": "invoice."}]},
        (
            {"type": "invoice.paid", "data": {"id": "inv_7", "amount": 129.9}},
            {"type": "customer.updated", "data": {"id": "cus_3"}},
        ),
    ),
    Sample(
        "Heartbeat (not signed)",
        "Notify the team",
        {"scheme": "none"},
        None,
        ({"beat": 1, "source": "signal cabin"},),
    ),
    Sample(
        "Patrol: every 5 minutes",
        "Notify the team",
        {"form": "cron", "cron": "*/5 * * * *", "zone": "Europe/London", "overlap": "skip"},
        kind="schedule",
        expected_by={"every_s": 900},
    ),
    Sample(
        "Morning report: weekdays at 07:30",
        "Notify the team",
        {"form": "cron", "cron": "30 7 * * 1-5", "zone": "Europe/London", "jitter_s": 300},
        kind="schedule",
    ),
    Sample(
        "After a confirmed order",
        "Notify the team",
        {"on": "succeeded"},
        {"all": [{"path": "$.steps.confirm.status", "op": "eq", "value": 200}]},
        kind="workflow",
        watches="Reserve and confirm an order",
    ),
    Sample("Close a line by hand", "Close a line", {}, kind="manual"),
)

_LINE = {
    "type": "object",
    "required": ["line", "hours"],
    "properties": {
        "line": {"type": "string", "title": "Line", "enum": ["north", "south", "harbour"]},
        "hours": {"type": "integer", "title": "For how many hours", "minimum": 1, "maximum": 48,
                  "default": 2},
        "buses": {"type": "boolean", "title": "Send buses instead", "default": True},
    },
}  # fmt: skip


def _call(key: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "kind": "http", "method": "POST", "url": url, "body": body}


def workflows_of(target: str) -> dict[str, SampleWorkflow]:
    """The demo's workflows, by name."""
    told = {"trigger": "{{ trigger.name }}", "event": "{{ event.id }}", "body": "{{ event.body }}"}
    reserved = {"order": "{{ $.order.id }}", "total": "{{ $.order.total }}"}
    confirmed = {
        "order": "{{ $.order.id }}",
        "reservation": "{{ steps.reserve.response.body.call }}",
        "text": "Order {{ $.order.id }} over {{ $.order.total }} is confirmed.",
    }
    closed = {
        "text": "The line {{ $.line }} is closed for {{ $.hours }} hours.",
        "buses": "{{ $.buses }}",
    }
    return {
        "Notify the team": SampleWorkflow([_call("notify", f"{target}/notify", told)]),
        "Reserve and confirm an order": SampleWorkflow(
            [
                _call("reserve", f"{target}/notify", reserved),
                _call("confirm", f"{target}/flaky", confirmed),
            ]
        ),
        "Close a line": SampleWorkflow([_call("close", f"{target}/notify", closed)], _LINE),
    }
