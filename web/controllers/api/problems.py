"""What the API answers when it refuses, for its OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta, Struct


class FieldProblem(Struct):
    """One thing wrong with what was sent."""

    field: Annotated[str, Meta(examples=["steps.0.url"])]
    message: Annotated[str, Meta(examples=["must begin with http:// or https://"])]


class ProblemView(Struct):
    """A refusal: a code for machines, a sentence for people, the id under which it was noted."""

    error: Annotated[str, Meta(examples=["invalid"])]
    id: str
    message: str
    problems: list[FieldProblem]


def refusal_spec(description: str) -> ResponseSpec:
    return ResponseSpec(ProblemView, description=description, generate_examples=False)


PROBLEMS: Mapping[int, ResponseSpec] = {
    400: refusal_spec("What was sent is not valid; `problems` names the fields."),
    401: refusal_spec("The key is missing, wrong or revoked."),
    403: refusal_spec("The key's role does not allow this."),
    404: refusal_spec("There is nothing here, or it belongs to another team."),
    409: refusal_spec(
        "Someone else changed it in the meantime, or something still uses it or would break by it."
    ),
}
