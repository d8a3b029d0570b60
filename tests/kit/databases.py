"""Fresh databases for tests, the same on SQLite and PostgreSQL.

PostgreSQL is the server that DATABASE_URL names; without one, a private server is started on a
free port of the loopback interface, as an unprivileged user, and stopped when the tests end.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

from domain.storage.database import Database
from domain.storage.migrate import upgrade
from domain.storage.tables import Base

_STOP_SECONDS = 20
_START_SECONDS = 60
_ATTEMPTS_TO_START = 3
_END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_HOW_TO_INSTALL = (
    "PostgreSQL is missing: install it (Debian: apt install postgresql; macOS: brew install postgresql), "
    "or set DATABASE_URL to a server on which databases may be made."
)


class PrivatePostgres:
    """A server of our own in a folder of its own; `url` signs its owner in."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._owner = _unprivileged_owner()
        self._password = secrets.token_urlsafe(16)
        self._folder = Path(tempfile.mkdtemp(prefix="trader-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._make_cluster()
            self.url = self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server that was started here, by its own process, and remove its folder."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(_STOP_SECONDS)
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make_cluster(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        if "user" in self._owner:
            for path in (self._folder, password_file):
                shutil.chown(path, self._owner["user"], self._owner["group"])
        subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self._folder / 'data'}",
                f"--pwfile={password_file}",
                *("--username=trader", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._owner,
        )

    def _start(self) -> URL:
        for _ in range(_ATTEMPTS_TO_START):
            port = free_port()
            self._process = self._spawn(port)
            url = URL.create("postgresql", "trader", self._password, "127.0.0.1", port, "postgres")
            if self._answers(url):
                return url
        log = (self._folder / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start.\n{log}")

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 60,
            "shared_buffers": "32MB",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self._folder / "data"), *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._owner,
            )

    def _answers(self, url: URL) -> bool:
        """Whether the server came up; False when it ended, for example because the port was taken."""
        assert self._process is not None
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(url.port), "-t", "1"]
        for _ in range(_START_SECONDS * 10):
            if subprocess.run(ready, check=False).returncode == 0:
                return self._process.poll() is None
            try:
                self._process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            return False
        raise RuntimeError(f"PostgreSQL did not answer within {_START_SECONDS} seconds.")


class PostgresDatabases:
    """Makes and drops databases on one server."""

    def __init__(self, server: URL) -> None:
        self._server = server

    def create(self) -> URL:
        """A database without tables."""
        name = f"trader_{secrets.token_hex(6)}"
        self._execute(f'CREATE DATABASE "{name}"')
        return self._server.set(database=name)

    def drop(self, url: URL) -> None:
        """Remove it, connections and all."""
        self._execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')

    def empty(self, url: URL) -> None:
        """End every connection to it and delete every row: quicker than a new database."""
        with _connected(self._server) as connection:
            connection.execute(_END_CONNECTIONS, [url.database])
        with _connected(url) as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(str(table.delete()).encode())

    def _execute(self, statement: str) -> None:
        with _connected(self._server) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL server on which databases may be made."""
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith("postgres"):
        yield make_url(named.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql")
        return
    server = PrivatePostgres()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: URL) -> PostgresDatabases:
    """Makes databases on the server."""
    return PostgresDatabases(postgres_server)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_databases: PostgresDatabases) -> Iterator[URL]:
    """A database with every table, which the tests of this process use in turn."""
    url = postgres_databases.create()
    upgrade_at(url)
    yield url
    postgres_databases.drop(url)


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases, migrated_postgres: URL) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database without rows.

    A test that changes the tables themselves asks for `empty_database_url`.
    """
    yield migrated_postgres.render_as_string(hide_password=False)
    postgres_databases.empty(migrated_postgres)


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no rows, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    upgrade_at(sqlite_url(file))
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, once for each kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "empty.db")
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = databases.create()
    yield url.render_as_string(hide_password=False)
    databases.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database without rows, once for each kind."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    file = tmp_path / "trader.db"
    shutil.copyfile(request.getfixturevalue("migrated_sqlite_file"), file)
    return sqlite_url(file)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database without rows, once for each kind."""
    database = Database(database_url)
    yield database
    database.close()


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{file}"


def upgrade_at(url: str | URL) -> None:
    """Run every migration there."""
    with_password = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    database = Database(with_password)
    try:
        upgrade(database)
    finally:
        database.close()


def free_port() -> int:
    """A port of the loopback interface on which nothing listens at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _programs() -> Path:
    on_path = shutil.which("postgres")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    for folder in ([Path(on_path).parent] if on_path else []) + installed[::-1]:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_isready")):
            return folder
    pytest.fail(_HOW_TO_INSTALL, pytrace=False)


def _unprivileged_owner() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import grp
    import pwd

    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": name, "group": grp.getgrgid(account.pw_gid).gr_name, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody'.")


def _connected(url: URL) -> psycopg.Connection:
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
