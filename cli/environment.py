"""The settings of a machine that has none: what `make run` uses, kept under the data directory.

A command that a person types beside it (`signalbox keys create`) must see the same ones.
"""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def data_directory(environ: Mapping[str, str]) -> Path:
    """The data directory that `environ` names; a relative one lies in the project."""
    return (PROJECT / (environ.get("SIGNALBOX_DATA_DIR") or ".data")).resolve()


def local_settings(environ: Mapping[str, str], urls: Mapping[str, str]) -> dict[str, str]:
    """`environ` with everything filled in that Signalbox on one's own machine needs.

    What is set already stays. `urls` are those of the servers. Makes the secret key at first use.
    """
    data_dir = data_directory(environ)
    port = environ.get("PORT") or "8000"
    defaults = {
        "PORT": port,
        "HOST": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": environ.get("SECRET_KEY") or _secret_key(data_dir / "secret_key"),
        "SIGNALBOX_DEMO": "1",
        # The demo's own target listens on this machine.
        "SIGNALBOX_EGRESS_ALLOW": "127.0.0.0/8",
    }
    given = {key: value for key, value in environ.items() if value}
    commands = os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)])
    fixed = {"SIGNALBOX_DATA_DIR": str(data_dir), "PATH": commands, "PYTHONUNBUFFERED": "1"}
    return defaults | given | dict(urls) | fixed


def _secret_key(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    # Under another name first, so that a key is never read, or kept, in part.
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.token_urlsafe(48)}\n")
    unfinished.replace(path)
    return path.read_text().strip()


@contextlib.contextmanager
def settings_for_commands(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The settings to run one command with, while its servers are up.

    With `DATABASE_URL` and `REDIS_URL` set that is `environ`. Else it is what `make run` uses; when
    that is not running, its servers run for as long as the block does. Raises
    `cli.processes.CannotStart` when they cannot.
    """
    if environ.get("DATABASE_URL") and environ.get("REDIS_URL"):
        yield dict(environ)
        return
    # Only here: on a host with servers of its own, their wheels and psutil are not installed.
    from cli.processes import AlreadyRunning, DataDirectory  # noqa: PLC0415
    from cli.servers import LocalServers  # noqa: PLC0415

    directory = DataDirectory(data_directory(environ))
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(directory)
        except AlreadyRunning:
            # `make run` holds it, and so runs the servers.
            yield local_settings(environ, LocalServers(directory, environ).urls)
            return
        yield local_settings(environ, held.enter_context(LocalServers(directory, environ)).urls)
