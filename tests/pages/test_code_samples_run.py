"""The code that a trigger's page gives is run as it is pasted, against a running installation."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.senders import SENDERS
from tests.support.installation import Installation, Team
from web.presenters.code_samples import CodeSample, code_samples
from web.presenters.door_words import repeat_words
from web.presenters.signing_recipes import recipe_for

INTERPRETERS = {"python": "python3", "node": "node", "shell": "sh"}
ENDINGS = {"python": "py", "node": "mjs", "shell": "sh"}
BODY = json.dumps({"id": "7", "text": 'it\'s 5 > 4 & "quoted" $HOME `id` \\ %s é 😀'})
ODD_HMAC = {
    "algorithm": "sha512",
    "encoding": "base64",
    "prefix": "v1=$x\"'`",
    "header": "X-$Odd`Name",
    "signed": "v0:{timestamp}:{id}.{body}",
    "timestamp_header": "X-Time",
    "id_header": "X-Id",
    "methods": ["PUT", "PATCH"],
}
CONFIGS: list[tuple[str, Mapping[str, Any]]] = [
    *((scheme, {}) for scheme in SENDERS),
    ("hmac", ODD_HMAC),
]


@pytest.fixture(scope="module")
def team(signalbox: Installation) -> Team:
    return signalbox.team("samples")


def run(sample: CodeSample, secret: str, folder: Path) -> str:
    interpreter = shutil.which(INTERPRETERS[sample.key])
    if interpreter is None or not shutil.which("openssl"):
        pytest.skip(f"{INTERPRETERS[sample.key]} or openssl is not installed here")
    file = folder / f"send.{ENDINGS[sample.key]}"
    file.write_text(sample.text, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    ran = subprocess.run(
        [interpreter, str(file)], capture_output=True, text=True, timeout=60, check=False,
        env={**environment, "SECRET": secret},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("key", INTERPRETERS)
@pytest.mark.parametrize(("scheme", "config"), CONFIGS)
def test_what_a_sample_sends_is_accepted(
    team: Team, scheme: str, config: Mapping[str, Any], key: str, tmp_path: Path
) -> None:
    hook = team.hook(scheme=scheme, **config)
    samples = {sample.key: sample for sample in code_samples(scheme, config, hook.url, BODY)}

    told = run(samples[key], hook.secret, tmp_path)

    assert "202" in told
    assert '"duplicate":false' in told


@pytest.mark.parametrize(
    ("scheme", "config"),
    [*CONFIGS, ("github", {"dedup_body": False}), ("none", {"dedup_body": True})],
)
def test_a_second_run_is_a_duplicate_where_the_page_says_so(
    team: Team, scheme: str, config: Mapping[str, Any], tmp_path: Path
) -> None:
    hook = team.hook(scheme=scheme, **config)
    sample = code_samples(scheme, config, hook.url, BODY)[0]
    run(sample, hook.secret, tmp_path)

    again = run(sample, hook.secret, tmp_path)

    said = repeat_words({"scheme": scheme, **config})
    assert ('"duplicate":true' in again) is bool(said)


def test_no_sample_holds_a_secret() -> None:
    for scheme, config in CONFIGS:
        for sample in code_samples(scheme, config, "http://127.0.0.1/hooks/x", BODY):
            named = "SECRET" in sample.text
            assert named is SENDERS[scheme].needs_secret


def test_a_sample_says_how_its_file_is_run() -> None:
    for sample in code_samples("github", {}, "http://127.0.0.1/hooks/x", BODY):
        assert sample.run.startswith(f"SECRET=… {INTERPRETERS[sample.key]} send.")


@pytest.mark.parametrize("scheme", SENDERS)
def test_every_scheme_has_a_recipe(scheme: str) -> None:
    assert bool(recipe_for(scheme, {}).signed) is SENDERS[scheme].needs_secret


@pytest.mark.parametrize(
    ("methods", "used"), [([], "POST"), (["GET", "POST"], "POST"), (["DELETE", "PUT"], "PUT")]
)
def test_a_sample_uses_a_method_that_the_trigger_takes(methods: list[str], used: str) -> None:
    assert recipe_for("none", {"methods": methods}).method == used
