"""What one command may use up."""

from codexctl.domain.values import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one command, the same in all modes.

    Attributes:
        processes: Alive at the same time, threads not counted. One more ends the command.
        file_bytes: Size of one file it writes; a larger one gets ``SIGXFSZ`` (``EFBIG``).
        disk_bytes: How much less may be free on the disks it can write to than when it began,
            whoever has filled them.
        free_bytes: What has to stay free on the disks it can write to. Where there is less than
            twice as much to begin with, half of what there is has to stay.
        output_bytes: Output that is kept, one half from its beginning and one from its end. The
            rest is read, counted and dropped. wire-contract 4.5 has the official client's 1 MiB.
        grace_seconds: From ``SIGTERM`` to ``SIGKILL``.
        tick_seconds: How often processes and free space are looked at.
    """

    processes: int = 1024
    file_bytes: int = 2048 * MEBIBYTE
    disk_bytes: int = 16384 * MEBIBYTE
    free_bytes: int = 512 * MEBIBYTE
    output_bytes: int = MEBIBYTE
    grace_seconds: float = 0.25
    tick_seconds: float = 0.05
