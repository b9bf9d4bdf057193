"""A clause that is an expression: `{"op": "expr", "value": "body.total > 100"}`, without a path."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.rules.checking import Problems
from domain.rules.expressions import STEPS, Expression, InvalidExpression, compile_expression
from domain.rules.json_values import JsonValue
from domain.rules.path_walk import MAX_VISITS
from domain.rules.shown import shown
from domain.rules.subjects import NOTHING, Subject
from domain.rules.traces import ClauseTrace

_KEYS = ("op", "value")


@dataclass(frozen=True, slots=True)
class ExpressionClause:
    """A checked expression. What is missing in an event is an error, unless it asks `has(…)`."""

    index: int
    group: str
    expression: Expression

    heavy = True
    """Its cost hangs on the event: it shares what all such clauses may spend."""

    def judge(
        self, subject: Subject, visits: int
    ) -> tuple[bool | None, tuple["ExpressionClause", ...]]:
        """Whether it holds (None: an error); and itself as the reason."""
        outcome = self.expression.judge(self._variables(subject), _steps(visits))
        return outcome.result, (self,)

    def explain(self, subject: Subject, visits: int) -> ClauseTrace:
        """The same, with the values that it reads by name."""
        outcome = self.expression.judge(self._variables(subject), _steps(visits))
        values = outcome.values
        actual, mark = shown(values)
        return ClauseTrace(
            path="", op="expr", expected=shown(self.expression.text)[0],
            actual=actual if values else None, found=bool(values), passed=outcome.result,
            group=self.group, index=self.index, error=outcome.error, mark=mark,
        )  # fmt: skip

    def _variables(self, subject: Subject) -> Mapping[str, JsonValue]:
        found = {name: getattr(subject, name) for name in self.expression.names}
        if found.get("body") is NOTHING:
            del found["body"]
        return found


def _steps(visits: int) -> int:
    return STEPS * visits // MAX_VISITS


def parse_expression_clause(
    raw: Mapping[str, object], field: str, group: str, index: int, problems: Problems
) -> ExpressionClause | None:
    """The clause that `raw` spells, or None with what is wrong added to `problems`."""
    known = problems.count
    for key in raw:
        if key not in _KEYS:
            problems.add(f"{field}.{key}", "means nothing for an expression")
    text = raw.get("value")
    if not isinstance(text, str):
        problems.add(f"{field}.value", "must be an expression, such as body.order.total > 100")
        return None
    try:
        expression = compile_expression(text)
    except InvalidExpression as error:
        problems.add(f"{field}.value", error.message)
        return None
    return ExpressionClause(index, group, expression) if problems.count == known else None
