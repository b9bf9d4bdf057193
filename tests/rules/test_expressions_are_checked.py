"""Expressions that are refused when they are saved, each with the column of the fault (A39 to A43,
A45, A47), and what may be written instead."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.rules.expressions import InvalidExpression, compile_expression


def refused(text: str) -> InvalidExpression:
    with pytest.raises(InvalidExpression) as refusal:
        compile_expression(text)
    assert f"column {refusal.value.column})" in refusal.value.message
    return refusal.value


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("().__class__.__mro__[1].__subclasses__()", 2, "cannot stand here"),
        ("payload.__class__ == 1", 1, "`payload` is not known here; known are body, headers"),
        ('getattr(body, "x")', 1, "no function `getattr`"),
        ('"{0.__class__}".format(body) == ""', 17, "no method `format`"),
        ('f"{body.a}" == ""', 2, "cannot stand here"),
        ("f'{body.a!r:>9}' == ''", 2, "cannot stand here"),
        ('__import__("os") == 1', 1, "no function `__import__`"),
        ('__builtins__["eval"] == 1', 1, "`__builtins__` is not known"),
        ('body.constructor.constructor("return 1") == 1', 18, "no method `constructor`"),
        ("lambda: true", 7, "cannot stand here"),
        ("lambda x: x == 1", 8, "cannot stand here"),
        ("(x := 1) == 1", 4, "cannot stand here"),
        ("[x for x in body.l] == []", 4, "cannot stand here"),
        ("body.l.all(x, true) && x == 1", 24, "`x` is not known"),
        ("body.l.all(body, body == 1)", 12, "give the loop's variable another"),
        ("body.l.all(x, x.all(x, true))", 21, "give the loop's variable another"),
        ("body.l.all(while, true)", 12, "give the loop's variable another"),
        ("{}.__class__.__base__.__subclasses__()", 23, "no method `__subclasses__`"),
        ('"".__class__ == 1', 1, "a step needs an object, not a text"),
        ("(1).__traceback__ == 1", 1, "a step needs an object, not a number"),
        ("body.a; body.b", 7, "`;` is not known"),
        ("@body", 1, "`@` is not known"),
    ],
)
def test_a39_there_is_no_way_out(text: str, column: int, words: str) -> None:
    refusal = refused(text)
    assert refusal.column == column
    assert words in refusal.message


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("''.join(['a'*99999]*9999) == ''", 4, "no method `join`"),
        ("'a' * 99999 == ''", 7, "a text and a number cannot be multiplied"),
        ("[1] * 99999 == []", 7, "a list and a number cannot be multiplied"),
        ("'%999999999d' % 1 == ''", 17, "cannot be divided with a remainder"),
        ("f'{9:999999999}' == ''", 2, "cannot stand here"),
        *((f"'a'.{name}(9) == ''", 5, "no method") for name in ("ljust", "zfill", "replace")),
        ("9**9**9 > 1", 3, "`**` is not known"),
        ("1<<10 > 1", 3, "`<<` is not known"),
        ("10^1000 > 1", 3, "`^` is not known"),
        ("~1 == 1", 1, "`~` is not known"),
        ("1e999 > 1", 1, "400 digits"),
        ("1e99999999999999999999 > 1", 1, "400 digits"),
        ("9" * 401 + " > 1", 1, "400 digits"),
        ("0x" + "f" * 400 + " > 1", 1, "400 digits"),
    ],
)
def test_a40_and_a41_nothing_that_explodes_can_be_written(
    text: str, column: int, words: str
) -> None:
    refusal = refused(text)
    assert refusal.column == column
    assert words in refusal.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-" * 3_000 + "1 == 1", "longer than 2,048"),
        ("(" * 10_000, "longer than 2,048"),
        ("body.a" * 200_000, "longer than 2,048"),
        ("-" * 2_000 + "1 == 1", "nested deeper than 32"),
        ("!" * 2_000 + "true", "nested deeper than 32"),
        ("(" * 1_000 + "true" + ")" * 1_000, "nested deeper than 32"),
        ("(" * 2_000, "ends too early"),
        ("[" * 40 + "]" * 40 + " == 1", "nested deeper than 32"),
        ("{'a': " * 40 + "1" + "}" * 40 + ".a == 1", "nested deeper than 32"),
        ("body" + "[body" * 200 + "]" * 200 + " == 1", "nested deeper than 32"),
        ("size(" * 200 + "1" + ")" * 200 + " == 1", "nested deeper than 32"),
        ("body.a ? 1 : " * 100 + "2", "nested deeper than 32"),
        ("body" + ".map(x, x)" * 100 + " == 1", "nested deeper than 32"),
        ("body.all(x, x.all(y, y.all(z, true)))", "at most 2 deep"),
        ("||".join(["body.all(x, x)"] * 9), "at most 8 loops"),
    ],
    ids=lambda value: value[:20],
)
def test_a42_what_is_too_long_or_too_deep_is_refused(text: str, words: str) -> None:
    assert words in refused(text).message


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ('1 == "1"', 6, "never equals"),
        ("1 != null", 6, "never equals"),
        ("headers == 1", 12, "never equals"),
        ('size(body.s) == "1"', 17, "never equals"),
        ("null < 1", 8, "null and a number cannot be put in order"),
        ('1 > "10"', 5, "a number and a text cannot be put in order"),
        ("true < 1", 8, "a boolean and a number cannot be put in order"),
        ("[1] < [2]", 7, "a list has no order"),
        ("body.a < {}", 1, "an object has no order"),
        ('"a" + 1 == "a"', 7, "a text and a number cannot be added"),
        ("true + 1 == 2", 8, "a boolean and a number cannot be added"),
        ('-"a" == 1', 1, "- needs a number, not a text"),
        ("!1", 1, "! needs a boolean, not a number"),
        ("1 || true", 1, "|| needs a boolean, not a number"),
        ("body.a && 'x'", 11, "&& needs a boolean, not a text"),
        ("'x' ? true : false", 1, "? needs a boolean, not a text"),
        ("1 in 5", 6, "in needs a list or an object, not a number"),
        ("null in headers", 1, "not null"),
        ("headers[null] == 1", 9, "not null"),
        ("body.l.filter(x, 1) == []", 18, "filter() needs a boolean, not a number"),
        ("'abc'.all(x, true)", 1, "all() needs a list or an object, not a text"),
        ("'1'.contains(1)", 14, "contains() needs a text, not a number"),
        ("1 + 1", 1, "a condition needs a boolean, not a number"),
        ("'true'", 1, "a condition needs a boolean, not a text"),
        ("body.l.map(x, x)", 1, "a condition needs a boolean, not a list"),
    ],
)
def test_a43_kinds_that_are_known_and_do_not_fit_are_refused(
    text: str, column: int, words: str
) -> None:
    refusal = refused(text)
    assert refusal.column == column
    assert words in refusal.message


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ('body.s.matches("(a")', 16, "missing )"),
        (r'body.s.matches("(a)\\1")', 16, "back-references"),
        (r'body.s.matches(r"(?<=a)b")', 16, "look-behind"),
        ('body.s.matches("((a{1000}){1000})")', 16, "repetition"),
        (f'body.s.matches("{"a" * 1_025}")', 16, "longer than 1,024"),
        ("body.s.matches(body.pattern)", 16, "written out"),
        ('body.s.matches("a" + "b")', 16, "written out"),
        ("body.s.matches('.{500}') && " * 3 + "true", 72, "too large together"),
        ("matches(body.s)", 1, "a text and a pattern"),
        ("body.s.matches()", 8, "takes a pattern"),
    ],
)
def test_a45_and_a47_patterns_are_checked_when_they_are_saved(
    text: str, column: int, words: str
) -> None:
    refusal = refused(text)
    assert refusal.column == column
    assert words in refusal.message


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "is empty"),
        ("true && // x", 13, "ends too early"),
        ("body.a ==", 10, "ends too early"),
        ("body.a = 1", 8, "write `==`"),
        ("body.a === 1", 10, "`=` is not known"),
        ("body.a & body.b", 8, "write `&&`"),
        ("body.a | body.b", 8, "write `||`"),
        ("body.a and body.b", 8, "write `&&`"),
        ("body.a or body.b", 8, "write `||`"),
        ("not body.a", 5, "write `!`"),
        ("body.a is null", 8, "write `==`"),
        ("body.a == True", 11, "write true"),
        ("body.a == None", 11, "write null"),
        ("1 < body.a < 3", 12, "cannot be chained"),
        ("body.a == body.b == true", 18, "cannot be chained"),
        ("body.größe == 1", 8, 'body["größe"]'),
        ('body.a == "x', 11, "not closed"),
        ("body.a == 'x\ny'", 11, "not closed"),
        (r'body.a == "\q"', 12, r"write `\\`"),
        (r'body.a == "\ud800"', 12, "is no character"),
        (r'body.a == "\U00110000"', 12, "is no character"),
        ('body.a == b"x"', 11, "bytes are not known"),
        ("body.a == 1u", 11, "unsigned numbers"),
        ("body.a == 5.", 13, "ends too early"),
        ("body.a.5 == 1", 7, "cannot stand here"),
        ("body.?a == 1", 6, "cannot stand here"),
        (".body.a == 1", 1, "cannot stand here"),
        ("body.in == 1", 6, "cannot stand here"),
        ("body.a[] == 1", 8, "cannot stand here"),
        ("[,] == []", 2, "cannot stand here"),
        ("{1: 2} == {}", 2, "a key needs a text"),
        ("{'a': 1, 'a': 2} == {}", 10, "each key once"),
        ("has(body)", 1, "has() takes a field"),
        ("has(body['a'])", 1, "has() takes a field"),
        ("has(body.a, body.b)", 1, "has() takes a field"),
        ("size(body.a, body.b) == 1", 1, "takes 1 argument"),
        ("body.s.contains() ", 8, "takes 1 argument"),
        ("body.t.getHours(1, 2) == 1", 8, "takes at most 1 argument"),
        ("body.l.all(x)", 8, "takes a variable and a condition"),
        ("body.l.all(x.y, true)", 12, "is a name"),
        ("all(body.l, x, true)", 1, "no function `all`"),
        ("timestamp('2026-01-01') == body.t", 1, "written like 2026-11-27T09:30:00Z"),
        ("timestamp('2026-02-30T00:00:00Z') == body.t", 1, "no such day"),
        ("timestamp(1700000000000) == body.t", 1, "in seconds"),
        ("duration('1d') == body.d", 1, "a day is 24h"),
        ("body.a == 1 \ud800", 13, "surrogate"),
        ("body.a\0 == 1", 7, "NUL"),
    ],
)
def test_what_is_not_an_expression_is_refused_with_a_hint(
    text: str, column: int, words: str
) -> None:
    refusal = refused(text)
    assert refusal.column == column
    assert words in refusal.message


def test_over_several_lines_the_line_is_told_too() -> None:
    refusal = refused('body.a == 1 &&\r\n  body.b == """x\r\n\\q"""')
    assert (refusal.line, refusal.column) == (3, 1)
    assert refusal.message.endswith("(line 3, column 1)")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("body.order.total > body.limit", ["body.order.total", "body.limit"]),
        ('headers["x-kind"] == query.kind', ['headers["x-kind"]', "query.kind"]),
        ("has(body.a.b) && body.a.b == 1", ["body.a.b"]),
        ("(body.a).b[0].c == 1", ["body.a.b[0].c"]),
        ("body.lines.exists(l, l.sku == body.sku)", ["body.lines", "body.sku"]),
        ("body.a[meta.kind].b == 1", ["body.a", "meta.kind"]),
        ("body.`a-b` == 1", ['body["a-b"]']),
        ("trigger.version > 2 || true", ["trigger.version"]),
        ("body == null", ["body"]),
        ("true", []),
    ],
)
def test_an_expression_knows_what_it_reads(text: str, reads: list[str]) -> None:
    expression = compile_expression(text)
    assert list(expression.reads) == reads
    assert expression.names == {read.split(".")[0].split("[")[0] for read in reads}


def test_the_examples_of_the_documentation_are_expressions() -> None:
    page = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()
    [examples] = re.findall(r"```cel\n(.*?)```", page, re.DOTALL)
    for example_ in examples.strip().split("\n\n"):
        assert compile_expression(example_).names


PIECES = (
    "body", ".a", "[0]", "[", "]", "(", ")", "{", "}", "'a'", '"', "'", "1", "0x1", "2.5", " ",
    "&&", "||", "!", "-", "+", "*", "/", "%", "==", "<", " in ", "?", ":", ",", ".", "has(",
    "size(", ".size()", ".all(x,", ".map(x,", "x", "null", "true", "\\", "r'", "`", "timestamp(",
    ".matches(", "//", "\n", "\r", '"""', "é", "\0", "b'", "1u", "e", "=",
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=16).map("".join)))
@example("body.a.matches('" + "\\pL" * 300 + "')")
@example('"""' + "\\" * 2_000)
@example("'" * 2_047)
@example("//" * 1_000)
def test_no_text_raises_anything_but_an_invalid_expression(text: str) -> None:
    try:
        expression = compile_expression(text)
    except InvalidExpression as error:
        assert 1 <= error.column <= len(text) + 1  # noqa: PT017  # Refusing is right.
        assert error.line >= 1  # noqa: PT017
    else:
        expression.judge({"body": {"a": [{"a": 1}, "x"]}})
