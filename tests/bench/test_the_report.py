import math

from tests.bench.load import percentile
from tests.bench.report import Row, table

SPEED = Row("speed", "per second", must=400, aim=1000, higher_is_better=True)
DELAY = Row("delay", "delay", " ms", must=100, aim=30)


def test_the_bounds_themselves_are_reached() -> None:
    assert SPEED.result(1000) == "pass"
    assert SPEED.result(400) == "pass, short of the aim"
    assert DELAY.result(30) == "pass"
    assert DELAY.result(100) == "pass, short of the aim"


def test_beyond_the_bound_is_short() -> None:
    assert SPEED.result(399.9) == "SHORT"
    assert DELAY.result(100.1) == "SHORT"


def test_an_aim_alone_can_only_be_fallen_short_of() -> None:
    assert Row("tail", "tail", " ms", aim=200).result(201) == "short of the aim"


def test_what_could_not_be_measured_is_short() -> None:
    assert SPEED.result(math.nan) == "SHORT"
    assert DELAY.result(math.nan) == "SHORT"


def test_the_table_shows_the_median_and_the_spread() -> None:
    head, line = table([DELAY, SPEED], {"delay": [20.0, 90.0, 40.0]})
    assert head.startswith("figure")
    cells = [cell.strip() for cell in line.split("  ") if cell]
    bounds = ["≤ 100 ms", "≤ 30 ms"]
    assert cells == ["delay", "40 ms", "20 ms .. 90 ms", *bounds, "pass, short of the aim"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([7.0, 3.0], 0.99) == 7
    assert math.isnan(percentile([], 0.5))
