"""Browser assets: copies them into `static/dist/` under names that carry a hash of the content.

A file whose name changes with its content can be cached by browsers for ever. What is copied: the
few third-party files that pages use, out of `node_modules/`, and everything in `static/src/`.
`static/dist/manifest.json` maps logical names (`app.js`, `icons/bell.svg`) to hashed ones.

Relative names between assets are rewritten to the hashed ones: in `.js`, `.css` and `.webmanifest`
files every quoted or `url(…)` path that starts with `./` or `../`. So ES modules import each other
(and the third-party files, which lie at the top: `./htmx.js`) by their plain names. An import map
would do the same in the page, but it is an inline script, and the CSP forbids those.
"""

import hashlib
import json
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

MANIFEST = "manifest.json"

# Logical name -> file of a package in node_modules.
THIRD_PARTY: Mapping[str, tuple[str, str]] = {
    "htmx.js": ("htmx.org", "dist/htmx.min.js"),
    "oat.css": ("@knadh/oat", "oat.min.css"),
}

_REWRITTEN = {".css", ".js", ".webmanifest"}
_REFERENCE = re.compile(
    r"""(?P<open>["']|\burl\(\s*)(?P<path>\.{1,2}/[^"'()\s]+)(?P<close>["']|\s*\))"""
)
_SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*\n?", re.MULTILINE)
_HASH_DIGITS = 12


class AssetError(Exception):
    """The assets cannot be built; the text says what to mend."""


def build(root: Path) -> dict[str, str]:
    """Bring `root/static/dist` up to date and return the manifest, logical to hashed names.

    Writes only what changed and removes what is no longer made. Raises `AssetError` when a
    third-party file is missing, or when an asset names one that does not exist.
    """
    hashed = _Hasher(_sources(root)).all()
    dist = root / "static" / "dist"
    for name, content in hashed.values():
        _write_if_changed(dist / name, content)
    manifest = {logical: name for logical, (name, _) in sorted(hashed.items())}
    # The manifest comes after the files it names, and before the old ones go: a reader of either
    # manifest finds its files.
    _write_if_changed(dist / MANIFEST, json.dumps(manifest, indent=1).encode() + b"\n")
    _remove_stale(dist, {MANIFEST, *manifest.values()})
    return manifest


def _sources(root: Path) -> dict[str, bytes]:
    sources = dict(_third_party(root / "node_modules"))
    own = root / "static" / "src"
    for path in sorted(own.rglob("*")):
        logical = path.relative_to(own).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in logical.split("/")):
            continue
        if logical in THIRD_PARTY:
            raise AssetError(f"static/src/{logical} has the name of a third-party file")
        sources[logical] = path.read_bytes()
    return sources


def _third_party(node_modules: Path) -> Iterator[tuple[str, bytes]]:
    for logical, (package, file) in THIRD_PARTY.items():
        folder = node_modules / package
        try:
            about = json.loads((folder / "package.json").read_text())
            content = (folder / file).read_bytes()
        except FileNotFoundError as error:
            raise AssetError(f"{error.filename} is missing: run `npm ci`") from error
        banner = f"/*! {package} {about['version']}, license {about['license']} */\n"
        # The source maps are not served, so naming them would only make browsers ask in vain.
        yield logical, banner.encode() + _SOURCE_MAP.sub(b"", content)


class _Hasher:
    """Names every asset after its final content, what it refers to first."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._done: dict[str, tuple[str, bytes]] = {}
        self._open: list[str] = []

    def all(self) -> dict[str, tuple[str, bytes]]:
        for logical in self._sources:
            self._name_of(logical)
        return self._done

    def _name_of(self, logical: str) -> str:
        if logical in self._done:
            return self._done[logical][0]
        if logical in self._open:
            circle = " -> ".join([*self._open[self._open.index(logical) :], logical])
            # Each one's name would depend on the other's.
            raise AssetError(f"assets refer to each other in a circle: {circle}")
        self._open.append(logical)
        content = self._rewritten(logical)
        self._open.pop()
        stem, suffix = posixpath.splitext(logical)
        name = f"{stem}.{hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]}{suffix}"
        self._done[logical] = (name, content)
        return name

    def _rewritten(self, logical: str) -> bytes:
        content = self._sources[logical]
        if logical in THIRD_PARTY or posixpath.splitext(logical)[1] not in _REWRITTEN:
            return content
        folder = posixpath.dirname(logical)

        def replace(match: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(folder, match["path"]))
            if target not in self._sources:
                raise AssetError(f"static/src/{logical} names {match['path']}: no such asset")
            path = posixpath.relpath(self._name_of(target), folder or ".")
            # A module specifier must keep its dot: a bare name is not a relative import.
            return (
                match["open"] + (path if path.startswith("../") else f"./{path}") + match["close"]
            )

        return _REFERENCE.sub(replace, content.decode()).encode()


def _write_if_changed(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # By rename, so that a server that runs meanwhile never sends half a file.
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _remove_stale(dist: Path, keep: set[str]) -> None:
    # Deepest first, so that folders are empty when their turn comes.
    for path in sorted(dist.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(dist).as_posix() not in keep:
            path.unlink()


def main() -> int:
    """Build the assets of this project; the exit code."""
    try:
        manifest = build(Path(__file__).resolve().parent.parent)
    except AssetError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    print(f"assets: {len(manifest)} files in static/dist")
    return 0


if __name__ == "__main__":
    sys.exit(main())
