"""What expressions mean: true, false, or an error with a sentence that names the field."""

from decimal import Decimal
from typing import Any

import pytest

from domain.rules.expressions import Outcome, compile_expression
from domain.rules.json_values import JsonValue

BODY: dict[str, Any] = {
    "order": {"id": "A-1", "total": Decimal("250.5"), "count": 3, "lines": [
        {"sku": "x", "price": 10, "gift": True}, {"sku": "y", "price": Decimal("2.5")},
    ]},
    "big": 9007199254740993, "huge": 10**399, "tiny": Decimal("1E-400"), "third": Decimal(1),
    "seven": 7, "zero": 0, "text": "Hello", "empty": "", "yes": True, "no": False, "nothing": None,
    "one": Decimal("1.0"), "ones": [1, Decimal("1.00"), "1", True, None], "map": {"a": 1, "x y": 2},
    "größe": 42, "__class__": "data", "$where": 1, "list": [1, 2, 3],
    "when": "2026-11-27T09:30:00Z", "float": 0.1, "nan": float("nan"), "inf": float("inf"),
}  # fmt: skip
VARIABLES: dict[str, JsonValue] = {
    "body": BODY,
    "headers": {"x-github-event": "push"},
    "query": {"kind": "a", "n": "12"},
    "meta": {"received_at": "2026-11-27T09:30:00.123456Z", "size": 900, "sender_id": None},
    "trigger": {"id": "t", "kind": "webhook", "version": 3},
}
NO_TIME = "a time is written like 2026-11-27T09:30:00Z"
RANGE = "the time is out of range"
ZONE = "a zone is UTC or an offset such as +02:00"
LENGTH = "a duration is written like 90s, 1h30m or 250ms (a day is 24h)"


def judged(text: str, **variables: Any) -> Outcome:
    return compile_expression(text).judge(variables or VARIABLES)


@pytest.mark.parametrize(
    "text",
    [
        # what is read
        'body.order.total > 100 && body.order.id in ["A-1", "A-2"]',
        'headers["x-github-event"] == "push" && query.kind == "a" && trigger.version == 3',
        'body["größe"] == 42 && body.__class__ == "data" && body["$where"] == 1',
        'body.order.lines[1].sku == "y" && body["order"]["lines"][0]["price"] == 10',
        "body.map.`x y` == 2 && body.map[query.kind] == 1 && body.list[body.seven - 5] == 3",
        "body.list[1.0] == 2 && [1, 2][1] == 2 && {'a': 1}.a == 1 && {'a': 1}['a'] == 1",
        "meta.sender_id == null && body.nothing == null && body != null",
        # numbers are exact, and of one kind
        "body.big == 9007199254740993 && body.big != 9007199254740992",
        "body.big > 9007199254740992.0 && body.big < 9007199254740993.5",
        "1 == 1.0 && body.one == 1 && 1 in [1.0] && 3 + 1.5 == 4.5 && 2 * 0.5 == 1",
        "0.1 + 0.2 == 0.3 && body.float + 0.2 == 0.3 && 1e3 == 1000 && .5 == 1 / 2.0 && 0x1F == 31",
        "body.huge > body.big && body.tiny > 0 && body.huge + 1 > body.huge && -body.tiny < 0",
        "9223372036854775807 + 1 == 9223372036854775808",
        # arithmetic
        "7 / 2 == 3 && -7 / 2 == -3 && 7 / -2 == -3 && -7 % 2 == -1 && 7 % -2 == 1 && 6 / 3 == 2",
        "7.0 / 2 == 3.5 && double(7) / 2 == 3.5 && int(7.9) == 7 && int(-7.9) == -7",
        "1 / 3.0 == 0.3333333333333333333333333333333333 && 2 / 3.0 > 0.66666666",
        "1 + 2 * 3 - 4 / 2 % 3 == 5 && (1 + 2) * 3 == 9 && 10 - 3 - 2 == 5 && - - 1 == 1",
        # texts, by code points
        '"a" + "b" == "ab" && "Ab" < "a" && "é" > "z" && "\uffff" < "😀" && "" < "a"',
        r'"\x41\u0041\101\U0001F600" == "AAA😀" && r"\n".size() == 2 && "\\" == r"\"',
        "'''it's''' == \"it's\" && '''\r\n''' == '\\n' && r'''\r\n\\''' == '\\n\\\\'",
        '"İß".lowerAscii() == "İß" && "ABÉ".lowerAscii() == "abÉ" && "abé".upperAscii() == "ABé"',
        'size("é👍") == 2 && "é👍".size() == 2 && body.list.size() == 3 && size(body.map) == 2',
        'body.text.contains("ell") && body.text.startsWith("He") && body.text.endsWith("lo")',
        'body.text.contains("") && body.empty.startsWith("") && !body.text.contains("hello")',
        'body.text.matches("l+") && matches(body.text, "^H.*o$") && !body.text.matches("^l")',
        # conversions
        'int(query.n) == 12 && int("-5") == -5 && double("1.5e1") == 15 && double("-.5") == -0.5',
        'string(1.50) == "1.5" && string(body.one) == "1" && string(1e9) == "1000000000"',
        'string(-5) == "-5" && string(true) == "true" && string("a") == "a" && string(-0.0) == "0"',
        # equality across kinds is false, and looks into lists and objects
        'body.one != "1" && body.yes != 1 && body.zero != false && body.nothing != false',
        "body.list == [1, 2.0, 3] && body.list != [1, 2] && body.map == {'x y': 2, 'a': 1.0}",
        '!(2 in body.ones) && true in body.ones && null in body.ones && "1" in body.ones',
        '"a" in body.map && !("b" in body.map) && !(1 in body.map) && !(body.list in [[1], [2]])',
        '[] == [] && {} == {} && body.order.lines[0] == {"sku": "x", "price": 10, "gift": true}',
        # logic
        "true && !false || false && true",
        "(body.missing || true) && !(body.missing && false)",
        "(true || body.missing) && (body.seven || true)",
        "false ? body.missing : true",
        "body.yes ? (body.no ? false : true) : body.no ? true : false",
        "!!body.yes && !body.no && false < true",
        # has
        "has(body.order.id) && !has(body.order.nope) && !has(query.q) && has(meta.sender_id)",
        "has(body.nothing) && !(has(body.q) && body.q.r == 1)",
        # loops
        "body.list.all(x, x > 0) && body.list.exists(x, x == 2) && body.list.exists_one(x, x > 2)",
        "body.list.filter(x, x > 1) == [2, 3] && body.list.map(x, x * 2) == [2, 4, 6]",
        "body.list.map(x, x > 1, -x) == [-2, -3] && [].all(x, x == 1) && ![].exists(x, x == 1)",
        'body.map.all(k, body.map[k] > 0) && body.map.map(k, k) == ["a", "x y"]',
        "body.order.lines.exists(l, has(l.gift) && l.gift) && body.order.lines.all(l, l.price > 2)",
        "body.order.lines.exists(l, l.gift) && !body.order.lines.all(l, !l.gift)",
        "body.list.all(x, body.list.exists(y, y == x))",
        "body.list.map(x, [x].map(y, y + x)) == [[2], [4], [6]]",
        "body.list.exists(x, x == 1) && body.list.exists(x, x == 3)",
        "body.list.filter(x, body.list.filter(y, y > x).size() == 1) == [2]",
        # times
        'timestamp(meta.received_at) > timestamp("2026-11-27T10:30:00.123+01:00")',
        'timestamp(body.when) + duration("36h") == timestamp("2026-11-28T21:30:00Z")',
        'timestamp(body.when) - timestamp("2026-11-27T09:00:00Z") == duration("1800s")',
        'timestamp(0) == timestamp("1970-01-01T00:00:00Z") && timestamp(1.5) > timestamp(1)',
        "int(timestamp(body.when)) == 1795771800 && timestamp(timestamp(5)) == timestamp(5)",
        'duration("1h30m") == duration("90m") && duration("-1.5s") < duration("0")',
        'duration("1ms1us1ns") > duration("1001us")',
        'duration("1h") - duration("90m") < duration("0s")',
        'timestamp("2026-11-27T23:59:60z") == timestamp("2026-11-28t00:00:00Z")',
        "timestamp(body.when).getFullYear() == 2026 && timestamp(body.when).getMonth() == 10",
        "timestamp(body.when).getDate() == 27 && timestamp(body.when).getDayOfMonth() == 26",
        "timestamp(body.when).getDayOfWeek() == 5 && timestamp(body.when).getDayOfYear() == 330",
        'timestamp(body.when).getHours("+02:00") == 11 && timestamp(3600).getHours("UTC") == 1',
        'timestamp(body.when).getDate("-10:00") == 26 && timestamp(body.when).getMinutes() == 30',
        'duration("3661.5s").getSeconds() == 3661 && duration("3661.5s").getMilliseconds() == 500',
        'string(timestamp("2026-11-27T09:30:00.120Z")) == "2026-11-27T09:30:00.12Z"',
        'string(duration("-1m30.5s")) == "-90.5s" && string(duration("2h")) == "7200s"',
        # comments and lines
        "body.yes // the rest is said || false\n && true",
    ],
)  # fmt: skip
def test_it_holds(text: str) -> None:
    outcome = judged(text)
    assert (outcome.result, outcome.error) == (True, None)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("body.order.totl > 1", "no such field: body.order.totl"),
        ("body.order.total.cents == 1", "body.order.total is a number, which has no fields"),
        ("body.order.lines[7].sku == 'x'", "no such item: body.order.lines[7]"),
        ("body.order[0] == 1", "no such field: body.order[0]"),
        ("body.text[0] == 'H'", "body.text is a text, which has no items"),
        ("body.text.length == 5", "body.text is a text, which has no fields"),
        ("has(body.missing.b)", "no such field: body.missing"),
        ("body.seven", "the expression comes to a number, not to true or false"),
        ("body.yes ? body.list : null", "the expression comes to a list, not to true or false"),
        ("body.missing || false", "no such field: body.missing"),
        ("body.order.lines.all(l, l.gift)", "no such field: l.gift"),
        ("body.order.lines.exists_one(l, l.gift)", "no such field: l.gift"),
        ("body.list.all(x, x)", "body.list: a loop asks for true or false, not for a number"),
        ("body.text.all(x, true)", "body.text: a loop needs a list or an object, not a text"),
        ("body.list.map(x, 1 / (x - 1)) == []", "1 / (x - 1): division by zero"),
    ],
)
def test_what_has_no_answer_is_an_error_that_names_the_field(text: str, error: str) -> None:
    outcome = judged(text)
    assert (outcome.result, outcome.error) == (None, error)


@pytest.mark.parametrize(
    ("part", "rest", "reason"),
    [
        ("body.list[-1]", " == 3", "no such item"),
        ("body.list[body.text]", " == 1", "an item has a whole number, not a text"),
        ("body.list[0.5]", " == 1", "an item has a whole number, not a fraction"),
        ("body.map[body.text]", " == 1", "no such field"),
        ("body.text[body.zero]", " == 'H'", "a text has no fields and no items"),
        ("has(body.text.size)", "", "a text has no fields"),
        ('body.seven > "10"', "", "a number and a text cannot be put in order"),
        ("body.text > 10", "", "a text and a number cannot be put in order"),
        ("body.nothing < 1", "", "null and a number cannot be put in order"),
        ("body.yes < 1", "", "a boolean and a number cannot be put in order"),
        ("body.list < body.list", "", "a list has no order"),
        ("body.nan > 1", "", "a number has no order"),
        ("1 in body.seven", "", "`in` needs a list or an object, not a number"),
        ("body.nothing in body.map", "", "null cannot be the key of an object"),
        ("body.yes + 1", " == 2", "a boolean and a number cannot be added"),
        ("body.text * 2", " == ''", "a text and a number cannot be multiplied"),
        ("body.map + body.map", " == {}", "an object and an object cannot be added"),
        ("-body.text", " == 1", "a text has no opposite; `-` needs a number"),
        ("1 / body.zero", " == 1", "division by zero"),
        ("1.5 / body.zero", " == 1", "division by zero"),
        ("1 % body.zero", " == 1", "division by zero"),
        ("7.5 % 2", " == 1.5", "% needs whole numbers (int(…) makes one of a fraction)"),
        ("body.huge * body.huge", " > 1", "the result has more than 400 digits"),
        ("body.huge * 10", " > 1", "the result has more than 400 digits"),
        ("body.tiny * 0.1", " > 0", "the result has more than 400 digits"),
        ("body.huge + 0.1", " > 1", "the result has more than 400 digits"),
        ("!body.seven", "", "! needs true or false, not a number"),
        ("body.seven", " && true", "&& needs true or false, not a number"),
        ("body.text", " ? true : false", "? needs true or false, not a text"),
        ("size(body.seven)", " == 1", "size() needs a list or an object or a text, not a number"),
        ("body.seven.contains('7')", "", "contains() needs a text, not a number"),
        ("int(body.text)", " == 1", "this text cannot be read as a whole number"),
        ('int("1.5" + "")', " == 1", "this text cannot be read as a whole number"),
        ('double("NaN" + "")', " > 1", "this text cannot be read as a number"),
        ('double("1e999" + "")', " > 1", "this number is out of range"),
        ("double(body.inf)", " > 1", "this number is out of range"),
        ("timestamp(body.text)", " > timestamp(0)", f"{NO_TIME}, or given in seconds since 1970"),
        ("timestamp(body.big)", " > timestamp(0)", f"{RANGE}; it is given in seconds since 1970"),
        ("timestamp(0).getHours('Europe/Berlin')", " > 1", ZONE),
        ("duration(body.text)", " > duration('1s')", LENGTH),
        ("duration('1h').getFullYear()", " == 1", "a duration has no getFullYear()"),
        ("timestamp(253402300799) + duration('1s')", " > timestamp(0)", RANGE),
        ("{body.text: 1, 'Hello': 2}", ".Hello == 1", "an object has each key once"),
        ("{body.seven: 1}", " == {}", "a key is a text, not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_an_error_that_shows_the_part(
    part: str, rest: str, reason: str
) -> None:
    outcome = judged(part + rest)
    assert (outcome.result, outcome.error) == (None, f"{part}: {reason}")


def test_what_is_not_there_is_an_error_unless_asked_for() -> None:
    nothing: dict[str, JsonValue] = {"headers": {}}
    assert judged("body.a == 1", **nothing).error == "no such field: body"
    assert judged("has(body.a)", **nothing).result is False
    assert judged("has(body.a) && body.a == 1", **nothing).result is False
    assert judged("body == null", **nothing).result is None


def test_the_values_that_were_read_are_told_and_what_is_missing_is_left_out() -> None:
    text = "has(body.nope) || body.order.lines.exists(l, l.price > body.seven) || body.no"
    assert judged(text).values == {
        "body.order.lines": BODY["order"]["lines"],
        "body.seven": 7,
        "body.no": False,
    }
    many = " || ".join(f"body.list[{index % 3}] == {index}" for index in range(3))
    fields = " || ".join(f"body.f{index} == 1" for index in range(30))
    assert judged(many).values == {f"body.list[{index}]": index + 1 for index in range(3)}
    assert len(judged(fields, body={f"f{index}": 2 for index in range(30)}).values) == 20


def test_one_expression_serves_events_of_any_shape() -> None:
    expression = compile_expression('body.kind == "a" && body.items.all(i, i.n >= 1)')
    bodies: list[JsonValue] = [
        {"kind": "a", "items": [{"n": 1}, {"n": 2}]},
        {"kind": "a", "items": [{"n": 0}]},
        {"kind": "b"},
        {"kind": "a"},
        ["a"],
        None,
    ]
    results = [expression.judge({"body": body}).result for body in bodies]
    assert results == [True, False, False, None, None, None]
