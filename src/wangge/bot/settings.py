"""What the operator configures, read once from the environment and frozen."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    clock: str | None = None
    """Address of a sandbox whose town time to follow; both must be on this machine."""
    health_port: int = Field(default=8089, ge=0, le=65535)
    """Port of the health page on loopback; 0 takes a free one."""
    album_wait: float = Field(default=2.0, ge=0)
    """Seconds to wait for the rest of an album before answering once."""
    log_level: str = "info"
    """debug, info, warning or error."""

    @field_validator("telegram_token")
    @classmethod
    def token_or_none(cls, token: SecretStr | None) -> SecretStr | None:
        """An empty variable is none."""
        return token if token and token.get_secret_value().strip() else None

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'wangge.db'}"

    @property
    def key_file(self) -> Path:
        """The key that personal text is sealed with."""
        return self.data_dir / "key"

    @property
    def files_dir(self) -> Path:
        """Where photos and documents lie, named by their hash."""
        return self.data_dir / "files"
