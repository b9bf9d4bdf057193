import json
import os
from pathlib import Path

import pytest

from domain.errors import BadSettings
from web.presenters.environment import Assets


def write(folder: Path, names: dict[str, str], at: int = 1) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(names), encoding="utf-8")
    os.utime(manifest, ns=(at, at))


def test_a_logical_name_becomes_the_hashed_one(tmp_path: Path) -> None:
    write(tmp_path, {"app.css": "app.0123.css"})

    assert Assets(tmp_path)("app.css") == "/static/app.0123.css"


def test_assets_that_are_built_anew_are_found_without_a_restart(tmp_path: Path) -> None:
    write(tmp_path, {"app.css": "app.0123.css"})
    assets = Assets(tmp_path)
    assets("app.css")

    write(tmp_path, {"app.css": "app.4567.css"}, at=2)

    assert assets("app.css") == "/static/app.4567.css"


def test_without_a_manifest_the_error_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"manifest\.json is missing: run `make assets`"):
        Assets(tmp_path)("app.css")


def test_a_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path, {})

    with pytest.raises(BadSettings, match=r"does not name app\.css"):
        Assets(tmp_path)("app.css")
