"""What the operator configures, read once from the environment and frozen."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wangge.bot.clock import is_loopback
from wangge.texts import say


class Settings(BaseSettings):
    """Read once by `bot.__main__`; every field stands in docs/settings.md (a test checks)."""

    model_config = SettingsConfigDict(
        env_prefix="WANGGE_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    data_dir: Path = Path("wangge-data")
    """Folder of the key, the policy, photos, and the database if it is SQLite."""
    database_url: str = ""
    """SQLAlchemy URL of a PostgreSQL database (postgresql+psycopg://…); empty: SQLite in the data folder."""
    telegram_token: SecretStr | None = None
    """Token from BotFather; without one the Telegram channel is off."""
    telegram_api: str = "https://api.telegram.org"
    """Root of the Bot API server."""
    telegram_pace: float = Field(default=25.0, ge=0)
    """Messages a second sent to Telegram; 0 switches the limit off (benchmarks, sandbox)."""
    telegram_webhook: str = ""
    """Public address that Telegram pushes to (https://town.example/own-path); empty: updates are fetched."""
    webhook_port: int = Field(default=8082, ge=0, le=65535)
    """Port on loopback that the proxy passes that address on to."""
    clock: str | None = None
    """Address of a sandbox whose town time to follow; both must be on this machine."""
    health_port: int = Field(default=8089, ge=0, le=65535)
    """Port of the health page on loopback; 0 takes a free one."""
    album_wait: float = Field(default=2.0, ge=0)
    """Seconds to wait for the rest of an album before answering once."""
    disk_limit: int = Field(default=500, ge=0)
    """Megabytes free in the data folder below which the administrator is told; 0: never."""
    log_level: str = "info"
    """debug, info, warning or error."""

    @field_validator("telegram_token")
    @classmethod
    def token_or_none(cls, token: SecretStr | None) -> SecretStr | None:
        """An empty variable is none."""
        return token if token and token.get_secret_value().strip() else None

    @field_validator("telegram_webhook")
    @classmethod
    def own_https_path(cls, url: str) -> str:
        """Telegram pushes to https only; without it the address must be on this machine (a sandbox)."""
        if not url:
            return url
        found = urlsplit(url)
        is_safe = found.scheme == "https" or (found.scheme == "http" and is_loopback(url))
        if not is_safe or not found.hostname or not found.path.strip("/") or found.query or found.fragment:
            raise PydanticCustomError("webhook", say("health.webhook_address"))
        return url

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'wangge.db'}"

    @property
    def key_file(self) -> Path:
        """The key that personal text is sealed with."""
        return self.data_dir / "key"

    @property
    def files_dir(self) -> Path:
        """Where photos and documents lie, named by their hash."""
        return self.data_dir / "files"
