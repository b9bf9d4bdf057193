"""Laws of expressions over all documents, with errors as the third truth value."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given
from hypothesis import strategies as st

from domain.rules.expressions import InvalidExpression, compile_expression
from domain.rules.json_values import JsonValue
from tests.rules.strategies import documents, numbers, scalars
from tests.rules.test_expressions_agree_with_cel import booleans, values

Truth = bool | None

anything = st.one_of(scalars, documents)
truths = st.sampled_from(["true", "false", "body.x", "body.nope", "body.x > 1", "1 / body.x == 1"])
formulas = st.recursive(
    truths,
    lambda inner: st.one_of(
        st.builds(lambda a: f"!({a})", inner),
        st.builds(lambda a, b: f"({a} && {b})", inner, inner),
        st.builds(lambda a, b: f"({a} || {b})", inner, inner),
    ),
    max_leaves=6,
)


def result(text: str, **body: JsonValue) -> Truth:
    return compile_expression(text).judge({"body": body}).result


def decimal(fraction: Fraction) -> Decimal:
    """To 60 places, whatever the thread's context is."""
    return Decimal(f"{round(fraction * 10**60)}E-60")


def kleene_and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


@given(formulas, formulas, anything)
def test_and_is_kleenes_whatever_the_order(left: str, right: str, x: JsonValue) -> None:
    wanted = kleene_and(result(left, x=x), result(right, x=x))
    assert result(f"({left}) && ({right})", x=x) is wanted
    assert result(f"({right}) && ({left})", x=x) is wanted


@given(formulas, formulas, anything)
def test_de_morgan(left: str, right: str, x: JsonValue) -> None:
    assert result(f"!(({left}) && ({right}))", x=x) is result(f"!({left}) || !({right})", x=x)


@given(formulas, st.lists(scalars, max_size=4))
def test_all_and_exists_are_and_and_or_over_the_items(text: str, items: list[JsonValue]) -> None:
    each = [result(text, x=item) for item in items]
    looped = text.replace("body.x", "i")
    some = True if True in each else None if None in each else False
    every = False if False in each else None if None in each else True
    assert result(f"body.l.exists(i, {looped})", l=items) is some
    assert result(f"body.l.all(i, {looped})", l=items) is every
    assert result(f"!body.l.exists(i, !({looped}))", l=items) is every
    assert result(f"body.l.exists_one(i, {looped})", l=items) is (
        None if None in each else each.count(True) == 1
    )


@given(numbers, numbers, numbers)
def test_numbers_add_and_multiply_exactly(
    a: int | Decimal, b: int | Decimal, c: int | Decimal
) -> None:
    total = Fraction(a) * Fraction(b) + Fraction(c) - Fraction(a)
    assume((total * 10**60).denominator == 1)
    text = "body.a * body.b + body.c - body.a == body.d"
    assert result(text, a=a, b=b, c=c, d=decimal(total)) is True


@given(st.integers(), st.integers())
def test_whole_numbers_divide_towards_zero(a: int, b: int) -> None:
    assume(b)
    quotient = int(Fraction(a, b))
    assert result("body.a / body.b == body.q", a=a, b=b, q=quotient) is True
    assert result("body.a % body.b == body.r", a=a, b=b, r=a - quotient * b) is True


@given(numbers, numbers)
@example(1, Decimal(3))
@example(Decimal("1E-10"), 10**30)
def test_other_quotients_are_exact_or_right_to_34_digits(
    a: int | Decimal, b: int | Decimal
) -> None:
    assume(b)
    exact = Fraction(a) / Fraction(b)
    text = "double(body.a) / body.b >= body.low && double(body.a) / body.b <= body.high"
    error = abs(exact) / 10**33 + Fraction(1, 10**60)
    low, high = decimal(exact - error), decimal(exact + error)
    assert result(text, a=a, b=b, low=low, high=high) is True


@given(numbers)
def test_equal_numbers_read_alike_and_are_read_back(number: int | Decimal) -> None:
    digits = f"{Decimal(number):f}"
    twin = Decimal(f"{digits}00" if "." in digits else f"{digits}.00")
    assert result("string(body.a) == string(body.b)", a=number, b=twin) is True
    assert result("double(string(body.a)) == body.a", a=number) is True


WRITTEN = ("1", "-2", "1.0", "2.5", "9007199254740993", '"a"', '"1"', "true", "null")
LISTS = ("[]", "[1, 'a', true, null, 2.5]", "[[1], {}]")


@given(st.one_of(anything, st.floats(), st.sampled_from([1, 2.5, True, "a", "1", None, [1]])))
def test_a_comparison_with_a_written_value_is_the_general_one(x: JsonValue) -> None:
    pairs = [(sign, text) for sign in ("==", "!=") for text in (*WRITTEN, *LISTS)]
    pairs += [(sign, text) for sign in ("<", "<=", ">", ">=") for text in WRITTEN[:-1]]
    pairs += [("in", text) for text in LISTS]
    for sign, written in pairs:
        taken = f"[{written}][0]"  # of which it is not known that it is written
        assert result(f"body.x {sign} {written}", x=x) is result(f"body.x {sign} {taken}", x=x)


IMPOSSIBLE = (
    Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+99999999"), 10**5_000,
    float("nan"), float("-inf"), "\ud800",
)  # fmt: skip


@given(st.one_of(booleans, values), st.one_of(anything, st.sampled_from(IMPOSSIBLE)))
def test_no_document_makes_an_expression_raise_and_the_outcome_is_always_the_same(
    text: str, document: JsonValue
) -> None:
    assume(len(text) < 500)
    body: JsonValue = {
        "l": [document], "m": document, "o": {"a": document}, "q": document, "i": document,
        "s": document, "f": document, "b": True, "when": document, "long": document,
    }  # fmt: skip
    try:
        expression = compile_expression(f"({text}) == body.q")
    except InvalidExpression:
        return
    for variables in ({"body": document}, {"body": body}, {}):
        first, again = expression.judge(variables), expression.judge(variables)
        assert (first.result, first.error) == (again.result, again.error)
        assert (first.result is None) is (first.error is not None)
        assert set(first.values) <= set(expression.reads)
