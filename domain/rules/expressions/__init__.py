"""The expression language: what it is, and why it is evaluated here, stands in `language.py`.

From text to verdict: `grammar` reads, `builder` makes the `tree` of it, `compiler` (with `calls`
and `loops`) makes closures of the tree, and these use `lookups`, `operators`, `functions`,
`numbers`, `texts`, `times` on what `values` describes. `scope` knows which names there are.
"""

from domain.rules.expressions.language import (
    STEPS,
    Expression,
    InvalidExpression,
    Outcome,
    compile_expression,
)

__all__ = ["STEPS", "Expression", "InvalidExpression", "Outcome", "compile_expression"]
