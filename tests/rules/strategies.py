"""JSON values as Hypothesis makes them, for the property tests of the rules."""

from decimal import Decimal

from hypothesis import strategies as st

from domain.rules.json_values import JsonValue

KEYS = ("a", "b", "c", "x y", "__class__", "constructor", "$where", "")

texts = st.text(st.characters(codec="utf-8"), max_size=12)
fractions = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False
)
numbers = st.one_of(st.integers(-(10**30), 10**30), st.integers(-3, 3), fractions)
scalars: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(), st.booleans(), numbers, texts, st.sampled_from(["", "a", "1", "true", "2026-01-01"])
)
documents: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    ),
    max_leaves=20,
)
