"""The migrations give exactly the tables that `domain/store/tables*.py` declare, and the other way
round: names, types, nullability, defaults, uniqueness, primary keys."""

from dataclasses import dataclass

import pytest
from piccolo.columns import (
    JSON,
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Column,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.conf.apps import table_finder
from piccolo.table import Table

from domain.store.database import fetch
from domain.store.partitions import PARTITIONED_TABLES
from domain.store.piccolo_app import TABLE_MODULES
from domain.store.tables import PARTITIONED

# What the migrations themselves are recorded in belongs to Piccolo.
NOT_OURS = {"migration"}
# By class: Piccolo's own `column_type` would make the engine, before there is a database.
TYPES: dict[type[Column], str] = {
    UUID: "uuid",
    Text: "text",
    Timestamptz: "timestamp with time zone",
    Bytea: "bytea",
    Integer: "integer",
    SmallInt: "smallint",
    BigInt: "bigint",
    Boolean: "boolean",
    JSON: "json",
    JSONB: "jsonb",
    Array: "ARRAY",
}


@dataclass(frozen=True)
class Shape:
    """What a column is, on either side."""

    type: str
    null: bool
    has_default: bool
    unique: bool
    primary: bool


def declared() -> dict[str, dict[str, Shape]]:
    tables = table_finder(TABLE_MODULES)
    return {
        table._meta.tablename: {column._meta.name: shape(column) for column in columns_of(table)}
        for table in tables
    }


def columns_of(table: type[Table]) -> list[Column]:
    return list(table._meta.columns)


def shape(column: Column) -> Shape:
    return Shape(
        type=TYPES[type(column)],
        null=column._meta.null,
        # Piccolo writes every value, so what counts is whether a row may be made without one.
        has_default=column.get_default_value() is not None,
        unique=column._meta.unique,
        primary=column._meta.primary_key,
    )


_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES' AS null,
    c.column_default IS NOT NULL AS has_default,
    EXISTS (SELECT FROM pg_index i JOIN pg_attribute a
            ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = c.table_name::regclass AND a.attname = c.column_name
            AND i.indnkeyatts = 1 AND i.indisunique AND NOT i.indisprimary) AS unique,
    EXISTS (SELECT FROM pg_index i JOIN pg_attribute a
            ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = c.table_name::regclass AND a.attname = c.column_name
            AND i.indisprimary) AS primary
FROM information_schema.columns c
JOIN pg_class t ON t.oid = c.table_name::regclass AND NOT t.relispartition
WHERE c.table_schema = current_schema() AND t.relkind IN ('r', 'p')
"""


async def in_the_database() -> dict[str, dict[str, Shape]]:
    found: dict[str, dict[str, Shape]] = {}
    for row in await fetch(_COLUMNS):
        table = found.setdefault(row["table_name"], {})
        table[row["column_name"]] = Shape(
            row["data_type"], row["null"], row["has_default"], row["unique"], row["primary"]
        )
    return {name: columns for name, columns in found.items() if name not in NOT_OURS}


async def test_there_are_the_same_tables(store: None) -> None:
    assert (await in_the_database()).keys() == declared().keys()


@pytest.mark.parametrize("table", sorted(declared()))
async def test_a_table_has_the_same_columns(store: None, table: str) -> None:
    assert (await in_the_database())[table] == declared()[table]


async def test_what_is_declared_partitioned_is(store: None) -> None:
    rows = await fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'p' "
        "AND relnamespace = current_schema()::regnamespace"
    )
    tagged = {
        table._meta.tablename
        for table in table_finder(TABLE_MODULES)
        if set(PARTITIONED) & set(table._meta.tags)
    }

    assert {row["relname"] for row in rows} == tagged == set(PARTITIONED_TABLES)


async def test_every_partitioned_table_has_its_net(store: None) -> None:
    rows = await fetch(
        "SELECT inhparent::regclass::text AS parent FROM pg_inherits "
        "JOIN pg_class c ON c.oid = inhrelid "
        "WHERE pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'"
    )

    assert {row["parent"] for row in rows} >= set(PARTITIONED_TABLES)
