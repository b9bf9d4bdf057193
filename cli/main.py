"""The `signalbox` command: what an operator does on the server itself."""

import argparse
import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence

from cli.environment import settings_for_commands
from domain.clock import utc_now
from domain.encryption import CannotOpen, Vault
from domain.errors import BadSettings, Conflict, NotFound, SignalboxError
from domain.logs import configure_logs
from domain.operations.create_api_key import create_api_key
from domain.operations.create_team import create_team
from domain.operations.create_user import create_user
from domain.operations.make_setup_token import make_setup_link
from domain.operations.request_password_reset import make_reset_link_as_operator
from domain.operations.reseal_secrets import reseal_secrets
from domain.operations.revoke_api_key import revoke_api_key
from domain.operations.set_quotas import set_quotas
from domain.rules.permissions import ROLES, Actor, operator
from domain.settings import read_settings
from domain.store import api_keys, migrations, partitions, teams
from domain.store.database import Unavailable, close_pool, open_pool

Arguments = argparse.Namespace
Command = Callable[[Arguments], Awaitable[None]]
POOL_SIZE = 2
SETUP_LINE = "Set up Signalbox at: "


async def release(_arguments: Arguments) -> None:
    """Bring the database up to date, and make the partitions of the next days."""
    await migrations.migrate()
    made = await partitions.make_partitions(utc_now())
    print(f"The database is up to date; partitions made: {len(made)}.")
    settings = read_settings(os.environ)
    # The demo makes a user by itself.
    link = None if settings.demo else await make_setup_link(settings.base_url)
    if link is not None:
        print(f"{SETUP_LINE}{link}")


async def create_key(arguments: Arguments) -> None:
    """Print a new API key, and nothing else: scripts read it."""
    actor = await _operator_in(arguments.team)
    made = await create_api_key(actor, arguments.name, arguments.role)
    print(made.text)


async def list_keys(arguments: Arguments) -> None:
    """Print the team's keys, one a line: prefix, role, state, when it was last used, name."""
    actor = await _operator_in(arguments.team)
    for key in await api_keys.list_api_keys(actor.team_id):
        state = "live" if key.live else "revoked" if key.revoked_at else "expired"
        used = f"{key.used_at:%Y-%m-%dT%H:%MZ}" if key.used_at else "never"
        print(key.prefix, key.role, state, used, key.name, sep="\t")


async def revoke_key(arguments: Arguments) -> None:
    """End the key of a prefix, at once."""
    actor = await _operator_in(arguments.team)
    found = await api_keys.key_of_prefix(actor.team_id, arguments.prefix)
    if len(found) != 1:
        raise NotFound(f"There is no live key that begins with {arguments.prefix!r}.")
    await revoke_api_key(actor, found[0]["id"])
    print(f"{arguments.prefix} is revoked.")


async def add_user(arguments: Arguments) -> None:
    """Make a user. The password is read from standard input, or made and printed once."""
    actor = await _operator_in(arguments.team)
    given = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else None
    password = given or secrets.token_urlsafe(15)
    name = arguments.name or arguments.email.partition("@")[0]
    await create_user(actor, arguments.email, name, arguments.role, password)
    print(f"{arguments.email} can sign in." if given else f"password: {password}")


async def print_reset_link(arguments: Arguments) -> None:
    """Print a link by which a user chooses a new password, and nothing else."""
    base_url = read_settings(os.environ).base_url
    print(await make_reset_link_as_operator(arguments.email, base_url))


async def print_setup_link(_arguments: Arguments) -> None:
    """Print the address by which the first admin is made, and nothing else."""
    link = await make_setup_link(read_settings(os.environ).base_url)
    if link is None:
        raise Conflict("There is a user already: nothing is left to set up.")
    print(link)


async def add_team(arguments: Arguments) -> None:
    """Make a team."""
    await create_team(arguments.name or arguments.slug, arguments.slug)
    print(f"The team {arguments.slug} was made.")


async def change_quotas(arguments: Arguments) -> None:
    """Change what a team may have of schedules, or only say it."""
    actor = await _operator_in(arguments.team)
    now = await set_quotas(actor, schedules=arguments.schedules, interval_s=arguments.interval)
    print(
        f"{arguments.team}: at most {now.most_schedules:,} schedules, "
        f"at least {now.shortest_interval_s:,} s between two slots of one."
    )


async def reseal(_arguments: Arguments) -> None:
    """Seal all stored secrets with the present SECRET_KEY."""
    settings = read_settings(os.environ)
    done = await reseal_secrets(Vault(settings.secret_key, settings.previous_secret_keys))
    print(f"Sealed anew: {done.resealed}; already sealed with the present key: {done.current}.")
    if done.lost:
        raise CannotOpen(
            f"{done.lost} secrets were sealed with a key that is neither SECRET_KEY nor among "
            "SECRET_KEY_PREVIOUS."
        )


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
    _add_team(_add(keys, "list", list_keys, "print a team's keys, one a line"))
    ended = _add(keys, "revoke", revoke_key, "end a key at once")
    _add_team(ended)
    ended.add_argument("prefix", help="what the key begins with, such as sbx_1a2b3c4d")
    users = nouns.add_parser("users", help="people who sign in").add_subparsers(required=True)
    user = _add(users, "create", add_user, "make a user, and print a password unless one is given")
    _add_team_and_role(user)
    user.add_argument("--email", required=True)
    user.add_argument("--name")
    user.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    reset = _add(users, "reset-link", print_reset_link, "print a link for a new password")
    reset.add_argument("--email", required=True)
    _add(nouns, "setup-link", print_setup_link, "print the address that makes the first admin")
    sealed = nouns.add_parser("secrets", help="stored secrets").add_subparsers(required=True)
    _add(sealed, "reseal", reseal, "seal them with the present SECRET_KEY, after a change of it")
    groups = nouns.add_parser("teams", help="teams").add_subparsers(required=True)
    team = _add(groups, "create", add_team, "make a team")
    team.add_argument("slug")
    team.add_argument("--name")
    quota = _add(groups, "quota", change_quotas, "say or change what a team may have of schedules")
    _add_team(quota)
    quota.add_argument("--schedules", type=int, help="how many at most")
    quota.add_argument("--interval", type=int, help="seconds between two slots of one, at least")
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


def _add_team(command: argparse.ArgumentParser) -> None:
    command.add_argument("--team", required=True, help="the team's slug")


def _add_team_and_role(command: argparse.ArgumentParser) -> None:
    _add_team(command)
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
