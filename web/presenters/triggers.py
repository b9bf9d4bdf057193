"""A trigger's page: how to reach it, and what it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.rules.retries import RetryPolicy, parse_retry
from domain.store.triggers import TriggerRow
from web.presenters.conditions import ConditionLine, condition_lines
from web.presenters.deliveries import delivery_lines
from web.presenters.samples import sample_for, stored_json

_SCHEMES = {
    "none": "Not signed",
    "hmac": "HMAC",
    "standard": "Standard Webhooks",
    "github": "GitHub",
}


@dataclass(frozen=True, slots=True)
class TriggerShown:
    """A trigger with its settings read. `lines` send a delivery that (if `lines_match`) it fires
    on; they and `hook_url` are None for who may not know the address."""

    row: TriggerRow
    scheme: str
    scheme_words: str
    settings: Mapping[str, Any]
    conditions: ConditionLine | None
    retry: RetryPolicy
    hook_url: str | None
    lines: str | None
    lines_match: bool


def scheme_words(scheme: str | None) -> str:
    """What people call the scheme."""
    return _SCHEMES.get(scheme or "", scheme or "")


def trigger_shown(row: TriggerRow, hook_url: str | None, secret: str | None = None) -> TriggerShown:
    """The trigger; with `secret` the lines are complete."""
    config, conditions = stored_json(row.config), stored_json(row.conditions)
    scheme = config["scheme"]
    sample = sample_for(scheme, conditions)
    lines = None
    if hook_url is not None:
        lines = delivery_lines(scheme, config, hook_url, sample.body, secret)
    return TriggerShown(
        row=row,
        scheme=scheme,
        scheme_words=scheme_words(scheme),
        settings={name: value for name, value in config.items() if name != "scheme" and value},
        conditions=condition_lines(conditions),
        retry=parse_retry(stored_json(row.retry)),
        hook_url=hook_url,
        lines=lines,
        lines_match=sample.matches,
    )
