"""What lies in the database, read past the product."""

import asyncio
import json
from typing import Any

import asyncpg


class Stored:
    """The database of one installation."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    def event(self, event_id: str) -> dict[str, Any]:
        """A whole event row; its headers as a dict."""
        (row,) = self._fetch("SELECT * FROM event WHERE id::text = $1", event_id)
        return {**row, "headers": dict(json.loads(row["headers"]))}

    def events_of(self, trigger_id: str) -> int:
        """How many events a trigger has."""
        (row,) = self._fetch(
            "SELECT count(*) AS number FROM event WHERE trigger_id::text = $1", trigger_id
        )
        number: int = row["number"]
        return number

    def called_with(self, event_id: str) -> Any:
        """The JSON body of the only call that an event led to."""
        (row,) = self._fetch(
            "SELECT request FROM step_run s JOIN execution x ON x.id = s.execution_id "
            "WHERE x.event_id::text = $1",
            event_id,
        )
        return json.loads(json.loads(row["request"])["body"])

    def body_differed(self, trigger_id: str) -> list[bool]:
        """For each sender's id of a trigger: whether it came again with another body."""
        rows = self._fetch(
            "SELECT body_differed FROM sender_id WHERE trigger_id::text = $1", trigger_id
        )
        return [row["body_differed"] for row in rows]

    def remembered_days(self, trigger_id: str) -> list[int]:
        """For each sender's id of a trigger: for how many days it is remembered."""
        rows = self._fetch(
            "SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days "
            "FROM sender_id WHERE trigger_id::text = $1",
            trigger_id,
        )
        return [row["days"] for row in rows]

    def _fetch(self, sql: str, *arguments: object) -> list[Any]:
        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(self._database_url)
            try:
                rows: list[Any] = await connection.fetch(sql, *arguments)
                return rows
            finally:
                await connection.close()

        return asyncio.run(fetch())
