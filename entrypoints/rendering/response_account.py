"""A recorded response: as a person reads it, and as JSON."""

from dataclasses import asdict

from codexctl.domain.errors import CodexctlError
from codexctl.domain.turn import FinishedTurn
from codexctl.entrypoints.inspected_stream import FoldedResponse, item_fields


def response_lines(response: FoldedResponse) -> list[str]:
    """Return what became of a response, as lines for a person."""
    turn = response.turn()
    if isinstance(turn, FinishedTurn):
        lines = [f"  completed  {turn.response_id or ''} {turn.model or ''}".rstrip()]
        lines += [f"  note: {text}" for text in turn.notices]
    else:
        lines = [error_line(turn.error)]
    if response.kinds:
        lines.append("  events")
        lines += [f"    {count:>6}  {kind}" for kind, count in response.kinds.items()]
    lines.append("  items")
    for item in turn.items:
        fields = item_fields(item)
        lines.append(f"    {fields.pop('type')}")
        lines += [
            f"      {name}: {line}"
            for name, value in fields.items()
            for line in str(value).split("\n")
        ]
    usage = turn.usage
    lines.append(
        f"  tokens: {usage.input_tokens:,} in ({usage.cached_input_tokens:,} cached),"
        f" {usage.output_tokens:,} out ({usage.reasoning_output_tokens:,} reasoning)"
    )
    return lines


def error_line(error: CodexctlError) -> str:
    """Return an error as a line for a person, with the provider's request id if there is one."""
    request_id = f" (request {error.request_id})" if error.request_id else ""
    return f"  {type(error).__name__}: {error.message}{request_id}"


def response_fields(response: FoldedResponse) -> dict[str, object]:
    """Return what became of a response, as an object of JSON."""
    turn = response.turn()
    fields: dict[str, object] = {
        "status": "completed" if isinstance(turn, FinishedTurn) else "interrupted",
        "events": dict(response.kinds),
        "items": [item_fields(item) for item in turn.items],
        "usage": asdict(turn.usage),
    }
    if isinstance(turn, FinishedTurn):
        fields |= {"response_id": turn.response_id, "model": turn.model}
        return fields | {"notices": list(turn.notices)}
    return fields | {"error": error_fields(turn.error)}


def error_fields(error: CodexctlError) -> dict[str, str]:
    """Return an error as an object of JSON."""
    return {"kind": type(error).__name__, "message": error.message}
