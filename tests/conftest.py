"""Fixtures every test folder may ask for; each is made only when a test names it."""

from hypothesis import HealthCheck, settings

from tests.kit.databases import (
    database,
    database_url,
    empty_database_url,
    migrated_postgres,
    migrated_sqlite_file,
    postgres_databases,
    postgres_server,
    postgres_url,
)

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "migrated_postgres",
    "migrated_sqlite_file",
    "postgres_databases",
    "postgres_server",
    "postgres_url",
]

# How long an example takes depends on the machine, so time decides no test.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
