"""The Procfile, and how it is read."""

import re
import shlex
from pathlib import Path

import pytest

from cli.supervisor import parse_procfile

ROOT = Path(__file__).parents[2]


def test_the_project_has_its_four_processes() -> None:
    assert list(parse_procfile((ROOT / "Procfile").read_text())) == [
        "release",
        "web",
        "worker",
        "clock",
    ]


def test_every_line_of_the_project_is_one_command() -> None:
    # `exec` goes in front of each, so a second command, a pipe or an assignment would be lost.
    for command in parse_procfile((ROOT / "Procfile").read_text()).values():
        assert re.fullmatch(r"[\w .:/$\{\}-]+", command)
        assert "=" not in shlex.split(command)[0]


def test_names_and_commands_are_read_in_order() -> None:
    assert parse_procfile("web: run web --now\nworker_2:run worker\n") == {
        "web": "run web --now",
        "worker_2": "run worker",
    }


def test_comments_and_empty_lines_are_skipped() -> None:
    assert parse_procfile("# a comment\n\n   \nweb: run\n") == {"web": "run"}


@pytest.mark.parametrize("line", ["web", "web:", "web:   ", "we b: run", ": run", "web run: x"])
def test_a_line_without_name_and_command_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        parse_procfile(f"clock: tick\n{line}\n")


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="second time"):
        parse_procfile("web: one\nweb: two\n")
