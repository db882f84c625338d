"""``codexctl sessions``: the conversations that are kept."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence

from codexctl.domain.ports import SessionStore
from codexctl.domain.session import SessionSummary
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import open_sessions, session_lines
from codexctl.entrypoints.rendering.excerpts import cut, local_minute
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.rendering.session_account import account_lines
from codexctl.entrypoints.settings import read_settings

_LONGEST_WORDS = 60
_SHORT_IDS = (8, 13, 18, 23, 36)
"""Lengths to which an id is cut in a list: where its groups end."""


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """List, show or remove; see ``codexctl sessions --help``."""
    settings = read_settings(surroundings.environment, options.profile)
    store = open_sessions(settings)
    match options.action:
        case "list":
            _list(store, screen, as_json=options.json)
        case "show" if options.json:
            for line in session_lines(settings, options.id):
                screen.answer(f"{line}\n")
        case "show":
            screen.answer("".join(f"{line}\n" for line in account_lines(store.read(options.id))))
        case _:
            for reference in options.ids:
                screen.note(f"Removed the session {store.remove(reference)}.")
    return DONE


def _list(store: SessionStore, screen: Screen, *, as_json: bool) -> None:
    summaries = list(store.listed())
    if not summaries:
        screen.note("No conversation is kept yet. Begin one with: codexctl run PROMPT")
    for line in map(_as_json, summaries) if as_json else _table(summaries):
        screen.answer(f"{line}\n")


def _as_json(summary: SessionSummary) -> str:
    header = summary.header
    fields: dict[str, object] = {
        "id": summary.session_id,
        "changed_at": summary.changed_at.isoformat(timespec="seconds"),
        "is_readable": header is not None,
    }
    if header is not None:
        fields |= {
            "created_at": header.created_at.isoformat(timespec="seconds"),
            "working_folder": header.working_folder,
            "name": header.name,
            "forked_from": header.forked_from,
            "model": summary.model,
            "first_words": summary.first_words,
        }
    return json.dumps(fields, ensure_ascii=False)


def _table(summaries: Sequence[SessionSummary]) -> Iterator[str]:
    ids = {summary.session_id for summary in summaries}
    length = next(one for one in _SHORT_IDS if len({each[:one] for each in ids}) == len(ids))
    rows = [_row(summary, length) for summary in summaries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width)
        yield "  ".join(cells).rstrip()


def _row(summary: SessionSummary, length: int) -> tuple[str, str, str, str, str]:
    name = summary.header and summary.header.name
    return (
        summary.session_id[:length],
        local_minute(summary.changed_at),
        summary.model or "-",
        f"[{name}]" if name else "",
        cut(summary.first_words, _LONGEST_WORDS) if summary.header else "(cannot be read)",
    )
