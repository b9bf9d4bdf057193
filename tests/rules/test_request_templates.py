"""URLs and headers with placeholders: a value never changes what the text around it means (A50)."""

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.json_values import JsonValue
from domain.rules.placeholders import Content, EventFacts, RenderContext, RenderFailed, TriggerFacts
from domain.rules.request_templates import compile_header_template, compile_url_template


def context_with(value: JsonValue) -> RenderContext:
    return RenderContext(
        event=EventFacts("e", datetime(2026, 3, 1, tzinfo=UTC), Content({"v": value}, found=True)),
        trigger=TriggerFacts("t", "n", "webhook"),
    )


def url(text: str, value: JsonValue) -> str:
    return compile_url_template(text, "url").render(context_with(value))


def header(text: str, value: JsonValue) -> str:
    return compile_header_template(text, "header").render(context_with(value))


@pytest.mark.parametrize(
    ("text", "value", "result"),
    [
        ("https://example.com/o/{{ $.v }}", 7, "https://example.com/o/7"),
        (
            "https://example.com/o/{{ $.v }}/x",
            "a/b?c#d%",
            "https://example.com/o/a%2Fb%3Fc%23d%25/x",
        ),
        (
            "https://example.com/?q={{ $.v }}&r=1",
            "a&b=c d",
            "https://example.com/?q=a%26b%3Dc%20d&r=1",
        ),
        ("https://example.com?q={{ $.v }}", "é", "https://example.com?q=%C3%A9"),
        (
            "https://example.com/{{ $.v }}",
            "//evil.example",
            "https://example.com/%2F%2Fevil.example",
        ),
        ("https://example.com/{{ $.v }}", "\r\nX: y", "https://example.com/%0D%0AX%3A%20y"),
        ("https://example.com/a/.{{ $.v }}", "b", "https://example.com/a/.b"),
        ("https://example.com/?q={{ $.v }}", "", "https://example.com/?q="),
        ("https://example.com/?q=../{{ $.v }}", "..", "https://example.com/?q=../.."),
        ("https://example.com/{{ $.v }}", True, "https://example.com/true"),
    ],
)
def test_a50_values_are_encoded_to_the_last_reserved_character(
    text: str, value: JsonValue, result: str
) -> None:
    assert url(text, value) == result


@pytest.mark.parametrize(
    "text",
    [
        "{{ $.v }}",
        "{{ $.v }}://example.com/",
        "https://{{ $.v }}/",
        "https://{{ $.v }}.example.com/",
        "https://example.{{ $.v }}/",
        "https://example.com{{ $.v }}",
        "https://example.com:{{ $.v }}/",
        "https://{{ $.v }}@example.com/",
        "https://example.com\\{{ $.v }}/",
        "https://example.com#{{ $.v }}",
        "//example.com/{{ $.v }}",
        "/{{ $.v }}",
    ],
)
def test_a50_scheme_host_and_port_hold_no_placeholder(text: str) -> None:
    with pytest.raises(InvalidInput, match="path and query only"):
        compile_url_template(text, "url")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("https://example.com/o/{{ $.v }}", ".."),
        ("https://example.com/o/{{ $.v }}/lines", "."),
        ("https://example.com/o/{{ $.v }}", ""),
        ("https://example.com/o/{{ $.v }}/lines", ""),
        ("https://example.com/o/.{{ $.v }}", "."),
        ("https://example.com/o/%2e{{ $.v }}", "."),
        ("https://example.com/{{ $.v }}{{ $.v }}", "."),
    ],
)
def test_a50_a_segment_that_would_name_another_resource_is_refused(text: str, value: str) -> None:
    """`DELETE /orders/{{ $.v }}` with an empty value would be `DELETE /orders/`."""
    with pytest.raises(RenderFailed) as failure:
        url(text, value)
    assert failure.value.reason == "unsafe_url"


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_a_url_takes_only_scalars(value: JsonValue) -> None:
    with pytest.raises(RenderFailed) as failure:
        url("https://example.com/{{ $.v }}", value)
    assert failure.value.reason == "not_a_scalar"


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a50_no_value_changes_which_host_path_and_query_are_meant(value: str) -> None:
    try:
        result = url("https://example.com/a/{{ $.v }}/b?c={{ $.v }}&d=1", value)
    except RenderFailed:
        assert value in {".", ".."}
        return
    parts = urlsplit(result)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "example.com", "")
    first, a, segment, b = parts.path.split("/")
    assert (first, a, unquote(segment), b) == ("", "a", value, "b")
    assert parts.query.count("&") == 1


def test_a_url_without_placeholders_is_left_as_it_is() -> None:
    template = compile_url_template("https://example.com/a//b/../c?x#y", "url")
    assert template.render(context_with(1)) == "https://example.com/a//b/../c?x#y"


def test_a_header_takes_any_value_as_text() -> None:
    assert header("Bearer {{ $.v }}", "abc") == "Bearer abc"
    assert header("{{ $.v }}", [1, "ü"]) == '[1,"ü"]'
    assert header("{{ $.v }}", "a\tb") == "a\tb"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "\0", "\x7f"])
def test_a79_no_value_brings_a_line_break_into_a_header(value: str) -> None:
    with pytest.raises(RenderFailed) as failure:
        header("x {{ $.v }}", value)
    assert failure.value.reason == "bad_header_value"
    assert value not in failure.value.message


def test_a79_a_saved_header_cannot_hold_one_either() -> None:
    with pytest.raises(InvalidInput, match="line break"):
        compile_header_template("a\r\nX: {{ $.v }}", "headers.a")
