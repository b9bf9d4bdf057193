"""The OpenAPI document: all of the API's routes, and nothing else."""

from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

# Acts that say all with their address.
WITHOUT_BODY = {
    "/api/v1/triggers/{trigger_id}/backtests/{backtest_id}/cancellation",
    "/api/v1/triggers/{trigger_id}/limit-trials/{limit_trial_id}/cancellation",
    "/api/v1/triggers/{trigger_id}/backfills/{backfill_id}/cancellation",
    "/api/v1/executions/{execution_id}/cancellation",
    "/api/v1/bulk-actions/{bulk_id}/cancellation",
    "/api/v1/destinations/{destination_id}/reset",
}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_every_route_of_the_api_is_described(app: Litestar, document: dict[str, Any]) -> None:
    routes = {
        (route.path_format, method.lower())
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/v1")
        for method in route.methods
        if method != "OPTIONS"
    }

    assert {(path, method) for path, method, _ in operations(document)} == routes


async def test_nothing_else_is_described(document: dict[str, Any]) -> None:
    assert [path for path in document["paths"] if not path.startswith("/api/v1")] == []


async def test_bodies_and_refusals_are_typed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["CreateTrigger"]["properties"].keys() == {
        "name", "kind", "workflow_id", "config", "conditions", "limits", "retry", "enabled",
        "pinned_version", "expected_by", "disable_after",
    }  # fmt: skip
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        refusal = operation["responses"]["400"]["content"]["application/json"]["schema"]
        assert refusal == {"$ref": "#/components/schemas/ProblemView"}, (path, method)
        if method in {"post", "put", "patch"} and path not in WITHOUT_BODY:
            assert "$ref" in operation["requestBody"]["content"]["application/json"]["schema"]


async def test_the_api_is_said_to_need_a_key(document: dict[str, Any]) -> None:
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
