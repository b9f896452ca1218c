"""A bot that dies where it is told: a warmed parent forks one bot for each order it reads.

The parent has imported everything and opened nothing: no loop, no thread, no database.
All that kills is here; the product has no hook for it.
"""

import asyncio
import gc
import itertools
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, event
from tests.office import settings_for

from wangge.bot.app import open_app
from wangge.bot.dispatch import Dispatch
from wangge.bot.log import configure_logging
from wangge.channels.telegram.request import AiohttpRequest
from wangge.handlers import router
from wangge.handlers.message import Inbound
from wangge.sandbox.server import TOKEN
from wangge.storage.prepared import Prepared

DIED = 77
TOLD = 3
"""Descriptor for what is told to the tests; whatever else is printed goes to stderr."""
POISON = "〔这一条会让程序退出〕"
VENOM = "〔这一条会让程序出错〕"


class Point(BaseModel):
    """The moment of death: just before or after the so-manieth thing of a sort."""

    model_config = ConfigDict(frozen=True)

    sort: Literal["commit", "call", "write", "accept"]
    when: Literal["before", "after"]
    number: int


class Order(BaseModel):
    """What one bot is to do."""

    folder: Path
    url: str
    point: Point | None = None
    log_level: str = "error"
    log_file: Path | None = None
    is_poisonable: bool = False
    webhook_port: int = 0
    """Where messages are pushed to; 0: they are fetched."""


class Fuse:
    """Counts the things of one sort and ends the process at the chosen one, as kill -9 would."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._begun = itertools.count(1)
        self._ended = itertools.count(1)

    def begin(self) -> None:
        if self._point.when == "before" and next(self._begun) == self._point.number:
            os._exit(DIED)

    def end(self) -> None:
        if self._point.when == "after" and next(self._ended) == self._point.number:
            os._exit(DIED)


def lay_to_commits(engine: Engine, fuse: Fuse) -> None:
    """Count the commits of writing transactions; a snapshot's commit changes nothing."""
    commit: Callable[[Any], None] = engine.dialect.do_commit
    here = threading.local()  # each transaction runs in one thread

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        here.is_writing = not connection.get_execution_options().get("read_only")

    def do_commit(connection: Any) -> None:
        counts, here.is_writing = getattr(here, "is_writing", False), False
        if counts:
            fuse.begin()
        commit(connection)
        if counts:
            fuse.end()

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]  # the injector


def lay_to_writes(engine: Engine, fuse: Fuse) -> None:
    """Count the statements that write."""

    def writes(statement: str) -> bool:
        return statement.lstrip().split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE"}

    send = Prepared.send

    def counted(tx: Connection, statement: str, arguments: Any, *, is_many: bool = False) -> Any:
        if writes(statement):
            fuse.begin()
        cursor = send(tx, statement, arguments, is_many=is_many)
        if writes(statement):
            fuse.end()
        return cursor

    Prepared.send = staticmethod(counted)  # type: ignore[method-assign, assignment]  # the injector

    @event.listens_for(engine, "before_cursor_execute")
    def _before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if writes(statement):
            fuse.begin()

    @event.listens_for(engine, "after_cursor_execute")
    def _after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if writes(statement):
            fuse.end()


def lay_to_calls(fuse: Fuse) -> None:
    """Count the calls to the platform, polls too."""
    do_request = AiohttpRequest.do_request

    async def counted(self: AiohttpRequest, *arguments: Any, **named: Any) -> tuple[int, bytes]:
        fuse.begin()
        answer = await do_request(self, *arguments, **named)
        fuse.end()
        return answer

    AiohttpRequest.do_request = counted  # type: ignore[method-assign]  # the injector


def lay_to_accepts(fuse: Fuse) -> None:
    """Count the acceptances: after one the message is stored and not yet acknowledged."""
    accept = Dispatch.accept

    async def counted(self: Dispatch, messages: Sequence[Inbound]) -> None:
        fuse.begin()
        await accept(self, messages)
        fuse.end()

    Dispatch.accept = counted  # type: ignore[method-assign]  # the injector


def lay(engine: Engine, point: Point) -> None:
    match point.sort:
        case "commit":
            lay_to_commits(engine, Fuse(point))
        case "write":
            lay_to_writes(engine, Fuse(point))
        case "call":
            lay_to_calls(Fuse(point))


def poison() -> None:
    """Let one message end the process, as a broken C library does, and one raise an error that quotes it."""
    handle = router.handle

    def deadly(outgoing: Any, message: Any, **named: Any) -> None:
        handle(outgoing, message, **named)
        if POISON in message.text:
            os._exit(DIED)
        if VENOM in message.text:
            logging.getLogger("a.library").debug("POST https://api.telegram.org/bot%s/getMe", TOKEN)
            raise ValueError(f"{message.text} {TOKEN}")

    router.handle = deadly


async def live(order: Order) -> None:
    if order.log_file:
        sys.stderr = order.log_file.open("a", encoding="utf-8", buffering=1)
        configure_logging(order.log_level)
    pushed = f"http://127.0.0.1:{order.webhook_port}/own-path" if order.webhook_port else ""
    settings = settings_for(
        order.folder,
        telegram_token=TOKEN,
        telegram_api=order.url,
        clock=order.url,
        telegram_webhook=pushed,
        webhook_port=order.webhook_port,
    )
    if order.point and order.point.sort == "accept":
        lay_to_accepts(Fuse(order.point))  # before the webhook's route has taken hold of it
    draws = itertools.count(101)
    async with open_app(settings, lambda: next(draws)) as app:
        if order.point:
            lay(app.database.engine, order.point)
        tell(port=app.port, pid=os.getpid())
        await app.run(asyncio.Event())


def tell(**facts: int) -> None:
    os.write(TOLD, (json.dumps(facts) + "\n").encode())


def leave(work: Coroutine[Any, Any, None]) -> NoReturn:
    """Do the child's work and end; nothing of the parent runs after it."""
    code = 1
    try:
        asyncio.run(work)
    except BaseException:  # noqa: BLE001 - a child says why it ends and never returns
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    os.dup2(1, TOLD)
    os.dup2(2, 1)
    gc.freeze()  # the children share the parent's pages
    tell(warm=1)
    for line in sys.stdin:
        order = Order.model_validate_json(line)
        assert threading.active_count() == 1, "a fork would copy a lock that nobody ever opens"
        child = os.fork()
        if child == 0:
            if order.is_poisonable:
                poison()
            leave(live(order))
        _, status = os.waitpid(child, 0)
        tell(ended=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
