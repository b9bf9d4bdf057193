"""Browser assets under names that carry a hash of their content."""

import json
from pathlib import Path

import pytest

from cli import assets
from cli.assets import THIRD_PARTY, AssetError, build


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the third-party files in place and no assets of its own yet."""
    for package, file in THIRD_PARTY.values():
        path = tmp_path / "node_modules" / package / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"/* {file} */\n//# sourceMappingURL={file}.map\n")
        about = {"version": "1.2.3", "license": "MIT"}
        (tmp_path / "node_modules" / package / "package.json").write_text(json.dumps(about))
    (tmp_path / "static" / "src").mkdir(parents=True)
    return tmp_path


def write(project: Path, name: str, content: str) -> None:
    path = project / "static" / "src" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def read(project: Path, hashed: str) -> str:
    return (project / "static" / "dist" / hashed).read_text()


def test_the_manifest_file_says_what_build_returns(project: Path) -> None:
    write(project, "app.js", "start()")
    manifest = build(project)
    assert json.loads(read(project, "manifest.json")) == manifest
    assert read(project, manifest["app.js"]) == "start()"


def test_a_name_changes_with_the_content_and_only_with_it(project: Path) -> None:
    write(project, "app.js", "one()")
    first = build(project)["app.js"]
    assert build(project)["app.js"] == first
    write(project, "app.js", "two()")
    assert build(project)["app.js"] != first


def test_a_module_imports_another_by_its_hashed_name(project: Path) -> None:
    write(project, "live.js", "export const x = 1")
    write(project, "app.js", """import {x} from "./live.js"; await import('./live.js')""")
    manifest = build(project)
    live = manifest["live.js"]
    assert read(project, manifest["app.js"]) == (
        f"""import {{x}} from "./{live}"; await import('./{live}')"""
    )


def test_a_change_in_an_imported_module_renames_its_importer(project: Path) -> None:
    write(project, "live.js", "export const x = 1")
    write(project, "app.js", 'import "./live.js"')
    before = build(project)
    write(project, "live.js", "export const x = 2")
    after = build(project)
    assert after["app.js"] != before["app.js"]


def test_names_are_found_across_folders(project: Path) -> None:
    write(project, "icons/bell.svg", "<svg/>")
    write(project, "pages/pages.css", "a{background:url(../icons/bell.svg)}")
    write(project, "pages/one.js", 'import "./parts/two.js"')
    write(project, "pages/parts/two.js", "2")
    manifest = build(project)
    assert f"url(../{manifest['icons/bell.svg']})" in read(project, manifest["pages/pages.css"])
    two = manifest["pages/parts/two.js"].removeprefix("pages/")
    assert read(project, manifest["pages/one.js"]) == f'import "./{two}"'


def test_a_module_may_import_a_third_party_file(project: Path) -> None:
    write(project, "app.js", 'import "./htmx.js"')
    manifest = build(project)
    assert read(project, manifest["app.js"]) == f'import "./{manifest["htmx.js"]}"'


def test_a_name_without_a_file_is_refused(project: Path) -> None:
    write(project, "app.js", 'import "./gone.js"')
    with pytest.raises(AssetError, match=r"app\.js names \./gone\.js"):
        build(project)


def test_a_circle_of_imports_is_refused(project: Path) -> None:
    write(project, "a.js", 'import "./b.js"')
    write(project, "b.js", 'import "./a.js"')
    with pytest.raises(AssetError, match=r"a\.js -> b\.js -> a\.js"):
        build(project)


def test_other_kinds_of_files_are_copied_as_they_are(project: Path) -> None:
    path = project / "static" / "src" / "icon.png"
    path.write_bytes(b'\x89PNG\xff "./gone.js"')
    hashed = build(project)["icon.png"]
    assert (project / "static" / "dist" / hashed).read_bytes() == path.read_bytes()


def test_third_party_files_tell_their_origin_and_name_no_source_map(project: Path) -> None:
    hashed = build(project)["htmx.js"]
    content = read(project, hashed)
    assert content.startswith("/*! htmx.org 1.2.3, license MIT */\n")
    assert "sourceMappingURL" not in content


def test_what_is_no_longer_made_is_removed(project: Path) -> None:
    write(project, "old/page.js", "1")
    build(project)
    (project / "static" / "src" / "old" / "page.js").unlink()
    manifest = build(project)
    dist = project / "static" / "dist"
    files = {path.relative_to(dist).as_posix() for path in dist.rglob("*")}
    assert files == {"manifest.json", *manifest.values()}


def test_nothing_is_written_when_nothing_changed(project: Path) -> None:
    write(project, "app.js", "1")
    hashed = build(project)["app.js"]
    paths = [project / "static" / "dist" / name for name in (hashed, "manifest.json")]
    before = [path.stat().st_ino for path in paths]
    build(project)
    assert [path.stat().st_ino for path in paths] == before


def test_a_missing_package_says_what_to_run(project: Path) -> None:
    package, file = THIRD_PARTY["htmx.js"]
    (project / "node_modules" / package / file).unlink()
    with pytest.raises(AssetError, match="npm ci"):
        build(project)


def test_hidden_files_and_names_of_third_party_files_are_no_assets(project: Path) -> None:
    write(project, ".app.js.swp", "x")
    assert ".app.js.swp" not in build(project)
    write(project, "htmx.js", "mine()")
    with pytest.raises(AssetError, match="third-party"):
        build(project)


def test_the_command_fails_when_the_assets_cannot_be_built(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, "app.js", 'import "./gone.js"')
    monkeypatch.setattr(assets, "__file__", str(project / "cli" / "assets.py"))
    assert assets.main() == 1
    assert "gone.js" in capsys.readouterr().err
