"""What became of one step of an execution."""

from dataclasses import dataclass
from datetime import datetime

from domain.rules.json_values import JsonValue


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step within one attempt. `state` is succeeded, failed or unknown; `reason` is one of a
    small set of words, `message` a sentence. `request` and `response` are what people may see:
    secrets redacted, bodies cut. `again`: an earlier attempt made the same call, and nobody knows
    what became of it."""

    position: int
    key: str
    kind: str
    state: str
    reason: str | None
    message: str | None
    request: JsonValue
    response: JsonValue
    started_at: datetime
    finished_at: datetime
    again: bool = False
