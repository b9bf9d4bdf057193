"""Reading JSON from outside: rows A5 to A14 of the attack catalogue, and any bytes at all."""

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.rules.bodies import MAX_KEYS, UnreadableBody, read_json
from domain.rules.json_values import MAX_DEPTH, JsonValue, same, write_json
from tests.rules.strategies import documents


def fault_of(body: bytes) -> str:
    with pytest.raises(UnreadableBody) as refusal:
        read_json(body)
    assert refusal.value.code == refusal.value.fault
    return refusal.value.code


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a5_a_hundred_thousand_openings_are_too_deep(opening: bytes) -> None:
    assert fault_of(opening * 100_000) == "json_too_deep"


def test_a5_the_deepest_allowed_document_is_read_and_one_level_more_is_not() -> None:
    read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert fault_of(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)) == "json_too_deep"


def test_a5_brackets_inside_texts_are_not_depth() -> None:
    assert read_json(b'"' + b"[" * 1000 + b'"') == "[" * 1000


def test_a5_many_shallow_lists_are_not_deep() -> None:
    assert read_json(b"[" + b"[],".join([b""] * 500) + b"[]]") == [[]] * 500


@pytest.mark.parametrize(
    "body", [b'"\xff"', b'{"\xc3\x28":1}', b'"\xed\xa0\x80"', b"\xff\xfe{\x00}\x00"]
)
def test_a6_invalid_utf8_is_named_so(body: bytes) -> None:
    assert fault_of(body) == "invalid_utf8"


def test_a7_nul_in_a_value_and_in_a_key_is_plain_data() -> None:
    assert read_json(rb'{"a\u0000":"b\u0000"}') == {"a\0": "b\0"}


@pytest.mark.parametrize(
    "body",
    [rb'"\ud800"', rb'"\udc00\ud800"', rb'{"\uDBFF":1}', rb'["x", {"k": ["\ud83d\ud83d\ude00"]}]'],
)
def test_a8_half_of_a_surrogate_pair_is_refused(body: bytes) -> None:
    assert fault_of(body) == "lone_surrogate"


@pytest.mark.parametrize(("body", "text"), [(rb'"\ud83d\ude00"', "😀"), (rb'"\\ud800"', "\\ud800")])
def test_a8_a_whole_pair_and_an_escaped_backslash_are_read(body: bytes, text: str) -> None:
    assert read_json(body) == text


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b"1e99999999999999999999",
        b"1e-401",
    ],
)
def test_a9_numbers_that_are_not_finite_or_explode_are_refused(body: bytes) -> None:
    assert fault_of(body) == "number_out_of_range"


def test_a9_minus_zero_and_tiny_numbers_are_kept() -> None:
    assert read_json(b"-0") == 0
    assert read_json(b"1e-400") == Decimal("1e-400")


def test_a10_whole_numbers_are_exact_up_to_four_hundred_digits() -> None:
    assert read_json(b"9007199254740993") == 9007199254740993
    assert read_json(b"[9223372036854775808,18446744073709551616]") == [2**63, 2**64]
    assert read_json(b"-" + b"9" * 400) == -(10**400 - 1)


@pytest.mark.parametrize("digits", [401, 4_300, 5_000, 1_000_000])
def test_a10_longer_numbers_are_refused_wherever_they_stand(digits: int) -> None:
    number = b"1" * digits
    assert fault_of(number) == "number_out_of_range"
    assert fault_of(b'{"a":[-' + number + b"]}") == "number_out_of_range"
    assert fault_of(b"0." + number) == "number_out_of_range"


def test_a10_long_digits_inside_a_text_are_no_number() -> None:
    assert read_json(b'["' + b"1" * 5000 + b'",12]') == ["1" * 5000, 12]


def test_a11_an_exponent_beyond_the_bounds_is_refused() -> None:
    assert fault_of(b"1e131072") == "number_out_of_range"


def test_fractions_are_exact() -> None:
    assert read_json(b"[0.1, 250.50]") == [Decimal("0.1"), Decimal("250.50")]


@pytest.mark.parametrize(
    "body", [b'{"role":"user","role":"admin"}', rb'[{"a":{"b":1,"\u0062":2}}]', b'{"":1,"":1}']
)
def test_a12_a_key_given_twice_is_refused(body: bytes) -> None:
    assert fault_of(body) == "duplicate_key"


def test_a13_ten_thousand_keys_are_read_and_one_more_is_not() -> None:
    def members(count: int) -> bytes:
        return json.dumps({str(index): 1 for index in range(count)}).encode()

    assert len(read_json(members(MAX_KEYS))) == MAX_KEYS  # type: ignore[arg-type]
    assert fault_of(members(MAX_KEYS + 1)) == "too_many_keys"


def test_a14_a_text_of_ten_megabytes_and_a_million_items_are_read() -> None:
    assert read_json(b'"' + b"a" * 10_000_000 + b'"') == "a" * 10_000_000
    assert read_json(b"[" + b"1," * 999_999 + b"1]") == [1] * 1_000_000


def test_a25_keys_that_mean_something_elsewhere_are_plain_data() -> None:
    body = b'{"__proto__":1,"constructor":2,"__class__":3,"$where":4,"\' OR 1=1":5}'
    assert list(read_json(body)) == [  # type: ignore[arg-type]
        "__proto__",
        "constructor",
        "__class__",
        "$where",
        "' OR 1=1",
    ]


def test_one_byte_order_mark_is_skipped() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}
    assert fault_of(b"\xef\xbb\xbf\xef\xbb\xbf{}") == "invalid_json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"{'a':1}",
        b"01",
        b"1.",
        b'"\n"',
        b"{} {}",
        rb'"\x"',
        b"nul",
        b"+1",
    ],
)
def test_what_is_not_json_is_named_so(body: bytes) -> None:
    assert fault_of(body) == "invalid_json"


@given(st.binary(max_size=200))
@example(b"[" * 5000)
@example(b'{"a":' * 2000)
@example(b"-")
@example(b"1e-9999999999999999999")
@example(b"0e9999")
def test_no_bytes_raise_anything_but_an_unreadable_body(body: bytes) -> None:
    try:
        document = read_json(body)
    except UnreadableBody as error:
        assert error.message  # noqa: PT017  # Either outcome is right; this is about no third one.
    else:
        write_json(document)


@given(st.text(alphabet='[]{}",:\\u0123456789dDeE.-+ntfaslr NaIiy', max_size=60))
def test_no_near_json_raises_anything_but_an_unreadable_body(text: str) -> None:
    try:
        write_json(read_json(text.encode()))
    except UnreadableBody:
        return


@given(documents)
def test_every_json_value_is_read_back_as_it_was_written(document: JsonValue) -> None:
    assert same(read_json(write_json(document)), document)


@pytest.mark.parametrize("number", ["1e-399", "-9.5e-399", "1e399", "1." + "7" * 398 + "1e-399"])
def test_a_number_that_was_read_is_read_again_as_a_database_writes_it(number: str) -> None:
    """`jsonb` writes numbers without exponents: conditions must be readable after that."""
    read = read_json(number.encode())
    assert isinstance(read, Decimal)
    assert read_json(format(read, "f").encode()) == read
