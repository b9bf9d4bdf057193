"""No expression runs away, whatever the body (A40, A41, A45, A47): its steps are used up first.

Steps stand for time, so no clock is asked here; `STEPS` says what they were measured to take.
"""

from decimal import Decimal

import pytest

from domain.rules.expressions import STEPS, Expression, compile_expression
from domain.rules.json_values import JsonValue

DEEP: JsonValue = 1
for _ in range(60):
    DEEP = [DEEP]
BODY: JsonValue = {
    "ints": [1] * 500_000,
    "words": ["a"] * 250_000,
    "objects": [{"a": 1, "b": "x"}] * 40_000,
    "objects_too": [{"a": 1, "b": "x"} for _ in range(40_000)],
    "empty": [[]] * 350_000,
    "deep": [DEEP] * 8_000,
    "keys": {str(number): number for number in range(10_000)},
    "other_keys": {str(number): number for number in range(1, 10_001)},
    "long": "x" * 1_000_000,
    "longer": "x" * 1_000_000 + "y",
    "text": "x" * 65_000,
    "accents": "é" * 32_000,
    "big": [10**399 + 7] * 2_500,
    "small": [Decimal("1." + "3" * 390)] * 2_500,
    "digits": ["1234567890" * 39] * 2_500,
    "times": ["2026-01-01T00:00:00.123456789+01:00"] * 25_000,
    "spans": ["1h1m1s1ms1us1ns"] * 50_000,
}
USED_UP = f"the expression takes more than {STEPS:,} steps over this event"


def judged(text: str, steps: int = STEPS) -> str | bool | None:
    outcome = compile_expression(text).judge({"body": BODY}, steps)
    return outcome.error or outcome.result


@pytest.mark.parametrize(
    "text",
    [
        "body.ints.all(x, true)",
        "body.ints.all(x, x == 1)",
        "body.ints.exists(x, body.ints.exists(y, y == 2))",
        "body.ints.exists(x, x.a || x < 'a')",
        "body.ints.exists_one(x, x == 2)",
        "body.ints.filter(x, x == 2).size() > 0",
        "body.ints.map(x, x == 2, x).size() > 0",
        "body.ints.exists(x, body.objects.map(y, y) == [])",
        "body.ints.exists(x, 2 in body.ints)",
        "2 in body.ints",
        "body.words.exists(x, 'b' in body.words)",
        "body.text in body.words",
        "body.empty.all(x, x == [])",
        "body.empty.all(x, x.map(y, y) + x == [])",
        "body.objects == body.objects_too",
        "body.deep.all(x, x == body.deep[0])",
        "body.ints.exists(x, body.keys == body.other_keys)",
        "body.ints.exists(x, body.keys.exists(k, k == 'a'))",
        "body.ints.exists(x, body.long == body.longer)",
        "body.ints.exists(x, body.long < body.longer && false)",
        "body.ints.exists(x, body.long.contains('xy'))",
        "body.ints.exists(x, body.text.startsWith(body.long))",
        "body.ints.exists(x, body.text.lowerAscii() == '')",
        "body.ints.exists(x, body.accents + 'a' == '')",
        "body.ints.map(x, body.text + 'a').size() > 0",
        "body.big.all(x, body.big.all(y, x + y > 0 && x * 1 / y < 2 && x % y < y))",
        "body.big.all(x, body.small.all(y, x < y || x + y > 0 || double(x) * y > 0 || true))",
        "body.small.all(x, body.small.all(y, x * y > 0 || x / y > 0 || string(x) == '' || true))",
        "body.digits.all(x, body.digits.all(y, int(x) > 0 && double(y) > 0))",
        "body.times.all(x, timestamp(x).getHours('+01:00') == 0)",
        "body.spans.all(x, duration(x) > duration('1s'))",
        "body.ints.all(x, string(timestamp(x)) != '')",
    ],
)
def test_a41_an_expression_stops_when_its_steps_are_used_up(text: str) -> None:
    assert judged(text) == USED_UP


@pytest.mark.parametrize(
    "text",
    [
        "body.text.matches('(x+x+)+y')",
        "body.text.matches('(a|aa)+$')",
        "body.text.matches('(.*a){20}')",
        "body.text.matches('(.*)(.*)(.*)[^x]$')",
        "body.words.exists(x, body.text.matches('x{900}y'))",
        "body.accents.matches('é{300}a')",
    ],
)
def test_a45_and_a47_patterns_are_paid_for(text: str) -> None:
    assert judged(text) in {False, USED_UP}
    assert judged(text, steps=5_000) == "the expression takes more than 5,000 steps over this event"


def test_a47_a_text_that_is_too_long_for_a_pattern_is_an_error_and_not_cut() -> None:
    told = "the text is longer than the 65,536 bytes that this pattern searches"
    assert judged("body.long.matches('y')") == f"body.long.matches('y'): {told}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("body.text + body.text == ''", "the text would be longer than 65,536 characters"),
        ("body.long.upperAscii() == ''", "the text is longer than 65,536 characters"),
        ("body.ints.map(x, x) == []", "the list would have over 10,000 items"),
        ("body.small + body.big + body.big + body.small + body.big == []",
         "the list would have more than 10,000 items"),
    ],
)  # fmt: skip
def test_a40_nothing_large_is_built(text: str, error: str) -> None:
    assert str(judged(text)).endswith(error)


def test_a_used_up_budget_is_no_error_that_another_side_can_outweigh() -> None:
    assert judged("body.ints.all(x, true) || true") == USED_UP
    assert judged("body.ints.exists(x, x == 2) && false") == USED_UP
    assert judged("true || body.ints.all(x, true)") is True


def test_the_longest_expression_pays_for_what_it_looks_at() -> None:
    """Without a loop, too."""
    equal = " && ".join(["body.keys == body.keys"] * 60)
    assert judged(equal) == USED_UP
    assert judged("1" + " + 1" * 500 + " == 501", steps=1_000) is not True
    assert judged("1" + " + 1" * 500 + " == 501") is True


def test_the_same_evaluation_takes_the_same_steps_to_the_last_one() -> None:
    expression = compile_expression("body.keys.exists(k, body.keys[k] == 700 || k.contains('x'))")
    needed = least_steps(expression)
    assert expression.judge({"body": BODY}, needed).result is True
    assert expression.judge({"body": BODY}, needed - 1).result is None


def least_steps(expression: Expression) -> int:
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        if expression.judge({"body": BODY}, middle).result is None:
            low = middle
        else:
            high = middle
    return high
