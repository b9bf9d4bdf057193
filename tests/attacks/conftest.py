"""One installation for all attacks, and two teams that attack it or are attacked."""

from collections.abc import Iterator

import pytest

from tests.attacks.stored import Stored
from tests.conftest import fresh_installation
from tests.support.installation import Hook, Installation, Team
from tests.support.servers import TestServers


@pytest.fixture(scope="package")
def signalbox(servers: TestServers) -> Iterator[Installation]:
    with fresh_installation(servers) as installation:
        yield installation


@pytest.fixture(scope="package")
def alice(signalbox: Installation) -> Team:
    """The team whose hooks are attacked."""
    return signalbox.team("alice")


@pytest.fixture(scope="package")
def charlie(signalbox: Installation) -> Team:
    """Another team."""
    return signalbox.team("charlie")


@pytest.fixture(scope="package")
def hook(alice: Team) -> Hook:
    """A hook that takes everything, unsigned."""
    return alice.hook()


@pytest.fixture
def stored(signalbox: Installation) -> Stored:
    """What lies in the database."""
    return Stored(signalbox.env["DATABASE_URL"])
