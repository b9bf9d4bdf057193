"""All scenarios, in the order of the catalogue's chapters."""

from tests.chaos.scenario import CATALOGUE
from tests.chaos.scenarios import (  # noqa: F401 - importing one declares its scenarios
    clocks,
    floods,
    outside,
    postgres,
    processes,
    redis,
)

SCENARIOS = tuple(
    sorted(CATALOGUE.scenarios, key=lambda each: (int(each.row.removeprefix("F")), each.id))
)
