"""Where the steps of a workflow call: host and port stand fixed in their URLs."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from domain.errors import InvalidInput
from domain.rules.request_templates import compile_url_template
from domain.rules.urls import InvalidUrl, destination, parse_url


def hosts_in(urls: Iterable[object]) -> list[str]:
    """The destinations (`host:port`) of these URLs, each once, in their order. A URL that cannot be
    called has none."""
    found = (_host_of(url) for url in urls if isinstance(url, str))
    return list(dict.fromkeys(host for host in found if host is not None))


@lru_cache(maxsize=4_096)
def _host_of(url: str) -> str | None:
    with suppress(InvalidInput, InvalidUrl):
        return destination(parse_url(compile_url_template(url, "url").filled_with("x")))
    return None
