"""Files people and the bot have sent, kept in memory, and the objects that describe them."""

import base64
import hashlib
import mimetypes
import struct
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wangge.sandbox.errors import bad_request
from wangge.sandbox.views import Json

DOWNLOAD_BYTES = 20 * 1024 * 1024
PHOTO_BYTES = 10 * 1024 * 1024
FOLDERS = {"photo": "photos", "document": "documents", "voice": "voice", "sticker": "stickers"}
SUFFIXES = {"photo": ".jpg", "voice": ".oga", "sticker": ".webp"}
_SAMPLE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L"
    "2u71////m8H////6/+b9//j/wAALCAAwAEABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAME/8QAFBABAAAAAAAAAAAAAAAA"
    "AAAAAP/aAAgBAQAAPwCgAAAAAAAMYAAAAAAAP//Z"
)


@dataclass(frozen=True)
class StoredFile:
    """One file; `size` is what the platform says, which tests may set higher than the bytes kept."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    content: bytes
    size: int
    path: str


class FileStore:
    """All files by their identifier."""

    def __init__(self) -> None:
        self.by_id: dict[str, StoredFile] = {}
        self.by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, content: bytes, *, name: str = "", size: int | None = None) -> StoredFile:
        """Keep a file under a new identifier."""
        number = len(self.by_id)
        suffix = SUFFIXES.get(kind) or mimetypes.guess_extension(_mime(name)) or ""
        digest = hashlib.sha256(content + kind.encode()).hexdigest()
        stored = StoredFile(
            file_id=f"AgACAgUAAx{kind}{number:06d}{digest[:24]}",
            unique_id=f"AQAD{digest[:12]}",
            kind=kind,
            name=name,
            content=content,
            size=len(content) if size is None else size,
            path=f"{FOLDERS[kind]}/file_{number}{suffix}",
        )
        self.by_id[stored.file_id] = stored
        self.by_path[stored.path] = stored
        return stored

    def get(self, file_id: str) -> dict[str, Any]:
        """Return the File object of getFile.

        Raises:
            ApiError: there is no such file, or it is too big to be fetched by a bot.
        """
        stored = self.by_id.get(file_id)
        if stored is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if stored.size > DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**_identity(stored), "file_path": stored.path}

    def describe(self, stored: StoredFile) -> Json:
        """Return what a message holds for a file: a Document, a Voice, or the sizes of a photo."""
        if stored.kind == "photo":
            return self._photo_sizes(stored)
        if stored.kind == "document":
            return {**_identity(stored), "file_name": stored.name, "mime_type": _mime(stored.name)}
        return _identity(stored)

    def _photo_sizes(self, stored: StoredFile) -> list[dict[str, Any]]:
        """Return a thumbnail and the picture; both have the same bytes, only the measures differ."""
        width, height = image_size(stored.content) or (1280, 960)
        factor = min(1.0, 90 / max(width, height))
        small = self.add("photo", stored.content, size=min(stored.size, 1500))
        return [
            {
                **_identity(small),
                "width": max(1, int(width * factor)),
                "height": max(1, int(height * factor)),
            },
            {**_identity(stored), "width": width, "height": height},
        ]


def safe_headers(content: bytes, name: str) -> dict[str, str]:
    """Return headers under which a browser shows pictures and sounds, and only saves all else."""
    kinds = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
    kinds |= {b"OggS": "audio/ogg", b"\x1aE\xdf\xa3": "audio/webm"}
    kind = next((kind for start, kind in kinds.items() if content.startswith(start)), None)
    if kind:
        return {"Content-Type": kind}
    disposition = f"attachment; filename*=UTF-8''{quote(name or 'file', safe='')}"
    return {"Content-Type": "application/octet-stream", "Content-Disposition": disposition}


def sample_photo(number: int) -> bytes:
    """Return a small valid JPEG that differs from those of other numbers in a comment."""
    comment = f"photo {number}".encode()
    return _SAMPLE[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + _SAMPLE[2:]


def sample_voice(number: int) -> bytes:
    """Return bytes that begin as an Ogg file does."""
    return b"OggS\x00\x02" + struct.pack(">Q", number) + bytes(64)


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG, None for anything else."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _jpeg_size(content) if content[:2] == b"\xff\xd8" else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header; 0xC4, 0xC8 and 0xCC lie in its range and are not one."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _identity(stored: StoredFile) -> dict[str, Any]:
    return {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": stored.size}


def _mime(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
