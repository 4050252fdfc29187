"""The error tree of the store."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes after which the same statement may succeed later (PostgreSQL manual, appendix A):
# 08 connection, 53 resources, 57P server going away, 57014 statement timeout, 40 deadlock or serialization.
_TRANSIENT = ("08", "53", "57P", "57014", "40001", "40P01")

NO_SUCH_DATABASE = "3D000"
_NOT_LET_IN = ("28", NO_SUCH_DATABASE)  # class 28: who we say we are is not believed


class StoreError(Exception):
    """Base of everything the store raises by itself."""


class DatabaseUnavailable(StoreError):
    """The database cannot be reached or does not answer in time; worth trying again later."""


class ForeignSchema(StoreError):
    """The database holds tables that our migrations did not make."""

    def __init__(
        self, tables: list[str], why: str = "the database already holds tables of another schema"
    ) -> None:
        super().__init__(f"{why}: {', '.join(tables)}")
        self.tables = tables


class UnknownRevision(StoreError):
    """There is no such migration."""


def is_unavailable(error: BaseException) -> bool:
    """True when `error` tells of the database's absence or overload rather than of our statement."""
    if isinstance(error, PoolTimeout | InterfaceError | OSError | TimeoutError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        sqlstate: str | None = getattr(error.orig, "sqlstate", None)
        if sqlstate is None:
            return isinstance(error.orig, OSError | asyncpg.InterfaceError)
        return sqlstate.startswith(_TRANSIENT)
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_TRANSIENT)
    return isinstance(error, asyncpg.InterfaceError)


def not_let_in(error: BaseException) -> str | None:
    """The SQLSTATE of being refused for what the URL says: user, password, the database's name."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    state: str | None = getattr(error, "sqlstate", None)
    return state if (state or "").startswith(_NOT_LET_IN) else None


def is_outage(error: BaseException) -> bool:
    """True when the database itself is away: it does not let us connect, or does not answer at all. A lost
    connection or a slow statement says nothing of the next one."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if isinstance(error, OSError | TimeoutError):
        return True
    return getattr(error, "sqlstate", None) in ("57P03", "08001", "08004")  # cannot connect now, rejected
