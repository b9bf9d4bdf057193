"""The scenarios of the chaos suite that are short, and that no other test plays. All of them:
`make chaos`."""

from collections.abc import Iterator

import pytest

from tests.chaos.scenario import Scenario, play
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.site import Site, open_site

SHORT = [each for each in SCENARIOS if each.short]
SEED = 20261128


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(SEED) as site:
        yield site


@pytest.mark.parametrize("scenario", SHORT, ids=[each.id for each in SHORT])
def test_nothing_is_lost_or_doubled(site: Site, scenario: Scenario) -> None:
    outcome = play(scenario, site)
    if outcome.result == "not played":
        pytest.skip(outcome.told)
    assert outcome.result == "holds", outcome.told


def test_every_row_that_was_asked_for_has_a_scenario() -> None:
    wanted = [*range(1, 10), *range(14, 30), *range(31, 37), *range(39, 42), *range(44, 52), 57, 58]
    assert {each.row for each in SCENARIOS} >= {f"F{number}" for number in wanted}
