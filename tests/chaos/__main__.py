"""`python -m tests.chaos [--seed N] [--minutes 10] [--only F24 …] [--walk] [--into-page]`

Plays the scenarios, walks at random, and writes docs/chaos.md when all of it was asked for. The
exit code is 1 when anything did not hold.
"""

import argparse
import random
import sys

from tests.chaos.report import Run, write, write_again
from tests.chaos.scenario import Outcome, Scenario, play
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.site import Site, open_site
from tests.chaos.walk import MINUTES, walk


def main() -> int:
    """Run the suite; the exit code."""
    options = _options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**31)
    print(f"seed {seed}", flush=True)
    wanted = [each for each in SCENARIOS if not _some(options) or each.row in options.only]
    outcomes: list[Outcome] = []
    while wanted:
        with open_site(seed) as site:
            outcomes += _play_until_broken(wanted, site)
    walked = None
    if options.minutes and (options.walk or not options.only):
        with open_site(seed) as site:
            walked = walk(site, seed, options.minutes)
    run = Run(seed, outcomes, walked)
    print(run.summary(), flush=True)
    if _some(options) and options.into_page:
        write_again(run)
    elif not _some(options) and options.minutes >= MINUTES:
        write(run)
    return 0 if run.holds else 1


def _play_until_broken(wanted: list[Scenario], site: Site) -> list[Outcome]:
    """Play from the front of the list, and take away what was played. The checker knows everything
    that was ever sent to a site, so after what was broken the next scenario needs a new one."""
    outcomes = []
    while wanted:
        scenario = wanted.pop(0)
        print(f"{scenario.id:10} {scenario.fault}", flush=True)
        outcomes.append(play(scenario, site))
        _tell(outcomes[-1])
        if outcomes[-1].result == "BROKEN":
            break
    return outcomes


def _tell(outcome: Outcome) -> None:
    print(f"           {outcome.result} ({outcome.took_s:.0f} s): {outcome.told}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the random walk and the proxies' luck")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of the random walk")
    parser.add_argument("--only", nargs="+", default=[], metavar="F24",
                        help="only these rows, and no walk")  # fmt: skip
    parser.add_argument("--walk", action="store_true", help="the walk, and of the rows --only")
    parser.add_argument("--into-page", action="store_true",
                        help="put the results of a part into docs/chaos.md")  # fmt: skip
    return parser.parse_args()


def _some(options: argparse.Namespace) -> bool:
    return bool(options.only or options.walk)


if __name__ == "__main__":
    sys.exit(main())
