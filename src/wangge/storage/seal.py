"""Personal text on its way into the database and out again.

AES-GCM with the town's key file; the key's id stands in front of each value, so
that a key can be changed later without guessing which one sealed what.
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

_NONCE = 12
NAMES = 2000
"""How many names are kept open at most: a town's."""


class Seal:
    """Closes and opens personal text; `mark` lets phones be compared without being read."""

    def __init__(self, key: bytes) -> None:
        """Take the 32 bytes of the key file."""
        self._key_id = hashlib.sha256(b"key id" + key).digest()[:4]
        self._cipher = AESGCM(hashlib.sha256(b"text" + key).digest())
        self._mark_key = hashlib.sha256(b"mark" + key).digest()
        self.open_name = lru_cache(NAMES)(self.open)
        """As `open`, for the names of people, which are read again and again."""

    def close_bytes(self, content: bytes) -> bytes:
        """Return the content unreadable."""
        nonce = os.urandom(_NONCE)
        return self._key_id + nonce + self._cipher.encrypt(nonce, content, self._key_id)

    def has_closed(self, sealed: bytes) -> bool:
        """Tell whether this key closed it."""
        return sealed.startswith(self._key_id)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Return what `close_bytes` was given.

        Raises:
            cryptography.exceptions.InvalidTag: another key sealed it, or somebody changed it.
        """
        start = len(self._key_id)
        nonce = sealed[start : start + _NONCE]
        return self._cipher.decrypt(nonce, sealed[start + _NONCE :], sealed[:start])

    def close(self, text: str) -> bytes:
        """Return the text unreadable."""
        return self.close_bytes(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what `close` was given; raises as `open_bytes` does."""
        return self.open_bytes(sealed).decode()

    def close_json(self, value: Any) -> bytes:  # noqa: ANN401 - any JSON
        """Return a JSON value unreadable."""
        return self.close_bytes(to_json(value))

    def open_json(self, sealed: bytes) -> Any:  # noqa: ANN401 - any JSON
        """Return what `close_json` was given."""
        return from_json(self.open_bytes(sealed))

    def mark(self, text: str) -> str:
        """Return a keyed hash: equal texts have equal marks, and no more can be told."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()[:32]


def make_key(path: Path) -> None:
    """Write a new key file that only its owner may read; an existing one is left alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path) -> Seal:
    """Return the seal of a key file.

    Raises:
        FileNotFoundError: `wangge init` has not been run for this data folder.
    """
    return Seal(path.read_bytes())
