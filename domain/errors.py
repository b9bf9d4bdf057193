"""Everything the domain can refuse, each with the sentence that people are told.

`web/errors.py` maps these to HTTP in one table. A bug is any other exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was sent: `field` as a dotted path (`steps.0.url`), and why."""

    field: str
    message: str


class SignalboxError(Exception):
    """Something went wrong."""

    code = "error"

    @property
    def message(self) -> str:
        """The sentence for people: the exception's own text, or else its class's docstring."""
        return str(self) or (type(self).__doc__ or "").strip()


class InvalidInput(SignalboxError):
    """Some of what was sent is not valid."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in self.problems))

    @classmethod
    def at(cls, field: str, message: str) -> "InvalidInput":
        """The refusal of a single field."""
        return cls([Problem(field, message)])


class Unauthenticated(SignalboxError):
    """Sign in first, or send a valid API key."""

    code = "unauthenticated"


class Forbidden(SignalboxError):
    """Your role does not allow this."""

    code = "forbidden"


class NotFound(SignalboxError):
    """There is nothing here."""

    code = "not_found"


class Conflict(SignalboxError):
    """Someone else changed this in the meantime."""

    code = "conflict"


class WouldBreak(Conflict):
    """Publishing this would break triggers that run the workflow. Confirm that it is meant."""

    code = "would_break"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__()


class KeyReused(SignalboxError):
    """This Idempotency-Key came before, with something else: take a new one."""

    code = "idempotency_key_reused"


class Overloaded(SignalboxError):
    """Too much is going on right now; nothing was accepted. Send it again later."""

    code = "overloaded"

    def __init__(self, retry_after_s: int = 1) -> None:
        self.retry_after_s = retry_after_s
        super().__init__()


class BreakersUnreachable(SignalboxError):
    """The breakers cannot be reached right now, and nothing was changed. Try again in a moment."""

    code = "overloaded"
    retry_after_s = 1


class Throttled(SignalboxError):
    """Too many tries. Wait a moment and try again."""

    code = "rate_limited"

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__()


class BadSettings(SignalboxError):
    """The settings are not usable."""

    code = "bad_settings"

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))
