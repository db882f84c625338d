"""A credential that the service refuses: one renewal a step, then the end (wire-contract 3.6)."""

from collections.abc import Callable

import pytest
from tests.faults.running import Conditions, Manner, Told, put, run_against
from tests.faults.server import Answer, Cut, FaultServer
from tests.faults.streams import CALL_ID, FIRST_STEP, LAST_STEP, MESSAGES, error_body, refused
from tests.renewing import BUSY, Renewing

from codexctl.application.container import Container
from codexctl.domain.errors import CodexctlError
from codexctl.domain.refusals import refresh_refused

REJECTED = refused("401 Unauthorized", error_body("token_expired", "Too old."))
BUSY_SERVICE = refused("503 Service Unavailable", "busy")


def run(*script: Answer, signed_in: Renewing, retries: int = 2) -> Told:
    """Run with a stored login."""

    def prepare(container: Container) -> None:
        put(container.store, signed_in.store)
        put(container.lock, signed_in.lock)
        put(container.server, signed_in.server)

    with FaultServer(script=script) as server:
        environment = {
            "OPENAI_API_KEY": "",
            "CODEXCTL_CHATGPT_BASE_URL": server.base_url,
        }
        conditions = Conditions(
            manner=Manner.JSON,
            retries=retries,
            environment=environment,
            clock=signed_in.clock,
            prepare=prepare,
        )
        return run_against(server, conditions)


def bearers(told: Told) -> list[str]:
    return [seen.headers["authorization"].removeprefix("Bearer ") for seen in told.seen]


@pytest.mark.parametrize(
    "environment",
    [{}, {"CODEXCTL_ACCESS_TOKEN": "a-ready-token", "OPENAI_API_KEY": ""}],
    ids=["API key", "ready token"],
)
def test_what_cannot_be_renewed_is_refused_once(environment: dict[str, str]) -> None:
    with FaultServer(script=[REJECTED, FIRST_STEP]) as server:
        environment = {"CODEXCTL_CHATGPT_BASE_URL": server.base_url, **environment}
        told = run_against(server, Conditions(manner=Manner.JSON, environment=environment))
    assert (told.ran.exit_code, told.error["kind"]) == (3, "SignInRejected")
    assert (len(told.seen), told.waits, told.retries_told) == (1, [], [])


def test_a_login_that_is_refused_once_is_renewed_without_a_word() -> None:
    signed_in = Renewing()
    told = run(REJECTED, FIRST_STEP, LAST_STEP, signed_in=signed_in)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert bearers(told) == ["access-0", "access-1", "access-1"]
    assert (signed_in.presented, told.waits, told.retries_told) == (["refresh-0"], [], [])


def test_a_login_that_is_refused_for_good_is_renewed_once() -> None:
    signed_in = Renewing()
    told = run(REJECTED, signed_in=signed_in)
    assert (told.ran.exit_code, told.error["kind"]) == (3, "SignInRejected")
    assert bearers(told) == ["access-0", "access-1"]
    assert (signed_in.presented, told.waits) == (["refresh-0"], [])


def test_each_step_may_renew_once() -> None:
    signed_in = Renewing()
    told = run(REJECTED, FIRST_STEP, REJECTED, LAST_STEP, signed_in=signed_in)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert bearers(told) == ["access-0", "access-1", "access-1", "access-2"]
    assert signed_in.presented == ["refresh-0", "refresh-1"]


@pytest.mark.parametrize(
    ("outcome", "exit_code", "kind"),
    [
        pytest.param(
            lambda: refresh_refused("refresh_token_reused"), 3, "RefreshRefused", id="for good"
        ),
        pytest.param(lambda: BUSY, 5, "ServiceUnavailable", id="in passing"),
    ],
)
def test_a_renewal_that_fails_ends_the_run(
    outcome: Callable[[], CodexctlError], exit_code: int, kind: str
) -> None:
    signed_in = Renewing()
    signed_in.server.next_refreshes(outcome(), outcome(), outcome())
    told = run(REJECTED, FIRST_STEP, LAST_STEP, signed_in=signed_in)
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (exit_code, kind, 1)
    assert told.tool_runs == []


@pytest.mark.parametrize("passing", [[Cut()], BUSY_SERVICE], ids=["cut", "busy"])
def test_a_renewal_is_no_retry(passing: Answer) -> None:
    signed_in = Renewing()
    script = [passing, REJECTED, passing, FIRST_STEP, LAST_STEP]
    told = run(*script, signed_in=signed_in)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert bearers(told) == ["access-0", "access-0", "access-1", "access-1", "access-1"]
    assert (signed_in.presented, told.waits) == (["refresh-0"], [0.2, 0.4])


def test_the_budget_of_a_step_is_not_multiplied_by_a_renewal() -> None:
    signed_in = Renewing()
    told = run(BUSY_SERVICE, REJECTED, BUSY_SERVICE, signed_in=signed_in)
    assert (told.ran.exit_code, told.error["kind"]) == (5, "ServiceUnavailable")
    assert (len(told.seen), told.waits) == (4, [0.2, 0.4])


def test_a_web_page_with_status_401_is_no_matter_of_the_login() -> None:
    # Known bug 134.
    signed_in = Renewing()
    page = refused("401 Unauthorized", "<html><title>Sign in to the network</title></html>")
    told = run(page, signed_in=signed_in)
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (5, "GatewayBlocked", 1)
    assert signed_in.presented == []
