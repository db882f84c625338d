"""The pages as a browser draws them: nothing cut off, and readable in both schemes."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.conftest import require_program

from codexctl.adapters.openai_oauth.pages import denied_page, done_page, failed_page
from codexctl.domain.errors import SignInFailed

_NO = SignInFailed(
    "The sign-in was refused: " + "averylongwordwithoutablank" * 8,
    remedy="Ask your workspace's administrator for access to Codex.",
)
PAGES = {"done": done_page(), "denied": denied_page(_NO), "failed": failed_page(_NO)}
_LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3 (AA)."""

# Measures in the page what a person would see, and leaves the result in its title.
_MEASURE = """<script>
addEventListener("load", () => {
  const colour = (element, name) => getComputedStyle(element)[name].match(/[0-9.]+/g).map(Number);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const found = colour(element, "backgroundColor");
      if (found.length === 3 || found[3] > 0) return found;
    }
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = element => {
    const [a, b] = [light(colour(element, "color")), light(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const texts = [...document.querySelectorAll("h1, p, footer")];
  document.title = JSON.stringify({
    contrast: Math.min(...texts.map(contrast)),
    overflows: document.documentElement.scrollWidth > innerWidth,
    is_dark: light(ground(document.body)) < 0.5,
    smallest: Math.min(...texts.map(one => parseFloat(getComputedStyle(one).fontSize))),
  });
});
</script></head>"""


def _chromium(profile: Path, *words: str) -> bytes:
    return subprocess.run(
        [
            require_program("chromium"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            *words,
        ],
        env={**os.environ, "HOME": str(profile)},
        capture_output=True,
        check=True,
        timeout=100,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize("window", ["1280,800", "500,700"], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable(tmp_path: Path, name: str, scheme: int, window: str) -> None:
    require_program("chromium")
    page = tmp_path / "page.html"
    page.write_bytes(PAGES[name].replace(b"</head>", _MEASURE.encode()))
    dom = _chromium(
        tmp_path / "profile",
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--window-size={window}",
        "--dump-dom",
        page.as_uri(),
    )
    title = re.search(r"<title>(.*?)</title>", dom.decode())
    assert title is not None
    measured = json.loads(title[1])
    assert measured["contrast"] >= _LEAST_CONTRAST
    assert measured["smallest"] >= 14
    assert (measured["overflows"], measured["is_dark"]) == (False, scheme == 0)


@pytest.mark.slow
def test_a_page_can_be_drawn(tmp_path: Path) -> None:
    require_program("chromium")
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_bytes(PAGES["done"])
    _chromium(tmp_path / "profile", f"--screenshot={picture}", page.as_uri())
    assert picture.read_bytes().startswith(b"\x89PNG")
