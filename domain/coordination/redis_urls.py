"""Which Redis database holds what.

Dramatiq gets a database number of its own, because its maintenance runs `KEYS` over the whole
database it lives in.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit


def queue_url(url: str) -> str:
    """The database of Dramatiq's queues: the one after the one that REDIS_URL names.

    The number goes into the query (`?db=1`), which redis-py reads before it reads the path, and
    which Unix sockets have too.
    """
    address, _, query = url.partition("?")
    options = dict(parse_qsl(query))
    path = urlsplit(url).path.strip("/")
    named = options.get("db") or (path if path.isdigit() else "0")
    return f"{address}?{urlencode({**options, 'db': int(named) + 1})}"
