"""The lines that send a delivery to a trigger from any shell: curl, and openssl where it is signed.

They need nothing else than a POSIX shell with curl and openssl, and work as they are pasted. A
secret that is shown no more stands in them as a place to fill in.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from web.presenters.signing_recipes import Part, Recipe, Text, recipe_for

FILL_IN = "the signing secret of this trigger"
_HEX = "od -An -tx1 | tr -d ' \\n'"
_BASE64 = "openssl base64 -A"
_ESCAPED = str.maketrans({character: f"\\{character}" for character in '\\"`$'})


def delivery_lines(
    scheme: str, config: Mapping[str, Any], url: str, body: str, secret: str | None
) -> str:
    """The lines for one delivery of `body` to `url`, signed as the trigger's scheme wants it."""
    given = shlex.quote(FILL_IN if secret is None else secret)
    return shell_lines(recipe_for(scheme, config), url, body, given)


def shell_lines(recipe: Recipe, url: str, body: str, secret: str, options: str = "") -> str:
    """The same for a recipe; `secret` and curl's `options` are words of the shell as they stand."""
    if not recipe.signed:
        return _curl(recipe, url, shlex.quote(body), options)
    lines = [f"secret={secret}", f"body={shlex.quote(body)}", *_values(recipe)]
    return "\n".join([*lines, *_signature(recipe), _curl(recipe, url, '"$body"', options)])


def _values(recipe: Recipe) -> list[str]:
    lines = []
    if recipe.uses(Part.TIMESTAMP):
        lines.append("timestamp=$(date +%s)")
    if recipe.uses(Part.ID):
        lines.append('id="msg_$(date +%s)$$"')
    return lines


def _signature(recipe: Recipe) -> list[str]:
    encode = _BASE64 if recipe.encoding == "base64" else _HEX
    lines, key = [], '-hmac "$secret"'
    if recipe.base64_key:
        lines.append(f"key=$(printf '%s' \"${{secret#whsec_}}\" | openssl base64 -d -A | {_HEX})")
        key = '-mac HMAC -macopt "hexkey:$key"'
    digest = f"openssl dgst -{recipe.algorithm} {key} -binary"
    lines.append(f"signature=$(printf '%s' {_quoted(recipe.signed)} | {digest} | {encode})")
    return lines


def _quoted(text: Text) -> str:
    """The text in double quotes: parts are variables, all else is text and nothing else."""
    pieces = [f"${{{p.value}}}" if isinstance(p, Part) else p.translate(_ESCAPED) for p in text]
    return f'"{"".join(pieces)}"'


def _curl(recipe: Recipe, url: str, body: str, options: str) -> str:
    headers = [f"-H {_quoted((name, ': ', *value))}" for name, value in recipe.all_headers]
    call = " ".join(filter(None, ["curl", options, "-X", recipe.method, shlex.quote(url)]))
    return " \\\n  ".join([call, *headers, f"--data-binary {body}"])
