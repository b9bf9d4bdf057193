"""Day partitions: made ahead, found by the id alone, dropped whole."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import utc_now
from domain.rules.ids import first_id_at, instant_of, new_id
from domain.store import partitions
from domain.store.database import execute, fetch

TODAY = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)


async def children(table: str) -> set[str]:
    rows = await fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
        "WHERE inhparent = $1::text::regclass",
        table,
    )
    return {row["name"] for row in rows}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("table", partitions.PARTITIONED_TABLES)
async def test_a_week_ahead_is_there_and_the_net_is_empty(table: str) -> None:
    names = await children(table)
    for offset in range(-1, partitions.DAYS_AHEAD + 1):
        assert partitions.partition_name(table, TODAY + timedelta(days=offset)) in names
    assert f"{table}_default" in names
    assert (await partitions.rows_outside_partitions())[table] == 0


@pytest.mark.usefixtures("store")
async def test_making_them_again_makes_nothing() -> None:
    assert await partitions.make_partitions(utc_now()) == []


@pytest.mark.usefixtures("store")
async def test_old_days_are_dropped_and_younger_ones_kept() -> None:
    # Far in the past, so that no other test has rows there.
    old = datetime(2001, 1, 1, tzinfo=UTC)
    for day in (old, old + timedelta(days=1)):
        name = partitions.partition_name("attempt", day)
        low, high = first_id_at(day), first_id_at(day + timedelta(days=1))
        await execute(
            f"CREATE TABLE {name} PARTITION OF attempt FOR VALUES FROM ('{low}') TO ('{high}')"
        )
    kept = await children("attempt")
    dropped = await partitions.drop_old_partitions(old + timedelta(days=91, hours=3))
    assert dropped == ["attempt_20010101"]
    assert await children("attempt") == kept - {"attempt_20010101"}
    await partitions.drop_partitions_before("attempt", old + timedelta(days=2))


def test_an_id_carries_its_instant_at_the_bounds_of_its_day() -> None:
    first = first_id_at(TODAY)
    assert instant_of(first) == TODAY
    assert first <= new_id() < first_id_at(TODAY + timedelta(days=2))
    assert instant_of(first_id_at(TODAY - timedelta(milliseconds=1))) < TODAY
