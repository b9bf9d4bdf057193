"""The lines that a trigger's page gives are run in a real shell; only the network is left out."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.clock import utc_now
from domain.senders import SENDERS, Verified
from web.presenters.deliveries import FILL_IN, delivery_lines

URL = "http://127.0.0.1:8000/hooks/token"
BODY = """{"text":"it's 5 > 4 & \\"quoted\\" $HOME `id` \\\\ %s é"}"""
SECRETS = {
    "none": "",
    "hmac": "a 'quoted' $secret with `blanks` \\ and é",
    "github": "another secret, long enough",
    "standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
CONFIGS: list[tuple[str, Mapping[str, Any]]] = [
    ("none", {}),
    ("github", {}),
    ("standard", {}),
    ("hmac", {}),
    *(
        ("hmac", {"algorithm": algorithm, "encoding": encoding, "prefix": prefix, "header": header})
        for algorithm in ("sha256", "sha384", "sha512")
        for encoding in ("hex", "base64")
        for prefix, header in (("", "X-Signature"), ("v1='$x\"`", "X-$Odd`Name"))
    ),
]

pytestmark = pytest.mark.skipif(
    not shutil.which("openssl"), reason="the lines need openssl, which is not installed here"
)


def sent(lines: str, folder: Path) -> tuple[str, dict[str, str], bytes]:
    """What curl is asked to send when the lines are pasted: address, headers, body."""
    curl = folder / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n', encoding="utf-8")
    curl.chmod(0o755)
    ran = subprocess.run(
        ["sh", "-eu"], input=lines.encode(), capture_output=True, check=True,
        env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": "/nowhere"},
    )  # fmt: skip
    arguments = ran.stdout.decode().split("\0")[:-1]
    headers = [arguments[i + 1] for i, each in enumerate(arguments) if each == "-H"]
    pairs = (header.split(": ", 1) for header in headers)
    return arguments[2], {name.lower(): value for name, value in pairs}, arguments[-1].encode()


@pytest.mark.parametrize(("scheme", "config"), CONFIGS)
def test_what_they_send_is_believed(scheme: str, config: Mapping[str, Any], tmp_path: Path) -> None:
    sender, secret = SENDERS[scheme], SECRETS[scheme]

    url, headers, body = sent(delivery_lines(scheme, config, URL, BODY, secret), tmp_path)

    assert url == URL
    assert body == BODY.encode()
    assert headers["content-type"] == "application/json"
    parsed = sender.parse_config(config)
    assert isinstance(sender.verify(headers, body, [secret], parsed, utc_now()), Verified)


@pytest.mark.parametrize("scheme", [scheme for scheme in SENDERS if scheme != "none"])
def test_a_secret_that_is_shown_no_more_is_a_place_to_fill_in(scheme: str) -> None:
    first = delivery_lines(scheme, {}, URL, BODY, None).splitlines()[0]

    assert first == f"secret={shlex.quote(FILL_IN)}"


def test_every_scheme_has_its_lines() -> None:
    for scheme in SENDERS:
        assert URL in delivery_lines(scheme, {}, URL, "{}", None)
