"""Every setting, in one place. Environment variables, with units in the names."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import NeedsOperator

PREFIX = "AGENTIC_TRADER_"


class Mode(StrEnum):
    """Where the process runs, which decides its defaults of safety."""

    LOCAL = "local"
    SERVER = "server"


class Settings(BaseSettings):
    """Read from the environment; `AGENTIC_TRADER_` stands before each name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, populate_by_name=True)

    mode: Mode = Field(
        Mode.LOCAL,
        description="`local` signs a loopback user in as admin and serves GraphiQL; `server` does neither.",
    )
    data_folder: Path = Field(
        Path("~/.agentic-trader"), description="Where bars, artefacts and the SQLite database are kept."
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices(f"{PREFIX}DATABASE_URL", "DATABASE_URL", "database_url"),
        description="SQLAlchemy URL; SQLite in the data folder when unset. `DATABASE_URL` works too.",
    )
    workspace: str = Field(
        "default",
        pattern="^[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        max_length=64,
        description="Workspace of the local user and of the CLI.",
    )
    host: str = Field("127.0.0.1", description="Address the API server binds to.")
    port: int = Field(8000, ge=0, le=65_535, description="Port of the API server; 0 takes a free one.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma-separated origins that may open a WebSocket or read answers across sites."
    )
    workers: int = Field(2, ge=1, le=256, description="Processes that carry out backtests.")
    queue_limit: int = Field(1_000, ge=1, description="Most backtests that may wait or run in one process.")
    job_timeout_seconds: int = Field(3_600, ge=1, description="A backtest that runs longer is failed.")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe log line shown."
    )
    alpaca_api_key: SecretStr | None = Field(
        None, description="Key of the Alpaca account bars are read with."
    )
    alpaca_secret_key: SecretStr | None = Field(None, description="Its secret.")
    alpaca_paper: bool = Field(True, description="Whether the keys are those of a paper account.")
    alpaca_feed: str = Field("iex", description="Alpaca's market data feed: `iex` (free), `sip` or `otc`.")
    ccxt_exchange: str = Field("binance", description="Crypto exchange offered as a source, by its ccxt id.")
    query_depth_limit: int = Field(12, ge=1, description="Deepest nesting of a GraphQL query.")
    query_token_limit: int = Field(2_000, ge=1, description="Most lexical tokens in a GraphQL document.")
    query_alias_limit: int = Field(30, ge=1, description="Most aliases in a GraphQL document.")
    query_cost_limit: int = Field(
        20_000, ge=1, description="Most fields a query may return, lists multiplied out."
    )
    request_size_limit_bytes: int = Field(1_000_000, ge=1_024, description="Largest request body.")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @classmethod
    def read(cls) -> "Settings":
        """Settings from the environment. Raises NeedsOperator that names each wrong variable."""
        try:
            return cls()
        except ValidationError as fault:
            wrong = "; ".join(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in fault.errors())
            raise NeedsOperator(f"Some settings are wrong. {wrong}") from None

    @property
    def folder(self) -> Path:
        return self.data_folder.expanduser().absolute()

    @property
    def sql_url(self) -> str:
        """The database to use, credentials included: never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.folder / 'agentic-trader.db'}"
