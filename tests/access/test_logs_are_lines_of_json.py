"""Logs: one ASCII JSON object a line, whatever is in it, in any locale (row A108)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = """
import logging
from domain.logs import configure_logs, log_context, logger

configure_logs("web")
log = logger("tests")
with log_context(event_id="e-1"):
    log.info("hostile", text="a\\r\\n{\\"message\\": \\"forged\\"}\\x1b[31m\\u2028\\udcff\\x00ü")
log.info("long", text="x" * 10_000_000)
log.warning("object", value=object(), raw=b"\\xff", nested={"a": ["b" * 5000]})
logging.getLogger("uvicorn.error").warning("library %s", "line\\nbreak")
try:
    raise ValueError("because")
except ValueError:
    log.exception("failed")
log.debug("not shown")
"""


def lines(**env: str) -> list[dict[str, Any]]:
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], **env},
        check=True,
        capture_output=True,
    )
    assert finished.stderr == b""
    assert finished.stdout.isascii()
    assert all(32 <= byte < 127 or byte == 10 for byte in finished.stdout)
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_every_line_is_one_object_in_the_c_locale() -> None:
    found = lines(LC_ALL="C", PYTHONIOENCODING="ascii")

    assert [line["message"] for line in found] == [
        "hostile", "long", "object", "library line\nbreak", "failed"
    ]  # fmt: skip
    assert all(line["process"] == "web" for line in found)
    assert all(line["timestamp"].endswith("Z") for line in found)


def test_what_came_from_outside_stays_inside_its_field() -> None:
    hostile = lines()[0]

    assert hostile["text"].startswith('a\r\n{"message": "forged"}\x1b[31m')
    assert hostile["event_id"] == "e-1"


def test_long_fields_are_cut() -> None:
    _, long, odd, *_ = lines()

    assert len(long["text"]) < 2_200
    assert "10000000 characters" in long["text"]
    assert len(odd["nested"]) < 2_200


def test_an_exception_is_told_with_its_reason() -> None:
    assert lines()[-1]["exception"].endswith("ValueError: because")


def test_what_a_full_disk_does_not_take_is_lost_and_whoever_logs_goes_on() -> None:
    """Every write to /dev/full fails with ENOSPC (row F37)."""
    with Path("/dev/full").open("w") as full:
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"]},
            check=True,
            stdout=full,
        )
