"""Read a call as the Bot API allows it: query, JSON, form or multipart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from wangge.sandbox.content import Upload
from wangge.sandbox.errors import ApiError, bad_request
from wangge.sandbox.params import Parameters

P = TypeVar("P", bound=Parameters)
MISSING = {"text": "message text is empty", "chat_id": "chat_id is empty"}


@dataclass
class Incoming:
    """A call as it came in: its method, raw parameters and files; `checked` once they proved right."""

    method: str
    fields: dict[str, Any]
    uploads: dict[str, Upload]
    checked: Parameters | None = None

    @property
    def chat_id(self) -> int | None:
        """Return the chat the call is about, if it says so in a readable way."""
        try:
            return int(self.fields["chat_id"])
        except (KeyError, TypeError, ValueError):
            return None

    def check(self, model: type[P]) -> P:
        """Return the parameters as their method declares them.

        Raises:
            ApiError: one is missing, unknown or of the wrong type; all mistakes are named.
        """
        sent_as_file = {name: f"attach://{name}" for name in self.uploads if name in model.model_fields}
        try:
            checked = model.model_validate({**self.fields, **sent_as_file})
        except ValidationError as mistakes:
            raise _refusal(mistakes) from None
        self.checked = checked
        return checked

    def written_down(self) -> dict[str, Any]:
        """Return what the journal keeps of the call; files by name and size."""
        files = {name: {"file": u.name, "size": len(u.content)} for name, u in self.uploads.items()}
        fields = (
            self.checked.model_dump(exclude_unset=True, exclude_none=True) if self.checked else self.fields
        )
        return {**fields, **files}


async def read(request: web.Request, method: str) -> Incoming:
    """Read the parameters of a call.

    Raises:
        ApiError: the body is not what its content type says.
    """
    fields: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json" and request.can_read_body:
        fields.update(await _json(request))
    elif request.can_read_body:
        _take_form(await request.post(), fields, uploads)
    return Incoming(method, fields, uploads)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        found = await request.json()
    except ValueError:
        raise bad_request("can't parse request body as JSON") from None
    if not isinstance(found, dict):
        raise bad_request("object expected as request body")
    return found


def _take_form(form: Mapping[str, Any], fields: dict[str, Any], uploads: dict[str, Upload]) -> None:
    for name, value in form.items():
        if isinstance(value, web.FileField):
            uploads[name] = Upload(value.filename, value.file.read())
        elif isinstance(value, bytes | bytearray):
            uploads[name] = Upload(name, bytes(value))
        else:
            fields[name] = value


def _refusal(mistakes: ValidationError) -> ApiError:
    sentences = []
    for mistake in mistakes.errors():
        path = ".".join(str(step) for step in mistake["loc"])
        if mistake["type"] == "missing":
            sentences.append(MISSING.get(path, f'parameter "{path}" is required'))
        elif mistake["type"] == "extra_forbidden":
            sentences.append(f'unknown parameter "{path}"')
        else:
            sentences.append(f'parameter "{path}": {mistake["msg"]}')
    return bad_request("; ".join(sentences))
