"""Step inputs with placeholders: what they become, and what never happens to values (A49, A51)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from domain.errors import InvalidInput
from domain.rules import templates
from domain.rules.json_values import JsonValue, same, write_json
from domain.rules.placeholders import (
    Content,
    EventFacts,
    RenderContext,
    RenderFailed,
    StepFacts,
    TriggerFacts,
)
from domain.rules.templates import References, compile_template
from tests.rules.strategies import documents

BODY: JsonValue = {
    "order": {"id": 7, "total": Decimal("250.50"), "note": 'a "b"\n', "gift": None},
    "lines": [{"sku": "a"}, {"sku": "b"}],
    "great": 9007199254740993,
}


def a_context(
    body: Content | None = None, secrets: Mapping[str, str] | None = None
) -> RenderContext:
    return RenderContext(
        event=EventFacts(
            id="0190-e",
            received_at=datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC),
            body=Content(BODY, found=True) if body is None else body,
            headers={"x-github-event": "issues"},
            query={"page": "2"},
        ),
        trigger=TriggerFacts("0190-t", "New orders", "webhook"),
        steps={
            "notify": StepFacts(201, Content({"id": [4, 5]}, found=True)),
            "ping": StepFacts(200, Content(text="pong")),
        },
        secrets={"api_key": "s3cr3t"} if secrets is None else secrets,
    )


def rendered(value: object, context: RenderContext | None = None) -> JsonValue:
    return compile_template(value, "body").render(context or a_context())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ $.order.id }}", 7),
        ("{{$.order.total}}", Decimal("250.50")),
        ("{{ $.order }}", {"id": 7, "total": Decimal("250.50"), "note": 'a "b"\n', "gift": None}),
        ("{{ $.order.gift }}", None),
        ("{{ $.lines[*].sku }}", ["a", "b"]),
        ("{{ $.lines[?(@.sku == 'b')].sku }}", ["b"]),
        ("{{ $.lines[*].nothing }}", []),
        ("{{ $ }}", BODY),
        ("{{ event.body }}", BODY),
        ("{{ event.body.order.id }}", 7),
        ("{{ event.body['order'].id }}", 7),
        ("{{ event.id }}", "0190-e"),
        ("{{ event.received_at }}", "2026-03-01T10:00:00.500000Z"),
        ("{{ event.headers.X-GitHub-Event }}", "issues"),
        ("{{ event.query.page }}", "2"),
        ("{{ trigger.id }}", "0190-t"),
        ("{{ trigger.name }}", "New orders"),
        ("{{ trigger.kind }}", "webhook"),
        ("{{ steps.notify.response.status }}", 201),
        ("{{ steps.notify.response.body }}", {"id": [4, 5]}),
        ("{{ steps.notify.response.body.id[1] }}", 5),
        ("{{ steps.ping.response.body }}", "pong"),
        ("{{ secrets.api_key }}", "s3cr3t"),
    ],
)
def test_a_text_that_is_one_placeholder_becomes_the_value_with_its_type(
    text: str, value: JsonValue
) -> None:
    result = rendered(text)
    assert same(result, value)
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("Order {{ $.order.id }} of {{ event.id }}", "Order 7 of 0190-e"),
        (" {{ $.order.id }}", " 7"),
        ("{{ $.order.total }}!", "250.50!"),
        ("{{ $.great }}.", "9007199254740993."),
        ("{{ $.order.gift }}.", "null."),
        ("<{{ $.lines }}>", '<[{"sku":"a"},{"sku":"b"}]>'),
        ("{{ $.order.id }}{{ $.order.id }}", "77"),
    ],
)
def test_inside_a_longer_text_a_value_is_inserted_as_text(text: str, result: str) -> None:
    assert rendered(text) == result


def test_every_text_in_a_value_is_a_template_and_the_rest_stays() -> None:
    value = {"a": ["{{ $.order.id }}", 1, None, {"b": "x{{ event.id }}"}], "c": Decimal("1.50")}
    assert rendered(value) == {"a": [7, 1, None, {"b": "x0190-e"}], "c": Decimal("1.50")}


def test_the_result_is_json_by_a_serialiser_whatever_the_value_holds() -> None:
    body = write_json(rendered({"note": "{{ $.order.note }}", "n": "{{ $.order.total }}"}))
    assert body == b'{"note":"a \\"b\\"\\n","n":250.50}'


@pytest.mark.parametrize(
    "text",
    [
        "{{ $.nothing }}",
        "x {{ $.order.nothing.more }}",
        "{{ event.headers.x-nothing }}",
        "{{ event.query.nothing }}",
        "{{ secrets.nothing }}",
        "{{ steps.later.response.status }}",
        "{{ steps.later.response.body }}",
        "{{ steps.ping.response.body.id }}",
    ],
)
def test_a_missing_value_fails_the_rendering_and_names_the_placeholder(text: str) -> None:
    with pytest.raises(RenderFailed) as failure:
        rendered(text)
    assert failure.value.reason == "missing_value"
    assert text[text.index("{{") :] in failure.value.message


def test_an_opaque_body_is_its_text_and_has_no_parts() -> None:
    context = a_context(Content(text="<order/>"))
    assert rendered("{{ event.body }}", context) == "<order/>"
    with pytest.raises(RenderFailed):
        rendered("{{ $.order }}", context)


def test_an_empty_body_is_missing() -> None:
    with pytest.raises(RenderFailed):
        rendered("{{ event.body }}", a_context(Content()))


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{config}}",
        "{{ ''.__class__ }}",
        "{{ $.a.`len` }}",
        "{{ event.__class__ }}",
        "{{ event }}",
        "{{ trigger.__init__ }}",
        "{{ trigger.team_id }}",
        "{{ steps.notify }}",
        "{{ steps.notify.response.headers }}",
        "{{ steps.NOTIFY.response.status }}",
        "{{ secrets }}",
        "{{ secrets.a.b }}",
        "{{ secrets.__class__.x }}",
        "{{ secret.api_key }}",
        "{{ $.a | upper }}",
        "{{ $..a..b }}",
        "{{ }}",
        "{{",
        "{{ $.a",
        "{{ $.a }",
        "{{ {{ $.a }} }}",
        "{{ $['a }}",
    ],
)
def test_a49_anything_but_a_known_placeholder_is_refused_when_it_is_saved(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        compile_template({"a": [{"b": f"x {text} y"}]}, "steps.0.body")
    assert [problem.field for problem in refusal.value.problems] == ["steps.0.body.a.0.b"]


@pytest.mark.parametrize("text", ["${7*7}", "{% import os %}", "#{x}", "}}", "{ {x} }", "%s {0}"])
def test_a49_other_languages_templates_are_plain_text(text: str) -> None:
    assert rendered(text) == text


def test_braces_inside_the_quotes_of_a_path_belong_to_the_path() -> None:
    context = a_context(Content({"a}}b": 1}, found=True))
    assert rendered("{{ $['a}}b'] }}", context) == 1


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ '{{' }}", "{{"),
        ('{{"{{"}}', "{{"),
        ("Hello {{ '{{' }} name }}", "Hello {{ name }}"),
        ("{{ '{{' }} secrets.api_key }}", "{{ secrets.api_key }}"),
        ("{{ '{{' }}{{ $.order.id }}}}", "{{7}}"),
        ("{{ '{{' }}{{ '{{' }}", "{{{{"),
    ],
)
def test_two_braces_are_written_as_a_placeholder_that_is_them(text: str, result: str) -> None:
    assert rendered(text) == result
    assert rendered({"in": [text]}) == {"in": [result]}


@pytest.mark.parametrize("text", ["{{ '{' }}", "{{ '}}' }}", "{{ 'text' }}", "{{ '{{ }}"])
def test_no_other_quoted_text_is_a_placeholder(text: str) -> None:
    with pytest.raises(InvalidInput):
        rendered(text)


def test_a49_braces_that_were_written_so_are_not_read_as_a_placeholder_again() -> None:
    template = compile_template("{{ '{{' }} secrets.api_key }}", "body")
    assert template.references == References()
    assert template.render(a_context()) == "{{ secrets.api_key }}"


def test_a49_a_key_cannot_hold_a_placeholder() -> None:
    with pytest.raises(InvalidInput, match="only values"):
        compile_template({"{{ $.a }}": 1}, "body")


@pytest.mark.parametrize(
    "attack", ["{{ secrets.api_key }}", "{{ $.attack }}", "{{ event.id }}", "{{", "}}"]
)
def test_a49_what_comes_out_of_a_placeholder_is_never_read_as_a_template(attack: str) -> None:
    context = a_context(Content({"attack": attack, "in": {attack: [attack]}}, found=True))
    assert rendered("{{ $.attack }}", context) == attack
    assert rendered("x{{ $.attack }}y", context) == f"x{attack}y"
    assert rendered("{{ $.in }}", context) == {attack: [attack]}


@given(documents)
def test_a49_every_document_comes_out_of_a_placeholder_as_it_went_in(document: JsonValue) -> None:
    context = a_context(Content(document, found=True))
    assert same(rendered({"all": "{{ $ }}"}, context), {"all": document})


def test_a49_a_secret_that_looks_like_a_placeholder_stays_a_text() -> None:
    context = a_context(secrets={"api_key": "{{ $.order.id }}"})
    assert rendered("Bearer {{ secrets.api_key }}", context) == "Bearer {{ $.order.id }}"


def test_a51_a_failure_names_no_value() -> None:
    with pytest.raises(RenderFailed) as failure:
        rendered("{{ secrets.api_key }} {{ $.nothing }}")
    assert "s3cr3t" not in failure.value.message


def test_a51_a_context_does_not_print_its_secrets() -> None:
    assert "s3cr3t" not in repr(a_context())


def test_a_template_tells_which_secrets_and_steps_it_needs() -> None:
    template = compile_template(
        ["{{ secrets.a }}{{ secrets.b }}", {"x": "{{ steps.notify.response.status }}"}], "body"
    )
    assert template.references == References(frozenset({"a", "b"}), frozenset({"notify"}))


def test_copies_of_a_great_value_cannot_add_up_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(templates, "MAX_RENDERED", 1_000)
    context = a_context(Content({"s": "x" * 300, "l": [["y" * 300]]}, found=True))
    assert rendered(["{{ $.s }}", "{{ $.l }}", "{{ $.s }}"], context)
    with pytest.raises(RenderFailed) as failure:
        rendered(["{{ $.s }}", "{{ $.l }}", "{{ $.s }}", "{{ $.l[0] }}"], context)
    assert failure.value.reason == "too_large"


def test_too_many_placeholders_are_refused() -> None:
    with pytest.raises(InvalidInput, match="200 placeholders"):
        compile_template("{{ $ }}" * 201, "body")


def test_a_path_over_too_much_of_the_event_fails_the_rendering() -> None:
    context = a_context(Content([[1]] * 60_000, found=True))
    with pytest.raises(RenderFailed) as failure:
        rendered("{{ $..a }}", context)
    assert failure.value.reason == "path_too_costly"


def test_all_problems_of_a_value_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        compile_template({"a": "{{ x }}", "b": float("nan"), "c": "\0"}, "body")
    assert sorted(problem.field for problem in refusal.value.problems) == [
        "body.a",
        "body.b",
        "body.c",
    ]
