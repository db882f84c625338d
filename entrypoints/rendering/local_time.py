"""Moments for a reader: in the time zone of the machine."""

from datetime import datetime


def at_local(moment: datetime, now: datetime | None = None) -> str:
    """Return ``at 14:05`` for a moment of today, else ``on 21 Nov 2026 at 14:05``.

    Args:
        moment: The moment, aware.
        now: The present moment, aware, whose time zone is used; None for the machine's.
    """
    here = datetime.now().astimezone() if now is None else now
    # The machine's zone, not its offset of today: summer time may lie between the two.
    local = moment.astimezone() if now is None else moment.astimezone(now.tzinfo)
    time = f"at {local:%H:%M}"
    return time if local.date() == here.date() else f"on {local.day} {local:%b %Y} {time}"
