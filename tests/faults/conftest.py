"""One rig a module: what a test kills, it starts again."""

from collections.abc import Iterator

import pytest

from tests.conftest import fresh_installation
from tests.faults.rig import Rig
from tests.support.servers import TestServers


@pytest.fixture(scope="module")
def rig(servers: TestServers) -> Iterator[Rig]:
    """An installation of this module's own."""
    with fresh_installation(servers) as installation:
        rig = Rig(installation)
        yield rig
        rig.sender.close()
