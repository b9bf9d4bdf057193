"""htmx 4: what its requests say, and pages that answer whole or in part on one address.

litestar-htmx knows htmx 2. In htmx 4 `HX-Source` replaced `HX-Trigger`, `HX-Target` names the tag
beside the id (`div#list`), and `HX-Request-Type` says whether a whole page is wanted.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.connection.base import empty_receive, empty_send
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from litestar.types import Receive, Scope, Send
from litestar_htmx import HTMXDetails, HTMXRequest

from domain.rules.permissions import Actor
from web.auth import csrf_token
from web.services import Services

# What handlers of pages are given: whom the guard let in, and what they work with.
CurrentActor = NamedDependency[Actor]
OurServices = NamedDependency[Services]

# Page and part differ by these, so no cache may give one for the other.
VARY = {"vary": "HX-Request, HX-Request-Type, HX-History-Restore-Request"}


# The id of the form above a list.
FILTERS = "filters"


def _id_in(identifier: str | None) -> str | None:
    """`list` out of `div#list`."""
    return (identifier or "").partition("#")[2] or None


class HtmxDetails(HTMXDetails):
    """What htmx 4 says in its headers."""

    @property
    def source(self) -> str | None:
        """The id of the element that asked."""
        return _id_in(self.request.headers.get("hx-source"))

    @property
    def target_id(self) -> str | None:
        """The id of the element that the answer goes into."""
        return _id_in(self.request.headers.get("hx-target"))

    @property
    def request_type(self) -> str | None:
        """`full` when the answer replaces the page, `partial` when it replaces an element."""
        return self.request.headers.get("hx-request-type")

    @property
    def wants_part(self) -> bool:
        """Whether only a part of the page is to be answered. Going back in history asks through
        htmx, too, and needs the whole page."""
        return bool(self) and self.request_type != "full" and not self.history_restore_request


class HtmxRequest(HTMXRequest):
    """A request that knows htmx 4."""

    htmx: HtmxDetails

    def __init__(
        self, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send
    ) -> None:
        super().__init__(scope=scope, receive=receive, send=send)
        self.htmx = HtmxDetails(self)


def shell(request: HtmxRequest) -> dict[str, Any]:
    """What every page of a signed-in person needs: who it is, and the token of its forms."""
    actor: Actor = request.user
    return {
        "actor": actor,
        "email": request.auth["email"],
        "team_name": request.auth["team_name"],
        "zone": request.auth["zone"],
        "locale": request.auth["locale"],
        "theme": request.auth["theme"],
        "csrf": csrf_token(request),
        "path": request.url.path,
    }


def page(
    request: HtmxRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Template:
    """A whole page."""
    context = {**shell(request), **context}
    return Template(template, context=context, status_code=status, headers=VARY)


def page_or_partial(
    request: HtmxRequest, whole: str, part: str, context: Mapping[str, Any], *, status: int = 200
) -> Template:
    """The page `whole`, or for htmx only its template `part`, which the page includes: so first
    paint and refresh come from one template."""
    return page(request, part if request.htmx.wants_part else whole, context, status=status)


def list_or_table(request: HtmxRequest, folder: str, context: Mapping[str, Any]) -> Template:
    """A list's page, or for htmx only its table. When the filters asked, the address follows them,
    with the defaults left out; `context["pager"]` knows it."""
    answer = page_or_partial(request, f"{folder}/index.html", f"{folder}/_table.html", context)
    if request.htmx.wants_part and request.htmx.source == FILTERS:
        answer.headers["hx-push-url"] = context["pager"].here
    return answer


def go_to(request: HtmxRequest, path: str) -> Response[Any]:
    """On to another page. htmx is told so, because it would follow a redirect unseen and swap
    that page into a fragment's place."""
    if request.htmx:
        return Response("", status_code=200, headers={"hx-redirect": path})
    return Redirect(path, status_code=303)
