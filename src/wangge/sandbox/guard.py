"""Keep other pages of the browser out: only what is addressed to this machine, by itself, is answered.

A page from elsewhere could otherwise send forms to a loopback port, or let its own name point there
(DNS rebinding). Programs send no Origin and are not affected.
"""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
SAFE = "default-src 'none'; sandbox; frame-ancestors 'none'"


@web.middleware
async def keep_out(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another page sends."""
    origin = request.headers.get("Origin")
    is_ours = origin is None or origin == f"http://{request.host}"
    is_cross = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET"
    if not is_ours or is_cross or _name(request.host) not in LOOPBACK_NAMES:
        return web.json_response({"error": "only pages of this sandbox may do that"}, status=403)
    return await handler(request)


async def mark(_request: web.Request, answer: web.StreamResponse) -> None:
    """Add to every answer that it is to be taken for what it says, and is for this page alone."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Content-Security-Policy", SAFE)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
