"""The proxy of the environment, which serves for hosts other than this one."""

import pytest
from tests.faults.endings import BACK_OFF, assert_the_network_failed
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Cut, DripForever, FaultServer, Reset, Say, Stall
from tests.faults.streams import refused

NO_SUCH_HOST = "https://codexctl-service.invalid"


def run(server: FaultServer, **environment: str) -> Told:
    return run_against(server, Conditions(manner=Manner.JSON, environment=environment))


@pytest.mark.parametrize(
    "answer",
    [
        refused("403 Forbidden", "no"),
        refused("502 Bad Gateway", "<html>"),
        [Cut()],
        [Reset()],
        [Say(b"SSH-2.0\r\n"), Cut()],
    ],
    ids=["403", "502", "cut", "reset", "no proxy"],
)
def test_a_proxy_that_refuses_is_named(
    answer: list[Say | Cut | Reset], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(script=[answer]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        told = run(proxy, CODEXCTL_API_BASE_URL=NO_SUCH_HOST)
    assert (told.ran.exit_code, len(told.seen), told.waits) == (5, 6, BACK_OFF)
    assert told.error["kind"] in ("NetworkFailed", "ProtocolError")
    assert "proxy" in told.ran.stderr
    assert {seen.path for seen in told.seen} == {"codexctl-service.invalid:443"}
    assert all("authorization" not in seen.headers for seen in told.seen)


def test_a_proxy_that_wants_a_login_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(script=[refused("407 Proxy Authentication Required", "who?")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        told = run(proxy, CODEXCTL_API_BASE_URL=NO_SUCH_HOST)
    assert (told.ran.exit_code, len(told.seen), told.waits) == (5, 1, [])
    assert "proxy" in told.ran.stderr


@pytest.mark.parametrize("answer", [[Stall()], [DripForever(b"H", 0.03)]], ids=["stall", "drip"])
def test_a_proxy_that_never_answers_is_named(
    answer: list[Stall | DripForever], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(script=[answer]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        conditions = Conditions(
            manner=Manner.JSON,
            retries=1,
            idle_timeout_seconds=0.3,
            environment={"CODEXCTL_API_BASE_URL": NO_SUCH_HOST},
        )
        told = run_against(proxy, conditions)
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (5, "NetworkFailed", 2)
    assert "proxy" in told.ran.stderr


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(is_up=False) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        told = run(proxy, CODEXCTL_API_BASE_URL=NO_SUCH_HOST)
    assert_the_network_failed(told, seen=0)
    assert "proxy" in told.error["message"]
