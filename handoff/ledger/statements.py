"""Statements that run many times a second: compiled once, and run by the database's own driver.

SQLAlchemy writes the text, and knows what each driver takes and gives. But to have it run one
takes ten times as long as SQLite itself does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Dialect
from sqlalchemy.types import TypeEngine

K = TypeVar("K")
Row = tuple[Any, ...]
_Converter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class RawConnection:
    """A connection of a driver, and the dialect that its statements are in."""

    driver: Any
    dialect: Dialect


class Statement:
    """A statement with named parameters, of which a list is for IN."""

    def __init__(self, *of_all: Any, **of_one: Any) -> None:
        """Take SQLAlchemy's one for all databases, or one for each by the name of its dialect."""
        self._of_all = of_all
        self._of_one = of_one
        self._texts: dict[tuple[object, ...], _Text] = {}

    def run(self, connection: RawConnection, values: Mapping[str, Any]) -> list[Row]:
        """Run it and return all the rows that it gives, none where it gives none."""
        lengths = (len(value) for value in values.values() if isinstance(value, list))
        key = (connection.dialect.name, *lengths)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self._text(connection.dialect, values)
        return text.run(connection.driver, values)

    def _text(self, dialect: Dialect, values: Mapping[str, Any]) -> _Text:
        [statement] = self._of_all or [self._of_one[dialect.name]]
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state(values)
        lists = state.parameter_expansion
        varying = {*values, *(name for names in lists.values() for name in names)}
        return _Text(
            words=state.statement,
            constants={k: v for k, v in state.parameters.items() if k not in varying},
            lists=lists,
            takes=_converters(
                (name, _kind(bound, dialect).bind_processor(dialect))
                for name, bound in compiled.binds.items()
                if name in values and name not in lists
            ),
            gives=_converters(
                (place, _kind(column, dialect).result_processor(dialect, None))
                for place, column in enumerate(statement.exported_columns)
            ),
        )


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one driver takes it, with lists of certain lengths.

    `constants` are parameters of its own. `lists` names the single parameters that a list
    becomes; `takes` and `gives` hold what turns Python's values into the driver's and back.
    """

    words: str
    constants: dict[str, Any]
    lists: Mapping[str, list[str]]
    takes: list[tuple[str, _Converter]]
    gives: list[tuple[int, _Converter]]

    def run(self, driver: Any, values: Mapping[str, Any]) -> list[Row]:
        taken = {**self.constants, **values}
        for name, singles in self.lists.items():
            taken.update(zip(singles, taken.pop(name), strict=True))
        for name, convert in self.takes:
            taken[name] = convert(taken[name])
        cursor = driver.execute(self.words, taken)
        rows = cursor.fetchall() if cursor.description else []
        return [self._read(row) for row in rows] if self.gives else rows

    def _read(self, row: Row) -> Row:
        values = list(row)
        for place, convert in self.gives:
            values[place] = convert(values[place])
        return tuple(values)


def _converters(found: Iterable[tuple[K, _Converter | None]]) -> list[tuple[K, _Converter]]:
    return [(where, convert) for where, convert in found if convert is not None]


def _kind(element: ColumnElement[Any], dialect: Dialect) -> TypeEngine[Any]:
    return element.type.dialect_impl(dialect)
