"""Alembic migrations. Their state is kept in a version table of our own name."""

VERSION_TABLE = "telcall_alembic_version"
