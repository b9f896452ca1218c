"""No secret passes the log's handler, whoever writes the line."""

import io
import logging

import pytest

from wangge.bot import log

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe", "POST https://api.telegram.org/bot<token>/getMe"),
        ("call 13812345678 now", "call <phone> now"),
        ("id 113812345678 stays", "id 113812345678 stays"),
        ("postgresql+psycopg://wg:s3cret@db/town", "postgresql+psycopg://wg:<secret>@db/town"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_are_replaced(line: str, shown: str) -> None:
    assert log.redacted(line) == shown


def test_the_handler_redacts_arguments_and_keeps_only_the_place_of_an_error() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(log.Redacting())
    logger = logging.getLogger("a.library")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        raise ValueError(f"李二牛 said 灯不亮了 to {TOKEN}")
    except ValueError:
        logger.exception("failed with %s", TOKEN)
    finally:
        logger.removeHandler(handler)
    assert "ValueError" in out.getvalue() and "test_log.py" in out.getvalue()
    for secret in (TOKEN, "李二牛", "灯不亮了"):
        assert secret not in out.getvalue()


def test_an_error_is_told_by_its_places_and_its_cause() -> None:
    try:
        try:
            raise KeyError("李二牛")
        except KeyError as cause:
            raise RuntimeError("灯不亮了") from cause
    except RuntimeError as error:
        found = log.places(error)
    assert found[-1] == "KeyError" and "RuntimeError" in found
    assert "李二牛" not in str(found) and "灯不亮了" not in str(found)
