"""Which Redis database holds what.

Dramatiq gets a database number of its own, because its maintenance runs `KEYS` over the whole
database it lives in.
"""

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit


def _with_database(url: str, number: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = {**parse_qs(parts.query), "db": [str(number)]}
        return urlunsplit(parts._replace(query=urlencode(query, doseq=True)))
    return urlunsplit(parts._replace(path=f"/{number}"))


def _database_of(url: str) -> int:
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("db", [""])[0] or parts.path.strip("/")
    return int(named) if parts.scheme != "unix" and named.isdigit() else _from_query(parts.query)


def _from_query(query: str) -> int:
    named = parse_qs(query).get("db", ["0"])[0]
    return int(named) if named.isdigit() else 0


def queue_url(url: str) -> str:
    """The database of Dramatiq's queues: the one after the one that REDIS_URL names."""
    return _with_database(url, _database_of(url) + 1)
