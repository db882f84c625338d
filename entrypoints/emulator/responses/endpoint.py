"""`POST .../responses` of both back ends: checks, scenario, stream."""

import itertools
import time
from collections.abc import Sequence

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.clock import Clock
from codexctl.entrypoints.emulator.faults.catalogue import FaultChoice, fault_reply
from codexctl.entrypoints.emulator.http.messages import (
    HttpRequest,
    Reply,
    Routes,
    json_reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.http.refusals import Refusal
from codexctl.entrypoints.emulator.issuer.bearer_checks import BearerChecks
from codexctl.entrypoints.emulator.json_values import JsonObject, as_object
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.request_reading import steps_taken
from codexctl.entrypoints.emulator.model.scenario_choice import ScenarioChoice
from codexctl.entrypoints.emulator.model.scenarios import plan
from codexctl.entrypoints.emulator.model.stream_replies import request_id, stream_reply
from codexctl.entrypoints.emulator.model.wire import completed_response
from codexctl.entrypoints.emulator.responses.reply_sources import ReplySource
from codexctl.entrypoints.emulator.responses.request_checks import (
    check_body,
    check_headers,
    malformed_body,
)


class ResponsesEndpoint:
    """Answers requests for a response.

    The one thing it counts is the requests it saw, which keeps ids apart and, with requests one
    after another, makes a second run of the same requests give the same bytes.
    """

    def __init__(
        self,
        choice: ScenarioChoice,
        bearers: BearerChecks,
        *,
        faults: FaultChoice,
        sources: Sequence[ReplySource] = (),
        clock: Clock = time.time,
    ) -> None:
        """Take what replies come from.

        Args:
            choice: says what goes well.
            bearers: check who asks.
            faults: say what does not; asked before the scenarios.
            sources: asked before both, in this order.
            clock: the present in Unix seconds, which limits count from.
        """
        self._choice = choice
        self._bearers = bearers
        self._faults = faults
        self._sources = tuple(sources)
        self._clock = clock
        self._serials = itertools.count(1)

    def routes(self) -> Routes:
        """Give the endpoint's rows of the routing table."""
        return {
            ("POST", Backend.CHATGPT.responses_path): self.answer_chatgpt,
            ("POST", Backend.API_KEY.responses_path): self.answer_api,
        }

    def answer_chatgpt(self, request: HttpRequest) -> Reply:
        """Answer as the ChatGPT back end does."""
        return self._answer(Backend.CHATGPT, request)

    def answer_api(self, request: HttpRequest) -> Reply:
        """Answer as the API does."""
        return self._answer(Backend.API_KEY, request)

    def _answer(self, backend: Backend, request: HttpRequest) -> Reply:
        serial = next(self._serials)
        if refusal := self._check(backend, request):
            return refusal_reply(refusal, request_id(serial))
        for source in self._sources:
            if (reply := source.reply_to(backend, request, serial)) is not None:
                return reply
        body = as_object(request.body)
        if (fault := self._faults.next()) is not None:
            # The scenario is left to the request that comes through.
            said = _generation(backend, body, serial, self._choice.foresee(body))
            return fault_reply(fault, said, self._clock())
        generation = _generation(backend, body, serial, self._choice.choose(body))
        if body.get("stream") is not True:
            return json_reply(200, completed_response(generation), request_id(serial))
        return stream_reply(generation)

    def _check(self, backend: Backend, request: HttpRequest) -> Refusal | None:
        if backend is Backend.CHATGPT and (refusal := self._bearers.refusal(request.headers)):
            return refusal
        if refusal := check_headers(backend, request.headers):
            return refusal
        return check_body(backend, request.body) if request.is_json else malformed_body(backend)


def _generation(backend: Backend, body: JsonObject, serial: int, scenario: str) -> Generation:
    step = steps_taken(body)
    return Generation(
        backend=backend,
        request=body,
        items=plan(scenario, body, step),
        label=f"{scenario}_{step + 1}",
        serial=serial,
    )
