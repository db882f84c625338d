"""The three pages that the browser shows at the end of a sign-in.

Each stands by itself: no script, nothing fetched, light or dark as the system has it. What is not
written here is escaped: clients that put the issuer's words into a page as they came ran whatever
stood in them (OpenCode, OpenHands).
"""

import base64
import hashlib
from html import escape

from codexctl.domain.errors import CodexctlError

_STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #ffffff; --line: #dcdfe4;
  --text: #1c2127; --soft: #59626e; --mark: #1a7f4b; }
main.no { --mark: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --card: #1e2329; --line: #343b44; --text: #eceff3; --soft: #a8b1bd;
    --mark: #4cc38a; }
  main.no { --mark: #ff8a80; }
}
* { box-sizing: border-box; margin: 0; }
body { min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 28rem; padding: 2.25rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; }
svg { display: block; width: 3rem; height: 3rem; margin-bottom: 1.25rem; color: var(--mark); }
h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; margin-bottom: 0.75rem; }
p { color: var(--soft); overflow-wrap: anywhere; }
p + p { margin-top: 0.75rem; }
p.said { color: var(--text); padding-left: 0.875rem; border-left: 3px solid var(--mark); }
footer { margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line);
  color: var(--soft); font-size: 0.875rem; }
@media (max-width: 30rem) { main { padding: 1.75rem 1.375rem; } }
"""

_TICK = '<path d="M8 12.4l2.8 2.8L16.2 9.6"/>'
_CROSS = '<path d="M9 9l6 6M15 9l-6 6"/>'
_BAR = '<path d="M8 12h8"/>'

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - codexctl</title>
<style>{style}</style>
</head>
<body>
<main class="{kind}">
<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
 stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10"/>
{sign}</svg>
<h1>{title}</h1>
{body}
<footer>codexctl, on this machine</footer>
</main>
</body>
</html>
"""


def done_page() -> bytes:
    """Return the page of a sign-in that went well and is kept."""
    return _page(
        "You are signed in",
        "<p>codexctl has what it needs. You can close this tab and go back to the terminal.</p>",
        sign=_TICK,
        kind="yes",
    )


def denied_page(reason: CodexctlError) -> bytes:
    """Return the page of a sign-in that the issuer or the user said no to."""
    return _page("You are not signed in", _told(reason), sign=_BAR, kind="no")


def failed_page(failure: CodexctlError) -> bytes:
    """Return the page of a sign-in that was approved and went wrong after that."""
    return _page("The sign-in failed", _told(failure), sign=_CROSS, kind="no")


def content_security_policy() -> str:
    """Return the header that lets the pages' own style through and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )


def _told(error: CodexctlError) -> str:
    return f'<p class="said">{escape(error.message)}</p>\n<p>{escape(error.remedy)}</p>'


def _page(title: str, body: str, *, sign: str, kind: str) -> bytes:
    page = _PAGE.format(title=title, body=body, sign=sign, kind=kind, style=_STYLE)
    # Half a surrogate pair, which the issuer's words may hold, has no UTF-8.
    return page.encode("utf-8", errors="replace")
