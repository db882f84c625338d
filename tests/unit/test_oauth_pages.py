"""The pages of the browser: whole, escaped, and without anything to fetch or to run."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from codexctl.adapters.openai_oauth.pages import (
    content_security_policy,
    denied_page,
    done_page,
    failed_page,
)
from codexctl.domain.errors import SignInFailed

HOSTILE = SignInFailed(
    "<script>alert(1)</script><img src=x onerror=alert(1)> \" ' & \ud800",
    remedy="</p></main></body><iframe src=//evil.test>",
)
PAGES = {
    "done": done_page(),
    "denied": denied_page(HOSTILE),
    "failed": failed_page(HOSTILE),
}
_VOID = {"meta"}


class _Outline(HTMLParser):
    """Notes the elements of a page, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _outline(page: bytes) -> _Outline:
    outline = _Outline()
    outline.feed(page.decode("utf-8"))
    return outline


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_whole_and_has_nothing_to_fetch_or_to_run(page: bytes) -> None:
    outline = _outline(page)
    assert outline.open == []
    assert outline.elements <= {
        "html", "head", "meta", "title", "style", "body", "main", "svg", "circle", "path", "h1",
        "p", "footer",
    }  # fmt: skip
    assert not {"src", "href", "style", "action", "onerror"} & outline.attributes
    assert b"url(" not in page
    assert b"@import" not in page


@pytest.mark.parametrize("name", ["denied", "failed"])
def test_what_went_wrong_is_shown_as_text(name: str) -> None:
    page = PAGES[name].decode("utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;/p&gt;&lt;/main&gt;" in page


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_policy_lets_the_style_of_the_page_through_and_nothing_else(page: bytes) -> None:
    style = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0]).digest()).decode()
    policy = dict(
        directive.strip().split(" ", 1) for directive in content_security_policy().split(";")
    )
    assert (len(style), policy["style-src"]) == (1, f"'sha256-{digest}'")
    assert {value for name, value in policy.items() if name != "style-src"} == {"'none'"}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_made_for_phones_and_for_both_schemes(page: bytes) -> None:
    assert b'name="viewport" content="width=device-width' in page
    assert b"prefers-color-scheme: dark" in page
