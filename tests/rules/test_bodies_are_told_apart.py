"""What kind of body an event has: empty, JSON, or something else that its sender declared."""

import pytest

from domain.rules.bodies import Body, UnreadableBody, read_body


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
@pytest.mark.parametrize("content_type", [None, "application/json"])
def test_an_empty_body_has_no_document(body: bytes, content_type: str | None) -> None:
    read = read_body(body, content_type)
    assert read == Body("empty")
    assert not read.found


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "text/plain", "application/x-www-form-urlencoded"],
)
def test_what_is_json_is_json_whatever_its_sender_calls_it(content_type: str | None) -> None:
    read = read_body(b'{"a":1}', content_type)
    assert read == Body("json", {"a": 1})
    assert read.found


def test_a_document_that_is_null_is_a_document() -> None:
    assert read_body(b"null", None).found


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        " ",
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/json",
        "application/cloudevents+json",
    ],
)
def test_what_claims_to_be_json_and_is_not_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnreadableBody, match="not valid JSON"):
        read_body(b"<order/>", content_type)


@pytest.mark.parametrize(
    ("body", "content_type", "fault"),
    [
        (b"<order/>", "text/xml", "invalid_json"),
        (b"a=1&b=2", "application/x-www-form-urlencoded", "invalid_json"),
        (b"\xff\xfe\x00", "application/octet-stream", "invalid_utf8"),
        (b"Infinity and beyond", "text/plain", "number_out_of_range"),
    ],
)
def test_what_another_type_explains_is_opaque(body: bytes, content_type: str, fault: str) -> None:
    read = read_body(body, content_type)
    assert (read.kind, read.found, read.fault) == ("opaque", False, fault)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b" [" * 2_000, "json_too_deep"),
        (b"[1e999]", "number_out_of_range"),
    ],
)
def test_json_that_breaks_a_limit_is_refused_under_any_type(body: bytes, fault: str) -> None:
    """curl calls all it sends a form; its user still wants to hear of the double key."""
    with pytest.raises(UnreadableBody) as refusal:
        read_body(body, "application/x-www-form-urlencoded")
    assert refusal.value.code == fault
