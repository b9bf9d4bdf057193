"""The lines that send a delivery to a trigger from any shell: curl, and openssl where it is signed.

They need nothing else than a POSIX shell with curl and openssl, and work as they are pasted. A
secret that is shown no more stands in them as a place to fill in.
"""

import shlex
from collections.abc import Mapping
from typing import Any

FILL_IN = "the signing secret of this trigger"
_HEX = "od -An -tx1 | tr -d ' \\n'"
_BASE64 = "openssl base64 -A"


def delivery_lines(
    scheme: str, config: Mapping[str, Any], url: str, body: str, secret: str | None
) -> str:
    """The lines for one delivery of `body` to `url`, signed as the trigger's scheme wants it."""
    if scheme == "none":
        return _curl(url, {}, shlex.quote(body))
    secret_line = f"secret={shlex.quote(FILL_IN if secret is None else secret)}"
    signing, headers = _SCHEMES[scheme](config)
    lines = [secret_line, f"body={shlex.quote(body)}", *signing, _curl(url, headers, '"$body"')]
    return "\n".join(lines)


def _curl(url: str, headers: Mapping[str, str], body: str) -> str:
    given = {"Content-Type": "application/json", **headers}
    # In double quotes: their values hold variables of the shell, and nothing that people chose.
    options = [f'-H "{name}: {value}"' for name, value in given.items()]
    return " \\\n  ".join([f"curl -X POST {shlex.quote(url)}", *options, f"--data-binary {body}"])


_Signing = tuple[list[str], Mapping[str, str]]


def _mac(algorithm: str, encoding: str) -> str:
    encode = _BASE64 if encoding == "base64" else _HEX
    return (
        f'signature=$(printf \'%s\' "$body" | openssl dgst -{algorithm} -hmac "$secret" -binary'
        f" | {encode})"
    )


def _hmac(config: Mapping[str, Any]) -> _Signing:
    algorithm = str(config.get("algorithm", "sha256"))
    header = str(config.get("header", "X-Signature"))
    # The prefix is what people chose: quoted by itself, it is text and nothing else.
    prefix = f"prefix={shlex.quote(str(config.get('prefix', '')))}"
    signing = [_mac(algorithm, str(config.get("encoding", "hex"))), prefix]
    return signing, {_header_name(header): "$prefix$signature"}


def _header_name(name: str) -> str:
    """The name as it may stand in double quotes: a backtick and `$` are allowed in names."""
    return name.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$")


def _github(_config: Mapping[str, Any]) -> _Signing:
    headers = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "try-$(date +%s)-$$",
        "X-Hub-Signature-256": "sha256=$signature",
    }
    return [_mac("sha256", "hex")], headers


def _standard(_config: Mapping[str, Any]) -> _Signing:
    signing = [
        'now=$(date +%s); id="msg_$now$$"',
        f"key=$(printf '%s' \"${{secret#whsec_}}\" | openssl base64 -d -A | {_HEX})",
        (
            'signature=$(printf \'%s.%s.%s\' "$id" "$now" "$body" '
            f'| openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | {_BASE64})'
        ),
    ]
    headers = {
        "webhook-id": "$id",
        "webhook-timestamp": "$now",
        "webhook-signature": "v1,$signature",
    }
    return signing, headers


_SCHEMES = {"hmac": _hmac, "github": _github, "standard": _standard}
