"""The explorer's server: on the loopback address alone, and only for who has the token.

The token is in the address that is printed. The first request exchanges it for a cookie, so that
the address that one copies from the browser does not hold it. A request without either is refused
before any page, file or socket is reached.
"""

import logging
import secrets
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

__all__ = ["ADDRESS", "serve"]

ADDRESS = "127.0.0.1"
PORT = 5007
_REFUSED = (
    "This page needs the token of the running `fastlr explore`. Open the address that it printed, "
    "or give it this link: fastlr explore 'LINK'\n"
)


def serve(
    page: Callable[[str], Any],
    query: str = "",
    port: int | None = None,
    open_browser: bool = True,
) -> None:
    """Serve a page until Ctrl-C; ``page`` builds it from the query of an address.

    Parameters
    ----------
    page : callable
        Takes the query of an address, and returns the Panel object to show.
    query : str
        The query with which to begin.
    port : int, optional
        The port. By default 5007, or a free one if that is taken.
    open_browser : bool
        Whether to open the address in the browser.

    Raises
    ------
    OSError
        If the port is taken.
    """

    def say(line: str) -> None:
        print(line, flush=True)

    token = secrets.token_urlsafe(24)
    logging.getLogger("asyncio").addFilter(_is_no_closed_tab)
    server = _start(page, port)
    _guard(server, token)
    address = f"http://{ADDRESS}:{server.port}/?" + urlencode({"token": token})
    address += f"&{query}" if query else ""
    say(f"Explore at {address}")
    say("Only this machine can reach it. Press Ctrl-C to stop.")
    server.start()
    if open_browser:
        server.io_loop.call_later(0.1, lambda: webbrowser.open(address))
    with suppress(KeyboardInterrupt):
        server.io_loop.start()
    server.stop()
    say("Stopped.")


def _is_no_closed_tab(record: logging.LogRecord) -> bool:
    """Whether a log record is about something else than a message to a tab that was closed."""
    from tornado.websocket import WebSocketClosedError

    return not (record.exc_info and isinstance(record.exc_info[1], WebSocketClosedError))


def _start(page: Callable[[str], Any], port: int | None) -> Any:
    """A server that listens on the loopback address, and is not started yet."""
    import panel as pn

    def session() -> Any:
        return _template(page(_query_of_session()))

    def listen(at: int) -> Any:
        return pn.io.server.get_server(
            {"/": session},
            port=at,
            address=ADDRESS,
            websocket_origin=[f"{ADDRESS}:{at}"] if at else None,
            start=False,
            show=False,
            location=False,
            title="fastlr explore",
        )

    if port is not None:
        try:
            return listen(port)
        except OSError as error:
            raise OSError(
                f"serve: port must be free, got {port} ({error.strerror}); leave it out to get a "
                "free one"
            ) from None
    try:
        return listen(PORT)
    except OSError:  # another explorer has it
        return listen(_free_port())


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind((ADDRESS, 0))
        return int(found.getsockname()[1])


def _query_of_session() -> str:
    """The query of the address that a browser opened."""
    import panel as pn

    arguments = pn.state.session_args or {}
    pairs = [(key, value) for key, values in arguments.items() for value in values]
    return urlencode(pairs)


def _template(content: Any) -> Any:
    """The page around the widgets."""
    import panel as pn

    html = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    template = pn.Template(html)
    template.add_panel("explorer", content)
    return template


def _guard(server: Any, token: str) -> None:
    """Put a rule before all others of the server: who has no cookie gets in by the token only."""
    from tornado.routing import Matcher, Rule
    from tornado.web import RequestHandler

    cookie = f"fastlr-explore-{server.port}"
    hosts = {f"{ADDRESS}:{server.port}"}

    def known(given: str) -> bool:
        return compare_digest(given.encode(), token.encode())

    class Outside(Matcher):
        """Matches the requests that are not let through."""

        def match(self, request: Any) -> dict[str, Any] | None:
            morsel = request.cookies.get(cookie)
            inside = morsel is not None and known(morsel.value) and request.host in hosts
            return None if inside and "token" not in request.query_arguments else {}

    class Entrance(RequestHandler):
        """Exchanges a token for a cookie; refuses everything else."""

        def prepare(self) -> None:
            given = self.request.query_arguments.pop("token", [b""])[-1]
            inside = self.request.method == "GET" and self.request.host in hosts
            if inside and known(given.decode("utf-8", "replace")):
                self.set_cookie(cookie, token, httponly=True, samesite="Lax")
                rest = [(k, v) for k, vs in self.request.query_arguments.items() for v in vs]
                self.redirect("/?" + urlencode(rest) if rest else "/")
                return
            self.set_status(403)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(_REFUSED)

    server._tornado.default_router.rules.insert(0, Rule(Outside(), Entrance))
