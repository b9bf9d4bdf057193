"""`python -m tests.support.people COUNT`: so many new teams, each with an admin and an API key.

They are made by the operations behind `signalbox teams | keys | users create`. To start that
command three times for each test costs more than most tests do; `tests/access/test_the_command.py`
tries it in its own right. Prints a JSON line a team: slug, key, email.
"""

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from domain.operations.create_api_key import create_api_key
from domain.operations.create_team import create_team
from domain.operations.create_user import create_user
from domain.rules.permissions import operator
from domain.store.database import close_pool, open_pool
from tests.support.installation import ROOT, Installation, Team

PASSWORD = "a long enough password"
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who can sign in with `PASSWORD`, and their team as its API sees it."""

    email: str
    slug: str
    team: Team


class Stock:
    """New admins of an installation, made a few at a time."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._made: list[dict[str, str]] = []

    def admin(self) -> Admin:
        """One that nobody had before, in a team of their own."""
        if not self._made:
            self._made = _make(self._installation.env, AT_ONCE)
        made = self._made.pop()
        team = self._installation.team_with(made["key"])
        return Admin(made["email"], made["slug"], team)


def _make(env: Mapping[str, str], count: int) -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.people", str(count)],
        cwd=ROOT, env=dict(env), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


async def _print_new(count: int) -> None:
    await open_pool(1)
    for _ in range(count):
        slug = f"team-{secrets.token_hex(6)}"
        actor = operator(await create_team(slug, slug))
        key = await create_api_key(actor, "of the tests", "admin")
        email = f"alice@{slug}.example"
        await create_user(actor, email, "Alice", "admin", PASSWORD)
        print(json.dumps({"slug": slug, "key": key.text, "email": email}))
    await close_pool()


if __name__ == "__main__":
    asyncio.run(_print_new(int(sys.argv[1])))
