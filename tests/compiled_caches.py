"""SQL and templates that are compiled once for all ledgers and apps of this process.

The service compiles each once for its only ledger and app. The tests make hundreds of both.
"""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class SharedSqliteDialect(SQLiteDialect_pysqlite):
    """SQLite's dialect, of which all engines use one cache of compiled statements."""

    supports_statement_cache = True
    _compiled: ClassVar[dict[Any, Any]] = {}  # SQLAlchemy's keys contain the dialect

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls._compiled)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class MemoryBytecodeCache(BytecodeCache):
    """The bytecode of templates, in memory."""

    def __init__(self) -> None:
        self._bytecode: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._bytecode.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key + bucket.checksum] = bucket.code


def share_compiled_code() -> None:
    """Make all engines and apps that this process creates from now on use the shared caches."""
    registry.register("sqlite", __name__, SharedSqliteDialect.__name__)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": MemoryBytecodeCache()}
