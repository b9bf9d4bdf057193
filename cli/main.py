"""The `signalbox` command: what an operator does on the server itself."""

import argparse
import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence

from cli.environment import settings_for_commands
from domain.clock import utc_now
from domain.errors import BadSettings, NotFound, SignalboxError
from domain.logs import configure_logs
from domain.operations.create_api_key import create_api_key
from domain.operations.create_team import create_team
from domain.operations.create_user import create_user
from domain.rules.permissions import ROLES, Actor, operator
from domain.settings import read_settings
from domain.store import migrations, partitions, teams
from domain.store.database import Unavailable, close_pool, open_pool

Arguments = argparse.Namespace
Command = Callable[[Arguments], Awaitable[None]]
POOL_SIZE = 2


async def release(_arguments: Arguments) -> None:
    """Bring the database up to date, and make the partitions of the next days."""
    await migrations.migrate()
    made = await partitions.make_partitions(utc_now())
    print(f"The database is up to date; partitions made: {len(made)}.")


async def create_key(arguments: Arguments) -> None:
    """Print a new API key, and nothing else: scripts read it."""
    actor = await _operator_in(arguments.team)
    made = await create_api_key(actor, arguments.name, arguments.role)
    print(made.text)


async def add_user(arguments: Arguments) -> None:
    """Make a user. The password is read from standard input, or made and printed once."""
    actor = await _operator_in(arguments.team)
    given = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    password = given or secrets.token_urlsafe(15)
    name = arguments.name or arguments.email.partition("@")[0]
    await create_user(actor, arguments.email, name, arguments.role, password)
    print(f"{arguments.email} can sign in." if given else f"password: {password}")


async def add_team(arguments: Arguments) -> None:
    """Make a team."""
    await create_team(arguments.name or arguments.slug, arguments.slug)
    print(f"The team {arguments.slug} was made.")


async def _operator_in(slug: str) -> Actor:
    team = await teams.team_by_slug(slug)
    if team is None:
        raise NotFound(f"There is no team {slug!r}.")
    return operator(team["id"])


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    top = argparse.ArgumentParser(prog="signalbox", description="Signalbox, for its operator.")
    nouns = top.add_subparsers(required=True, metavar="command")
    _add(nouns, "release", release, "bring the database up to date")
    keys = nouns.add_parser("keys", help="keys of the JSON API").add_subparsers(required=True)
    key = _add(keys, "create", create_key, "print a new key, and nothing else")
    _add_team_and_role(key)
    key.add_argument("--name", default="made by the operator")
    users = nouns.add_parser("users", help="people who sign in").add_subparsers(required=True)
    user = _add(users, "create", add_user, "make a user, and print a password unless one is given")
    _add_team_and_role(user)
    user.add_argument("--email", required=True)
    user.add_argument("--name")
    user.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    groups = nouns.add_parser("teams", help="teams").add_subparsers(required=True)
    team = _add(groups, "create", add_team, "make a team")
    team.add_argument("slug")
    team.add_argument("--name")
    return top


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Command,
    explanation: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=explanation)
    command.set_defaults(run=run)
    return command


def _add_team_and_role(command: argparse.ArgumentParser) -> None:
    command.add_argument("--team", required=True, help="the team's slug")
    command.add_argument("--role", required=True, choices=tuple(ROLES))


async def _run(arguments: Arguments) -> None:
    await open_pool(POOL_SIZE)
    try:
        await arguments.run(arguments)
    finally:
        await close_pool()


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command. What goes wrong is said in a sentence on standard error; exit status 1."""
    arguments = parser().parse_args(argv)
    configure_logs("cli", "warning", sys.stderr)
    try:
        with settings_for_commands(os.environ) as environment:
            os.environ.update(environment)
            read_settings(os.environ)
            asyncio.run(_run(arguments))
    except BadSettings as bad:
        sys.exit(f"The settings need mending:\n{bad}")
    except Unavailable as away:
        sys.exit(f"The database cannot be reached: {away}")
    except _cannot_start() as stuck:
        sys.exit(str(stuck))
    except (SignalboxError, RuntimeError) as refused:
        sys.exit(getattr(refused, "message", str(refused)))


def _cannot_start() -> tuple[type[Exception], ...]:
    """What local servers that cannot start raise. Where they are not installed, nothing does."""
    processes = sys.modules.get("cli.processes")
    return (processes.CannotStart,) if processes else ()
