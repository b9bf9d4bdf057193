"""The JSON API over HTTP, in the test's own process."""

from tests.support.web_fixtures import alice, app, bob, charlie, client, editor, settings, store

__all__ = ["alice", "app", "bob", "charlie", "client", "editor", "settings", "store"]
