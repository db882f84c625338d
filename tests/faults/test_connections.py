"""No connection, a lost one, or one to somebody else: TCP, names, redirects."""

import pytest
from tests.faults.endings import assert_the_network_failed
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Cut, FaultServer, Reset
from tests.faults.streams import CALL_ID, FIRST_STEP, LAST_STEP, STDOUT, refused

from codexctl.testing.fakes.clock import FakeClock

NO_SUCH_HOST = "https://codexctl-service.invalid"
"""A name that RFC 6761 keeps from ever being one."""


class ClockThatLetsThingsHappen(FakeClock):
    """A clock; what happens during the n-th wait is what ``happenings`` says."""

    def __init__(self, *happenings: tuple[int, "FaultServer"]) -> None:
        super().__init__()
        self._comes_up = dict(happenings)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        server = self._comes_up.get(len(self.waits))
        if server is not None:
            server.comes_up()


def run(server: FaultServer, **environment: str) -> Told:
    return run_against(server, Conditions(manner=Manner.JSON, environment=environment))


def test_a_refused_connection_is_tried_again_and_given_up() -> None:
    with FaultServer(is_up=False) as server:
        assert_the_network_failed(run(server), seen=0)


def test_a_service_that_comes_up_in_the_meantime_answers() -> None:
    with FaultServer(is_up=False, script=[FIRST_STEP, LAST_STEP]) as server:
        clock = ClockThatLetsThingsHappen((3, server))
        told = run_against(server, Conditions(clock=clock))
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), told.waits) == (2, [0.2, 0.4, 0.8])


@pytest.mark.parametrize("greeting", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_connection_that_is_lost_before_the_request_is_tried_again(
    greeting: Cut | Reset,
) -> None:
    with FaultServer(greeting=[greeting]) as server:
        assert_the_network_failed(run(server), seen=0)
        assert server.connections == 6


def test_a_name_that_does_not_exist_is_tried_again_and_given_up() -> None:
    with FaultServer() as server:
        assert_the_network_failed(run(server, CODEXCTL_API_BASE_URL=NO_SUCH_HOST), seen=0)


def test_the_steps_of_a_run_share_a_connection() -> None:
    with FaultServer(script=[FIRST_STEP, LAST_STEP]) as server:
        told = run_against(server, Conditions())
        assert (told.ran.text, len(told.seen), server.connections) == (STDOUT, 2, 1)


@pytest.mark.parametrize("end", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_kept_connection_that_was_closed_between_two_steps_costs_nothing(
    end: Cut | Reset,
) -> None:
    with FaultServer(script=[[*FIRST_STEP, end], LAST_STEP]) as server:
        told = run_against(server, Conditions(during_tool=server.wait_for_an_end))
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), told.retries_told) == (2, [])


@pytest.mark.parametrize("end", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_kept_connection_that_is_closed_on_the_next_request_is_tried_again(
    end: Cut | Reset,
) -> None:
    with FaultServer(script=[FIRST_STEP, [end], LAST_STEP]) as server:
        told = run_against(server, Conditions())
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), len(told.retries_told)) == (3, 1)


@pytest.mark.parametrize(
    "status",
    [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ],
)
@pytest.mark.parametrize("body", ["", "<html>Moved</html>"])
def test_a_redirect_is_not_followed_and_the_other_host_hears_nothing(
    status: str, body: str
) -> None:
    with FaultServer(script=[FIRST_STEP, LAST_STEP]) as elsewhere:
        target = f"location: http://localhost:{elsewhere.port}/responses"
        with FaultServer(script=[refused(status, body, target)]) as server:
            told = run(server)
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (5, "GatewayBlocked", 1)
    assert (elsewhere.connections, elsewhere.seen) == (0, [])


def test_a_redirect_to_itself_is_not_followed() -> None:
    with FaultServer(script=[refused("307 Temporary Redirect", "", "location: /responses")]) as it:
        told = run(it)
    assert (told.ran.exit_code, len(told.seen)) == (5, 1)
