from typing import Any

import pytest

from domain.senders import SENDERS
from web.presenters.samples import sample_for


@pytest.mark.parametrize(
    "conditions",
    [
        None,
        {"all": [{"path": "$.action", "op": "eq", "value": "closed"}]},
        {"all": [{"path": "$.a.b[2].c", "op": "eq", "value": None},
                 {"path": "$['odd key'][0]", "op": "exists"}]},
        {"all": [{"path": "$.n", "op": "gt", "value": 5}, {"path": "$.m", "op": "lt", "value": 5},
                 {"path": "$.t", "op": "gt", "value": "a"}]},
        {"all": [{"path": "$.n", "op": "gte", "value": 100.5},
                 {"path": "$.m", "op": "lte", "value": 1}]},
        {"all": [{"path": "$.c", "op": "in", "value": ["DE", "AT"]},
                 {"path": "$.d", "op": "ne", "value": "x", "missing": "match"}]},
        {"all": [{"path": "$.labels[*].name", "op": "eq", "value": "bug"},
                 {"path": "$.tags", "op": "contains", "value": 7},
                 {"path": "$.s", "op": "contains", "value": "part"}]},
        {"all": [{"path": "$.s", "op": "starts_with", "value": "a"},
                 {"path": "$.e", "op": "ends_with", "value": "z"}]},
        {"any": [{"all": [{"path": "$.x", "op": "eq", "value": 1}]},
                 {"path": "$.never", "op": "exists"}]},
        {"none": [{"path": "$.gone", "op": "exists"}]},
        {"all": [{"path": "$.gone", "op": "not_exists"}]},
        {"all": [{"path": "$.b", "op": "between", "value": [1, 5]},
                 {"path": "$.n", "op": "is_null"}, {"path": "$.e", "op": "is_empty"},
                 {"path": "$.t", "op": "is_type", "value": "array"},
                 {"path": "$.c", "op": "not_contains", "value": "x", "missing": "match"}]},
        {"all": [{"path": "$.a", "op": "length_eq", "value": 3},
                 {"path": "$.b", "op": "length_gt", "value": 3},
                 {"path": "$.c", "op": "length_lt", "value": 3}]},
        {"all": [{"path": "$.a", "op": "before", "value": "2026-01-01T00:00:00Z"},
                 {"path": "$.b", "op": "after", "value": "2026-01-01T00:00:00Z"},
                 {"path": "$.c", "op": "within_last", "value": "15m"},
                 {"path": "$.d", "op": "older_than", "value": "7d"}]},
        {"all": [{"path": "$.kind", "source": "meta", "op": "eq", "value": "webhook"},
                 {"path": "$.a[*]", "op": "eq", "value": 0, "quantifier": "count"}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", SENDERS)
def test_a_sample_is_bent_until_it_matches(scheme: str, conditions: Any) -> None:
    sample = sample_for(scheme, conditions)

    assert sample.matches
    assert "\n" not in sample.body


@pytest.mark.parametrize(
    "conditions",
    [
        {"all": [{"path": "$..anything", "op": "eq", "value": 1}]},
        {"all": [{"path": "$.a", "op": "eq", "value": 1}, {"path": "$.a", "op": "eq", "value": 2}]},
    ],
)
def test_a_sample_that_cannot_be_bent_says_so(conditions: Any) -> None:
    assert not sample_for("none", conditions).matches
