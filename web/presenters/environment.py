"""The templates' environment: everything escaped, nothing undefined, a few words of our own."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from domain.errors import BadSettings
from domain.rules.permissions import allows
from domain.store.pages_triggers import Choice
from web.presenters import words
from web.presenters.calendars import range_words, touched_words
from web.presenters.event_tree import kind_of_node

TEMPLATES = Path(__file__).parents[1] / "templates"
ASSETS = Path(__file__).parents[2] / "static" / "dist"
ASSETS_PATH = "/static"


class Assets:
    """Addresses of browser assets, whose names change with their content."""

    def __init__(self, folder: Path = ASSETS) -> None:
        self._manifest = folder / "manifest.json"
        self._names: dict[str, str] = {}
        self._read_at = 0

    def __call__(self, logical: str) -> str:
        """The address of `app.css`. Raises BadSettings when the assets were not built."""
        self._refresh()
        if logical not in self._names:
            raise BadSettings([f"{self._manifest} does not name {logical}: run `make assets`"])
        return f"{ASSETS_PATH}/{self._names[logical]}"

    def _refresh(self) -> None:
        try:
            changed_at = self._manifest.stat().st_mtime_ns
        except FileNotFoundError:
            raise BadSettings([f"{self._manifest} is missing: run `make assets`"]) from None
        if changed_at != self._read_at:
            self._names = json.loads(self._manifest.read_text(encoding="utf-8"))
            self._read_at = changed_at


def instant(moment: datetime) -> str:
    """`2026-11-23T01:10:23.563Z`, for the `datetime` attribute."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def exactly(moment: datetime) -> str:
    """`2026-11-23 01:10:23 UTC`, for readers without scripts."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def choice_pair(choice: Choice) -> tuple[str, str]:
    """Value and words of an option."""
    return str(choice.id), choice.name


def state_pair(state: str) -> tuple[str, str]:
    """Value and words of an option."""
    return state, words.state_lamp(state).word


def make_environment(assets: Assets) -> Environment:
    """The environment. `safe` is taken out: nothing that is data ever is markup."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    del environment.filters["safe"]
    del environment.filters["xmlattr"]  # it would let keys through unescaped
    environment.filters.update(
        instant=instant,
        exactly=exactly,
        duration=words.duration_words,
        size=words.size_words,
        count=words.count_words,
        state=words.state_lamp,
        verdict=words.verdict_lamp,
        reason=words.reason_words,
        pair=choice_pair,
        state_pair=state_pair,
        node_kind=kind_of_node,
        day_range=range_words,
        touched=touched_words,
    )
    environment.globals.update(asset=assets, allows=allows)
    return environment


@lru_cache(maxsize=1)
def template_config() -> TemplateConfig[Any]:
    """What the app is given. Templates are compiled once a process."""
    engine = JinjaTemplateEngine.from_environment(make_environment(Assets()))
    return TemplateConfig(instance=engine)
