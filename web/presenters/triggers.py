"""A trigger's page: how to reach it, and what it asks for."""

from dataclasses import dataclass

from domain.rules.policies import given_retry
from domain.store.triggers import TriggerRow
from web.presenters.code_samples import CodeSample, code_samples
from web.presenters.conditions import ConditionLine, condition_lines
from web.presenters.deliveries import delivery_lines
from web.presenters.door_words import Setting, door_settings, repeat_words, signing_settings
from web.presenters.policies import retry_words
from web.presenters.samples import sample_for, stored_json
from web.presenters.source_words import expected_words

_SCHEMES = {
    "none": "Not signed",
    "hmac": "HMAC",
    "standard": "Standard Webhooks",
    "github": "GitHub",
    "stripe": "Stripe",
    "slack": "Slack",
    "shopify": "Shopify",
}


@dataclass(frozen=True, slots=True)
class TriggerShown:
    """A trigger with its settings read; `scheme` and what follows from it are a webhook's.

    `lines` and `samples` send a delivery that (if `lines_match`) it fires on; `repeated` says what
    becomes of it a second time. They and `hook_url` are None for who may not know the address.
    """

    row: TriggerRow
    scheme: str | None
    scheme_words: str
    signing: tuple[Setting, ...]
    door: tuple[Setting, ...]
    conditions: ConditionLine | None
    retry: str
    hook_url: str | None
    lines: str | None
    samples: tuple[CodeSample, ...]
    lines_match: bool
    repeated: str
    expected: str


def scheme_words(scheme: str | None) -> str:
    """What people call the scheme."""
    return _SCHEMES.get(scheme or "", scheme or "")


def trigger_shown(row: TriggerRow, hook_url: str | None, secret: str | None = None) -> TriggerShown:
    """The trigger; with `secret` the lines are complete."""
    config, conditions = stored_json(row.config), stored_json(row.conditions)
    scheme = config["scheme"] if row.kind == "webhook" else None
    lines: str | None = None
    samples: tuple[CodeSample, ...] = ()
    lines_match = True
    if scheme is not None and hook_url is not None:
        sample = sample_for(scheme, conditions)
        lines_match = sample.matches
        lines = delivery_lines(scheme, config, hook_url, sample.body, secret)
        samples = code_samples(scheme, config, hook_url, sample.body)
    return TriggerShown(
        row=row,
        scheme=scheme,
        scheme_words=scheme_words(scheme),
        signing=signing_settings(config) if scheme else (),
        door=door_settings(config) if scheme else (),
        conditions=condition_lines(conditions),
        retry=_retry_words(row.retry),
        hook_url=hook_url,
        lines=lines,
        samples=samples,
        lines_match=lines_match,
        repeated=repeat_words(config) if scheme else "",
        expected=expected_words(stored_json(row.expected_by)),
    )


def _retry_words(retry: str) -> str:
    policy = given_retry(stored_json(retry))
    return "as the workflow says" if policy is None else retry_words(policy)
