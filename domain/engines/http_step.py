"""An `http` step as a call, its answer as later steps see it, and both as people may see them."""

from collections.abc import Mapping, Sequence

from domain.outbound import OutboundRequest, OutboundResponse
from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.json_values import JsonValue, write_json
from domain.rules.placeholders import Content, RenderContext, StepFacts
from domain.rules.redaction import redact, storable_headers
from domain.rules.workflow_steps import HttpStep

Answer = OutboundResponse

# Enough to see what happened. What a later step refers to is kept longer, because an attempt
# that goes on from here has nothing but the record.
SHOWN_CHARACTERS = 4_096
KEPT_CHARACTERS = 262_144
HEX_OCTETS = 256


def call_of(step: HttpStep, context: RenderContext, idempotency_key: str) -> OutboundRequest:
    """The call that this step makes. Raises RenderFailed when a placeholder has no value.

    The body is built by a serialiser: no value can change what the JSON around it means.
    """
    headers = [(name, template.render(context)) for name, template in step.headers]
    body = None
    if step.body is not None:
        body = write_json(step.body.render(context))
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
    headers.append(("Idempotency-Key", idempotency_key))
    url = step.url.render(context)
    once = step.on_unknown != "retry"
    return OutboundRequest(step.method, url, headers, body, step.timeout_s, once)


def as_facts(answer: OutboundResponse) -> StepFacts:
    """What later steps may refer to."""
    return StepFacts(answer.status, content_of(answer.body, _content_type(answer)))


def facts_on_record(response: JsonValue) -> StepFacts:
    """What later steps may refer to, read back from the record of an earlier attempt."""
    known: Mapping[str, JsonValue] = response if isinstance(response, dict) else {}
    status, body, kind = known.get("status"), known.get("body"), known.get("content_type")
    return StepFacts(
        status if isinstance(status, int) else 0,
        content_of(str(body or "").encode(), str(kind or "")),
    )


def content_of(body: bytes, content_type: str) -> Content:
    """A body as placeholders see it: its document if it is JSON, else its text."""
    try:
        read = read_body(body, content_type)
    except UnreadableBody:
        return Content(text=body.decode("utf-8", "replace"))
    if read.found:
        return Content(document=read.document, found=True)
    return Content(text=body.decode("utf-8", "replace")) if body else Content()


def shown_request(request: OutboundRequest, secrets: Sequence[str]) -> JsonValue:
    """The request as people may see it."""
    shown: JsonValue = {
        "method": request.method,
        "url": request.url,
        "headers": [[name, value] for name, value in storable_headers(request.headers)],
        **_body(request.body or b"", SHOWN_CHARACTERS),
    }
    return redact(shown, secrets) if secrets else shown


def shown_response(
    answer: OutboundResponse, step: HttpStep, steps: Sequence[HttpStep], secrets: Sequence[str]
) -> JsonValue:
    """The answer as people, and later attempts, may see it."""
    referred_to = any(step.key in later.references.steps for later in steps)
    shown: JsonValue = {
        "status": answer.status,
        "content_type": _content_type(answer),
        **_body(answer.body, KEPT_CHARACTERS if referred_to else SHOWN_CHARACTERS),
        "truncated": answer.truncated,
        "elapsed_ms": round(answer.elapsed_s * 1000),
    }
    return redact(shown, secrets) if secrets else shown


def _content_type(answer: OutboundResponse) -> str:
    return next((v for name, v in answer.headers if name.lower() == "content-type"), "")[:200]


def _body(body: bytes, most: int) -> Mapping[str, JsonValue]:
    """The beginning of a body as text, its whole size, and what is not text also in hex."""
    part = body[:most]
    try:
        return {"body": part.decode(), "size": len(body)}
    except UnicodeDecodeError as error:
        # The cut may go through a character, which is four octets at most.
        if len(body) > most and error.start > most - 4:
            return {"body": part[: error.start].decode(), "size": len(body)}
    text = part.decode("utf-8", "replace")
    return {"body": text, "size": len(body), "hex": part[:HEX_OCTETS].hex()}
