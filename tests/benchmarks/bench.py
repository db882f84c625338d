"""Measures codexctl beside plain requests against one loopback server; `make bench` runs it.

The subjects take turns, so that what disturbs the machine disturbs all of them. They run in a venv
of their own with codexctl installed as users have it: an editable install starts slower.
``BENCH_RUNS`` sets how often each runs; the long stream about half as often.
"""

import hashlib
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = ("src", "domain", "application", "adapters", "entrypoints")
FILES = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
BASELINE = "requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of a subject took.

    Attributes:
        first_byte_seconds: Until it printed something; None if it never did.
        wall_seconds: Until it had ended.
        cpu_seconds: Of user and system together.
        memory_mib: Its peak; None if that was below this script's own, which the kernel counts in.
    """

    first_byte_seconds: float | None
    wall_seconds: float
    cpu_seconds: float
    memory_mib: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A command, and the runs of it so far."""

    name: str
    command: Sequence[str]
    runs: list[Run] = field(default_factory=list[Run])

    def medians(self) -> tuple[float | None, ...]:
        """Return the median of each measure, in the order of the table's columns."""
        return (
            _median([run.first_byte_seconds for run in self.runs]),
            _median([run.wall_seconds for run in self.runs]),
            _median([run.cpu_seconds for run in self.runs]),
            _median([run.memory_mib for run in self.runs]),
        )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) == len(values) else None


def install() -> Path:
    """Return the programs' folder of a venv that holds this tree's wheel; made once per content."""
    content = hashlib.sha256(sys.version.encode())
    paths = [ROOT / name for name in FILES]
    paths += [path for name in SOURCES for path in sorted((ROOT / name).rglob("*.py"))]
    for path in paths:
        content.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    venvs = Path(sys.prefix) / "bench"
    folder = venvs / content.hexdigest()[:16]
    if not (folder / "ready").exists():
        shutil.rmtree(venvs, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        with tempfile.TemporaryDirectory() as name:
            # Built in a copy: setuptools leaves a folder behind where it builds.
            source = Path(name)
            for one in SOURCES:
                shutil.copytree(ROOT / one, source / one, symlinks=True)
            for one in FILES:
                shutil.copy(ROOT / one, source)
            pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
            pins = str(ROOT / "constraints.txt")
            options = ("-qq", "-c", pins, "--build-constraint", pins)
            subprocess.run([*pip, "install", *options, source], check=True)
        (folder / "ready").touch()
    return folder / "bin"


@contextmanager
def serving(folder: Path) -> Generator[str, None, None]:
    """Serve the streams from another process; give the URL of the server."""
    with subprocess.Popen(
        [sys.executable, HERE / "server.py", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"


def measure(command: Sequence[str], environment: dict[str, str], errors: Path) -> Run:
    """Run a command to its end."""
    reader, writer = os.pipe()
    own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with errors.open("wb") as stderr, open(os.devnull, "rb") as stdin:  # noqa: PTH123
        begin = time.perf_counter()
        pid = os.posix_spawn(
            command[0],
            list(command),
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stdin.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, writer, 1),
                (os.POSIX_SPAWN_DUP2, stderr.fileno(), 2),
            ],
        )
        os.close(writer)
        first_byte = time.perf_counter() - begin if os.read(reader, 1) else None
        while os.read(reader, 65_536):
            pass
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - begin
    os.close(reader)
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors.read_text(errors='replace')}")
    return Run(
        first_byte_seconds=first_byte,
        wall_seconds=wall,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        memory_mib=usage.ru_maxrss / 1024 if usage.ru_maxrss > own_peak else None,
    )


def compare(compared: Sequence[Subject], url: str, folder: Path, runs: int) -> None:
    """Run each subject in turn, so many times."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "sk-test",
        "CODEXCTL_API_BASE_URL": url,
    }
    for _ in range(runs):
        for subject in compared:
            subject.runs.append(measure(subject.command, environment, folder / "stderr"))


def table(compared: Sequence[Subject]) -> str:
    """Return the medians as a Markdown table, each with its ratio to the baseline's."""
    rows = {subject.name: subject.medians() for subject in compared}
    baseline = rows[BASELINE]
    formats = ("{:.3f} s", "{:.3f} s", "{:.3f} s", "{:.0f} MiB")
    lines = [
        f"| {'':24} | {'first byte':>15} | {'wall':>15} | {'CPU':>15} | {'peak memory':>15} |",
        f"| {'-' * 24} | {' | '.join(['-' * 14 + ':'] * 4)} |",
    ]
    for name, row in rows.items():
        cells = [
            f"{form.format(value)} {value / of:4.2f}x" if value and of else ""
            for form, value, of in zip(formats, row, baseline, strict=True)
        ]
        lines.append(f"| {name:24} | {' | '.join(f'{cell:>15}' for cell in cells)} |")
    return "\n".join(lines) + "\n"


def subjects(programs: Path, url: str, lines: Path) -> list[Subject]:
    """Return what is compared: each asks the URL, but for the last two."""
    python, codexctl = (str(programs / name) for name in ("python", "codexctl"))
    run = (codexctl, "run", "--tools", "none")
    script = {name: str(HERE / f"subject_{name}.py") for name in ("requests", "sseclient", "json")}
    return [
        Subject(name="codexctl run", command=(*run, "hi")),
        Subject(name="codexctl run --json", command=(*run, "--json", "hi")),
        Subject(name=BASELINE, command=(python, script["requests"], url)),
        Subject(name="requests + sseclient-py", command=(python, script["sseclient"], url)),
        Subject(name="json.loads from a file", command=(python, script["json"], str(lines))),
        Subject(name="python -c pass", command=(python, "-c", "pass")),
    ]


def main() -> None:
    """Measure and print."""
    runs = int(os.environ.get("BENCH_RUNS", "9"))
    programs = install()
    sys.stdout.write(
        f"Python {platform.python_version()} on {os.cpu_count()} cores. Medians of runs that took"
        f" turns.\nThe ratios to the bare {BASELINE} script count; the rest is this machine.\n"
    )
    with tempfile.TemporaryDirectory(prefix="codexctl-bench-") as name, serving(Path(name)) as url:
        folder = Path(name)
        for title, stream, times in (
            ("A one-line answer", "one-line", runs),
            ("100,000 text deltas", "long", (runs + 1) // 2),
        ):
            compared = subjects(programs, f"{url}/{stream}", folder / f"{stream}.jsonl")
            compare(compared, f"{url}/{stream}", folder, times)
            sys.stdout.write(f"\n### {title} ({times} runs)\n\n{table(compared)}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
