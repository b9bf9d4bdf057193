"""The pages of the app, found by walking its routes: tests that look at every page forget none.

A path's parameters are filled by their names. A new page is looked at by itself; one whose address
takes something that nobody knows how to fill makes these tests fail, and belongs in here.
"""

import re
from collections.abc import Mapping

from litestar import Litestar
from litestar.routes import HTTPRoute

# What answers a GET and is no page that people look at.
NO_PAGES = {
    "/live": "a stream that does not end",
    "/events/{event_id:str}/body": "a download",
    "/sign-in/oidc": "leads to the provider",
    "/sign-in/oidc/callback": "leads back from the provider",
}
# A part of a page, or a page that wants to be asked something.
QUERIES = {
    "/events/{event_id:str}/payload/rows": "?part=:0-9",
    "/events/{event_id:str}/payload/matches": "?q=a",
    "/triggers/bulk": "?act=disable&id={trigger_id}",
    "/bulk-actions/new": "?act=replay&id={execution_id}&page=executions",
}
_MACHINES = ("/api", "/static", "/healthz", "/readyz", "/metrics")
_PARAMETER = re.compile(r"\{(\w+)[^}]*\}")


def page_templates(app: Litestar) -> list[str]:
    """The paths of all pages, with their parameters' names in braces."""
    return sorted(
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and not route.path.startswith(_MACHINES)
        and route.path not in NO_PAGES
        and any("GET" in handler.http_methods for handler in route.route_handlers)
    )


def page_paths(app: Litestar, filling: Mapping[str, str]) -> list[str]:
    """The addresses of all pages. Raises KeyError for a parameter that `filling` does not name."""
    return [
        _PARAMETER.sub(lambda found: filling[found[1]], template + QUERIES.get(template, ""))
        for template in page_templates(app)
    ]
