"""The column types the schema is made of."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

# Ids of parks and rides grow without a bound we know (domain page, Q21).
UnsignedInteger = Integer().with_variant(mysql.INTEGER(unsigned=True), "mysql", "mariadb")

# Output heads and tails pass the 64 KiB of MariaDB's TEXT.
LongText = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, naive UTC in the database, whatever zone the server believes in."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: a moment must be aware")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - given by SQLAlchemy
        return None if value is None else value.replace(tzinfo=UTC)
