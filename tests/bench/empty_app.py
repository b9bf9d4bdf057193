"""What accepted webhooks are measured against: the same server, with handlers that do nothing."""

from litestar import Litestar, Request, asgi, post
from litestar.types import Receive, Scope, Send

_ANSWER = b'{"ok":true}'
_HEAD = [(b"content-type", b"application/json"), (b"content-length", b"11")]


@post("/empty", status_code=202)
async def empty(request: Request) -> dict[str, bool]:  # type: ignore[type-arg]
    """An empty POST handler: reads the body, answers."""
    await request.body()
    return {"ok": True}


@asgi("/bare", copy_scope=False)
async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that the server can do, without the framework's requests and answers."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": _HEAD})
    await send({"type": "http.response.body", "body": _ANSWER, "more_body": False})


app = Litestar([empty, bare], openapi_config=None)
