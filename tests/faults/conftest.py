"""One rig for all: what a test kills, it starts again, or else the next test finds it started."""

from collections.abc import Iterator

import pytest

from tests.conftest import fresh_installation
from tests.faults.rig import Rig
from tests.support.servers import TestServers


@pytest.fixture(scope="package")
def shared_rig(servers: TestServers) -> Iterator[Rig]:
    """An installation for all tests that leave its servers alone."""
    with fresh_installation(servers) as installation:
        rig = Rig(installation)
        yield rig
        rig.sender.close()


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The installation, with its processes running and no others."""
    shared_rig.mend()
    return shared_rig
