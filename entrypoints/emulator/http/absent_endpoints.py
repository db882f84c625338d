"""What is answered where the emulator has no endpoint."""

from codexctl.entrypoints.emulator.backends import Backend, backend_of
from codexctl.entrypoints.emulator.http.messages import HttpReply, HttpRequest, refusal_reply
from codexctl.entrypoints.emulator.http.refusals import detail, in_shape_of, nested

_RESPONSES = frozenset(backend.responses_path for backend in Backend)


def answer_absent(request: HttpRequest) -> HttpReply:
    """Refuse a request that no endpoint takes.

    The official client asks for a WebSocket first, with a `GET` where it would `POST`. 426 is how a
    back end tells it to stay with HTTP, for the rest of its session (wire-contract 3.9).
    """
    backend = backend_of(request.path)
    if _asks_for_a_websocket(request):
        text = "There is no WebSocket here. Send a POST request."
        refusal = in_shape_of(backend, text, "upgrade_required", 426)
        return refusal_reply(refusal, ("connection", "upgrade"), ("upgrade", "HTTP/1.1"))
    if backend is Backend.API_KEY:
        text = f"Invalid URL ({request.method} {request.path})"
        return refusal_reply(nested(text, status=404))
    return refusal_reply(detail("Not Found", 404))


def _asks_for_a_websocket(request: HttpRequest) -> bool:
    return (
        request.method == "GET"
        and request.path in _RESPONSES
        and request.headers.get("upgrade", "").lower() == "websocket"
    )
