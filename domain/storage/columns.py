"""Column types that keep a value exactly, the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator

from domain.clock import as_utc

# PostgreSQL sorts text by the rules of its locale unless told otherwise, and a cursor that compares
# identifiers needs the order of their bytes, which is the only order SQLite has.
ExactText = String().with_variant(String(collation="C"), "postgresql")

# Not JSONB: it rewrites numbers (1e300 comes back as an integer), and a stored result must come back
# as it was.
ExactJson = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond. Refuses a datetime without a zone with a ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = as_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - signature of SQLAlchemy
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else as_utc(stored)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number kept as text: SQLite would make a float of it, a NUMERIC would fix its scale."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - signature of SQLAlchemy
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - signature of SQLAlchemy
        return None if value is None else Decimal(value)
