"""Expressions come to what CEL's own evaluator (cel-cpp) says, for what both of them know.

The documents keep to numbers that both hold exactly, and whole numbers and fractions are not
mixed in arithmetic, which CEL refuses. What else differs stands in docs/expressions.md, and in the
table below.
"""

from decimal import Decimal
from typing import Any, TypeAlias

import pytest
from cel_expr_python import cel
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.rules.expressions import InvalidExpression, compile_expression
from domain.rules.json_values import JsonValue

Answer: TypeAlias = "bool | str | None"
ENVIRONMENT = cel.NewEnv(variables={"body": cel.Type.DYN})

# ── documents ────────────────────────────────────────────────────────────────────────────────────

wholes = st.integers(-9, 9)
fractions = st.integers(-40, 40).map(lambda quarters: Decimal(quarters) / 4)
texts = st.sampled_from(["", "a", "b", "ab", "Aé", "😀", "\uffff", "1", "-2", "1.5", "true"])
instants = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00.5+01:00", "1999-02-30T00:00:00Z", "0001-01-01"]
)
lengths = st.sampled_from(["90s", "1h30m", "-1.5h", "1d", "", "0"])
scalars = st.one_of(wholes, texts, st.booleans(), st.none())
objects = st.dictionaries(st.sampled_from(["a", "b", "in", "x y"]), scalars, max_size=3)
documents = st.fixed_dictionaries(
    {
        "i": wholes, "j": wholes, "s": texts, "t": texts, "b": st.booleans(), "n": st.none(),
        "f": fractions, "r": st.lists(fractions, max_size=3), "l": st.lists(wholes, max_size=4),
        "m": st.lists(scalars, max_size=4), "o": objects, "p": st.lists(objects, max_size=3),
        "when": instants, "long": lengths,
    },
    optional={"q": scalars},
)  # fmt: skip

# ── expressions ──────────────────────────────────────────────────────────────────────────────────

FIELDS = ("s", "t", "b", "n", "l", "m", "o", "p", "q")
WRONG = tuple(f"body.{field}" for field in FIELDS)
TEXTS = ('"a"', "'b'", '""', '"\\u0041é"', "r'\\d'", '"""a"b"""')


def binary(operators: list[str], side: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda a, sign, b: f"({a} {sign} {b})", side, st.sampled_from(operators), side)


def looping(
    over: st.SearchStrategy[str], names: list[str], inner: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.builds(
        lambda items, name, test: f"{items}.{name}(x, {test})", over, st.sampled_from(names), inner
    )


whole_numbers: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["body.i", "body.j", "0", "1", "-3", "0x1f"]),
        st.sampled_from(["body.i", "body.l[0]", "body.l.size()", "size(body.o)", *WRONG]),
        st.sampled_from(["body.l[0]", "body.l[body.i]", "body.m[1]", "size(body.s)"]),
        st.sampled_from(["body.l.size()", "size(body.o)", "int(body.f)", "int(body.s)"]),
        st.sampled_from(["timestamp(body.when).getHours()", "duration(body.long).getMinutes()"]),
        st.sampled_from(["timestamp(body.when).getDayOfYear('-02:00')", "-body.i", "--body.j"]),
        binary(["+", "-", "*", "/", "%"], whole_numbers),
    )
)
strings: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["body.s", "body.t", *TEXTS]),
        st.sampled_from(["string(body.i)", "string(body.b)", "body.o.a", "body.o['x y']", *WRONG]),
        st.builds(lambda a, b: f"({a} + {b})", strings, strings),
    )
)
lists: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["body.l", "body.m", "body.p", "body.o", "[1, 2]", "['a', 1]", "body.s"]),
        st.builds(lambda a, b: f"[{a}, {b}]", whole_numbers, strings),
        looping(st.sampled_from(["body.l", "body.m", "body.p"]), ["filter"], tests_of_x),
        looping(st.sampled_from(["body.l", "body.o"]), ["map"], st.sampled_from(["x", "[x]"])),
    )
)
values: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        whole_numbers,
        strings,
        lists,
        booleans,
        st.sampled_from(["null", "body.f", "1.25", "1e1", "body", "{'a': 1}", "body.o.`x y`"]),
    )
)
tests_of_x: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(
            ["x == 1", "x > 0", "1 / x > 0", "x.a == 1", "has(x.a)", "x", "x in body.o"]
        ),
        st.sampled_from(["body.o[x] == 1", "x == body.i", "body.l.exists(y, y == x)", "x != 'a'"]),
        st.builds(lambda a, b: f"{a} && {b}", tests_of_x, booleans),
    )
)
booleans: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["true", "false", "body.b", "has(body.q)", "has(body.o.a)"]),
        st.sampled_from(["body.b", "!body.b", "has(body.o.`x y`)", "has(body.s.a)", *WRONG]),
        st.sampled_from(["(body.f in body.r)", "(body.i in body.r)", "(body.l == body.r)"]),
        st.sampled_from(["body.r.exists(x, x == body.i)", "body.r.all(x, x > body.f)"]),
        binary(["==", "!="], values),
        binary(["<", "<=", ">", ">="], whole_numbers),
        binary(["<", ">="], strings),
        binary(["<", ">"], st.sampled_from(["body.f", "body.i", "1.5", "body.q", "body.b"])),
        binary(["<", "=="], st.sampled_from([
            "timestamp(body.when)", "timestamp('2026-01-01T00:00:00Z')",
            "timestamp(body.when) + duration(body.long)", "timestamp(body.i) - duration('36h')",
        ])),
        binary(["<", "=="], st.sampled_from([
            "duration(body.long)", "duration('90m')", "duration('1h') - duration(body.long)",
            "timestamp(body.when) - timestamp(0)",
        ])),
        st.builds(lambda a, b: f"({a} in {b})", values, lists),
        looping(lists, ["all", "exists", "exists_one"], tests_of_x),
        st.builds(
            lambda s, name, t: f"{s}.{name}({t})", strings,
            st.sampled_from(["contains", "startsWith", "endsWith"]), strings,
        ),
        st.builds(lambda s: f"{s}.matches('^[a-z]+$')", strings),
        st.builds(lambda a: f"!({a})", booleans),
        binary(["&&", "||"], booleans),
        st.builds(lambda c, a, b: f"({c} ? {a} : {b})", booleans, booleans, booleans),
    )
)  # fmt: skip


# ── what both say ────────────────────────────────────────────────────────────────────────────────


def of_cel(text: str, body: JsonValue) -> Answer:
    """True, False, None for an error, or the word `overflow`: 64 bits were not enough."""
    value = ENVIRONMENT.compile(text, disable_check=True).eval(
        ENVIRONMENT.Activation({"body": as_floats(body)})
    )
    if value.type() == cel.Type.ERROR:
        return "overflow" if "overflow" in str(value.value()) else None
    answer = value.value()
    return answer if isinstance(answer, bool) else None


def as_floats(value: JsonValue) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: as_floats(item) for key, item in value.items()}
    return value


def refused_by_cel(text: str) -> bool:
    try:
        compiled = ENVIRONMENT.compile(text)
    except RuntimeError:
        return True
    return all(compiled.return_type() != kind for kind in (cel.Type.BOOL, cel.Type.DYN))


OUR_LIMITS = ("nested", "at most 8 loops", "has a meaning here")


@settings(max_examples=500)
@given(booleans, documents)
def test_an_expression_comes_to_what_cel_says(text: str, body: JsonValue) -> None:
    assume(len(text) < 600)
    try:
        expression = compile_expression(text)
    except InvalidExpression as error:
        assume(not any(words in error.message for words in OUR_LIMITS))
        assert refused_by_cel(text), error  # noqa: PT017  # Both may refuse.
        return
    wanted = of_cel(text, body)
    assume(wanted != "overflow")
    outcome = expression.judge({"body": body})
    assert outcome.result is wanted, (text, body, outcome.error)


@pytest.mark.parametrize(
    ("text", "of_theirs", "of_ours"),
    [
        # numbers are exact, and whole numbers and fractions are of one kind
        ("body.one + 1.5 == 2.5", None, True),
        ("body.one * 2.0 == 2", None, True),
        ("0.1 + 0.2 == 0.3", False, True),
        ("9007199254740993 == 9007199254740992.0 + body.zero", None, False),
        ("9223372036854775807 + body.one > 1", "overflow", True),
        ("timestamp(0.5 * 2.0) == timestamp(1)", None, True),
        # what has no exact value is an error
        ("1.5 / 0.0 > 1.0", True, None),
        ("double('NaN' + '') != 1.0", True, None),
        # one way of writing
        ("int(' 1' + '') == 1", True, None),
        ("string(1e20) == '1e+20'", True, False),
        ("string(duration('1.50s')) == '1.500s'", True, False),
        # zones that hang on a machine's tables
        ("timestamp(0).getHours('Europe/Berlin') == 1", True, None),
        ("timestamp(0).getHours('02:00') == 2", True, True),
    ],
)
def test_where_it_differs_from_cel(text: str, of_theirs: Answer, of_ours: Answer) -> None:
    body: JsonValue = {"one": 1, "zero": 0}
    assert of_cel(text, body) == of_theirs
    assert compile_expression(text).judge({"body": body}).result is of_ours


@pytest.mark.parametrize(
    "text",
    [
        "1 == 1 == true",
        "body.text.matches(body.pattern)",
        "{1: 2}[1] == 2",
        "[1].all(body, body == 1)",
        "[1].all(x, [1].all(x, x == 1))",
        "[1].all(x, [1].all(y, [1].all(z, true)))",
        "type(1) == int",
        "b'a' == b'a'",
        "1u == 1u",
        ".body.text == 'a'",
    ],
)
def test_what_cel_knows_and_this_refuses(text: str) -> None:
    assert not refused_by_cel(text)
    with pytest.raises(InvalidExpression):
        compile_expression(text)
