"""Code that signs a delivery and sends it: what someone who builds a sender copies.

Each sample is whole and needs nothing but its language. The secret is read from the environment:
a sample is pasted into files, and a secret does not belong there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.presenters.deliveries import shell_lines
from web.presenters.signing_recipes import Part, Recipe, Text, recipe_for

_SHELL_SECRET = '"${SECRET:?is not set}"'  # noqa: S105 - a word of the shell
_SHOW_STATUS = "-sS -w '\\n%{http_code}\\n'"


@dataclass(frozen=True, slots=True)
class CodeSample:
    """A sample: `key` names it in the page, `run` is how the file is run."""

    key: str
    language: str
    run: str
    text: str


def code_samples(
    scheme: str, config: Mapping[str, Any], url: str, body: str
) -> tuple[CodeSample, ...]:
    """The samples for a trigger, the commonest language first."""
    recipe = recipe_for(scheme, config)
    body = "" if recipe.method == "GET" else body
    given = "SECRET=… " if recipe.signed else ""
    shell = shell_lines(recipe, url, body, _SHELL_SECRET, _SHOW_STATUS)
    return (
        CodeSample("python", "Python", f"{given}python3 send.py", _python(recipe, url, body)),
        CodeSample("node", "Node", f"{given}node send.mjs", _node(recipe, url, body)),
        CodeSample("shell", "Shell", f"{given}sh send.sh", shell),
    )


def _python(recipe: Recipe, url: str, body: str) -> str:
    imports = ["urllib.request"]
    imports += ["hashlib", "hmac", "os"] if recipe.signed else []
    imports += ["base64"] if recipe.base64_key or recipe.encoding == "base64" else []
    imports += ["time"] if recipe.uses(Part.TIMESTAMP) else []
    imports += ["uuid"] if recipe.uses(Part.ID) else []
    lines = [f"import {name}" for name in sorted(imports)]
    lines += ["", f"url = {_literal(url)}", f"body = {_literal(body)}", ""]
    lines += _python_signing(recipe)
    return "\n".join([*lines, *_python_call(recipe)])


def _python_signing(recipe: Recipe) -> list[str]:
    lines = []
    if recipe.uses(Part.TIMESTAMP):
        lines.append("timestamp = str(int(time.time()))")
    if recipe.uses(Part.ID):
        lines.append('id = f"msg_{uuid.uuid4().hex}"')
    if recipe.signed:
        key = 'os.environ["SECRET"].encode()'
        if recipe.base64_key:
            key = 'base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"))'
        mac = f"hmac.new(key, signed.encode(), hashlib.{recipe.algorithm})"
        signature = f"{mac}.hexdigest()"
        if recipe.encoding == "base64":
            signature = f"base64.b64encode({mac}.digest()).decode()"
        lines += [f"key = {key}", f"signed = {_sum(recipe.signed)}", f"signature = {signature}"]
    return lines


def _python_call(recipe: Recipe) -> list[str]:
    headers = [f"    {_literal(n)}: {_sum(value)}," for n, value in recipe.all_headers]
    return [
        *["headers = {", *headers, "}"],
        "request = urllib.request.Request(url, data=body.encode(), headers=headers)",
        f'request.method = "{recipe.method}"',
        "with urllib.request.urlopen(request) as answer:",
        "    print(answer.status, answer.read().decode())",
    ]


def _node(recipe: Recipe, url: str, body: str) -> str:
    needed = ["createHmac"] if recipe.signed else []
    needed += ["randomUUID"] if recipe.uses(Part.ID) else []
    lines = [f'import {{ {", ".join(needed)} }} from "node:crypto";', ""] if needed else []
    lines += [f"const url = {_literal(url)};", f"const body = {_literal(body)};", ""]
    lines += _node_signing(recipe)
    headers = [f"  {_literal(n)}: {_sum(value)}," for n, value in recipe.all_headers]
    sent = "headers" if recipe.method == "GET" else "headers, body"
    return "\n".join([
        *lines,
        *["const headers = {", *headers, "};"],
        f'const answer = await fetch(url, {{ method: "{recipe.method}", {sent} }});',
        "console.log(answer.status, await answer.text());",
    ])  # fmt: skip


def _node_signing(recipe: Recipe) -> list[str]:
    lines = []
    if recipe.uses(Part.TIMESTAMP):
        lines.append("const timestamp = String(Math.floor(Date.now() / 1000));")
    if recipe.uses(Part.ID):
        lines.append("const id = `msg_${randomUUID()}`;")
    if recipe.signed:
        key = "process.env.SECRET"
        if recipe.base64_key:
            key = 'Buffer.from(process.env.SECRET.replace(/^whsec_/, ""), "base64")'
        mac = f'createHmac("{recipe.algorithm}", key).update(signed)'
        lines += [
            f"const key = {key};",
            f"const signed = {_sum(recipe.signed)};",
            f'const signature = {mac}.digest("{recipe.encoding}");',
        ]
    return lines


def _sum(text: Text) -> str:
    """`"v0:" + timestamp + ":" + body`: the same in Python and in JavaScript."""
    return " + ".join(p.value if isinstance(p, Part) else _literal(p) for p in text)


def _literal(text: str) -> str:
    """The text as a literal of both languages: in single quotes where nothing needs escaping, else
    as JSON. Not escaped beyond ASCII: half of a pair is no character in Python."""
    if '"' in text and text.isprintable() and not {"'", "\\"} & set(text):
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
