"""The grammar of expressions, and from a text to its tree: `parse("body.total > 100")`.

It is CEL's (https://github.com/google/cel-spec, langdef.md), read by lark as LALR(1), so the time
is in proportion to the length and nothing recurses on what is nested. Left out, and refused with
a sentence: bytes, unsigned numbers, message literals, names with a leading dot, chained
comparisons. What the tree may hold is an allow-list by construction (rows A39-A42 of the attack
catalogue): there is no node for an attribute, an import, an assignment or a function of its own.
"""

import re
from typing import Any, Final

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken

from domain.errors import SignalboxError
from domain.rules.expressions.builder import Builder
from domain.rules.expressions.texts import Fault
from domain.rules.expressions.tree import Node

MAX_LENGTH = 2_048

_GRAMMAR: Final = r"""
?start: expression
?expression: either
    | either "?" either ":" expression -> choice
?either: both ("||" both)*
?both: relation ("&&" relation)*
?relation: sum
    | sum (ORDER | IN) sum -> comparison
?sum: product ((PLUS | MINUS) product)*
?product: unary (TIMES unary)*
?unary: member
    | NOT+ member -> negation
    | MINUS+ member -> opposite
?member: primary
    | primary access+ -> chain
?access: "." (NAME | QUOTED) -> field
    | "." NAME OPEN arguments CLOSE -> method
    | "[" expression CLOSE_ITEM -> item
arguments: [expression ("," expression)*]
?primary: NAME -> name
    | NAME OPEN arguments CLOSE -> call
    | OPEN expression CLOSE -> group
    | OPEN_ITEM [expression ("," expression)* ","?] CLOSE_ITEM -> list_of
    | OPEN_MAP [entry ("," entry)* ","?] CLOSE_MAP -> map_of
    | WHOLE -> whole
    | HEXADECIMAL -> hexadecimal
    | FRACTION -> fraction
    | TEXT -> text
    | RAW_TEXT -> raw_text
    | (BYTES | UNSIGNED) -> unknown
    | (TRUE | FALSE | NULL) -> constant
entry: expression ":" expression

OPEN: "("
CLOSE: ")"
OPEN_ITEM: "["
CLOSE_ITEM: "]"
OPEN_MAP: "{"
CLOSE_MAP: "}"
IN: "in"
TRUE: "true"
FALSE: "false"
NULL: "null"
ORDER: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*" | "/" | "%"
NOT: "!"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
QUOTED: /`[A-Za-z0-9_.\-\/ ]+`/
WHOLE.1: /[0-9]+/
HEXADECIMAL.3: /0x[0-9A-Fa-f]+/
FRACTION.3: /[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+/
UNSIGNED.4: /(0x[0-9A-Fa-f]+|[0-9]+)[uU]/
TEXT.5: /"{3}(?:[^\\]|\\[\s\S])*?"{3}|'{3}(?:[^\\]|\\[\s\S])*?'{3}|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'/
RAW_TEXT.5: /[rR](?:"{3}[\s\S]*?"{3}|'{3}[\s\S]*?'{3}|"[^"\r\n]*"|'[^'\r\n]*')/
BYTES.5: /([bB][rR]?|[rR][bB])("[^"]*"?|'[^']*'?)/
%ignore /[ \t\r\n\f]+/
%ignore /\/\/[^\r\n]*/
"""  # noqa: E501  # A terminal is one line.

_WORDS = {
    "=": "`=` is not known here; write `==`",
    "&": "`&` is not known here; write `&&`",
    "|": "`|` is not known here; write `||`",
    "and": "`and` is not known here; write `&&`",
    "or": "`or` is not known here; write `||`",
    "is": "`is` is not known here; write `==`",
    "not": "`not` is not known here; write `!`",
    '"': "the text is not closed, or holds what `\\` cannot stand before",
    "'": "the text is not closed, or holds what `\\` cannot stand before",
    "^": "`^` is not known here; there are no powers and no bits",
    "~": "`~` is not known here; there are no bits",
}
_NEGATION = re.compile(r"\bnot\s+\Z")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_DOUBLED = {"*": "`**`", "/": "`//`", "<": "`<<`", ">": "`>>`"}


class InvalidExpression(SignalboxError):
    """An expression that cannot be used here."""

    code = "invalid_expression"

    def __init__(self, message: str, text: str, position: int) -> None:
        self.line = text.count("\n", 0, position) + 1
        self.column = position - text.rfind("\n", 0, position)
        line = f"line {self.line}, " if "\n" in text else ""
        super().__init__(f"{message} ({line}column {self.column})")


_PARSER = Lark(
    _GRAMMAR, parser="lalr", lexer="basic", transformer=Builder(), maybe_placeholders=False
)


def parse(text: str) -> Node:
    """The tree of `text`. Raises InvalidExpression with a sentence, the line and the column."""
    if len(text) > MAX_LENGTH:
        raise InvalidExpression(
            f"the expression is longer than {MAX_LENGTH:,} characters", text[: MAX_LENGTH + 1],
            MAX_LENGTH,
        )  # fmt: skip
    if unstorable := _UNSTORABLE.search(text):
        told = "NUL characters and halves of surrogate pairs are not allowed"
        raise InvalidExpression(told, text, unstorable.start())
    try:
        tree: Node = _PARSER.parse(text)  # type: ignore[assignment]  # Builder makes it a Node.
    except Fault as fault:
        raise InvalidExpression(str(fault), text, fault.position) from None
    except UnexpectedInput as error:
        raise InvalidExpression(_told(error, text), text, _position(error, text)) from None
    return tree


def _position(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    position: Any = error.pos_in_stream  # lark says that it is None, and sets it
    return int(position)


def _told(error: UnexpectedInput, text: str) -> str:
    position = _position(error, text)
    if not isinstance(error, UnexpectedToken):
        return _told_of_character(text[position])
    token: Token = error.token
    if token.type == "$END":
        return "the expression ends too early" if text.strip() else "the expression is empty"
    if position and text[position - 1] == token[0] and token[0] in _DOUBLED:
        return f"{_DOUBLED[token[0]]} is not known here"
    if token.type in {"ORDER", "IN"} and "QMARK" in error.expected:  # a comparison was complete
        return "comparisons cannot be chained; join them with `&&`"
    if _NEGATION.search(text, 0, position):
        return _WORDS["not"]
    return _WORDS.get(token, f"`{_short(token)}` cannot stand here")


def _told_of_character(character: str) -> str:
    if not character.isascii():
        return 'put a name with such a letter in quotes, like body["größe"]'
    return _WORDS.get(character, f"`{character}` is not known here")


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"  # noqa: PLR2004  # As good as any.
