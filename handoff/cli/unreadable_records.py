"""Collects the records of the ledger that a command cannot read, and names each of them once."""

from __future__ import annotations

from typing import Any

import click

from handoff.problems import RecordUnreadable


class UnreadableRecords:
    """The records that this run of a command could not read."""

    def __init__(self) -> None:
        self._by_name: dict[str, RecordUnreadable] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def add(self, unreadable: RecordUnreadable) -> None:
        """Print the name of the record and its damaged columns, each record once."""
        if unreadable.record in self._by_name:
            return
        self._by_name[unreadable.record] = unreadable
        columns = ", ".join(unreadable.columns)
        click.echo(f"The ledger's record {unreadable.record} cannot be read: {columns}.", err=True)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the entries of `unreadable[]` in the reports."""
        return [
            {"record": each.record, "columns": list(each.columns)}
            for each in self._by_name.values()
        ]
