"""`POST .../responses` of both back ends: checks, scenario, stream."""

import itertools
from collections.abc import Iterator

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.bearer_checks import BearerChecks
from codexctl.entrypoints.emulator.generation import Generation
from codexctl.entrypoints.emulator.http_messages import (
    HttpReply,
    HttpRequest,
    Routes,
    json_reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.json_values import JsonObject, as_object
from codexctl.entrypoints.emulator.refusals import Refusal
from codexctl.entrypoints.emulator.request_checks import (
    check_body,
    check_headers,
    malformed_body,
)
from codexctl.entrypoints.emulator.request_reading import steps_taken
from codexctl.entrypoints.emulator.scenario_choice import ScenarioChoice
from codexctl.entrypoints.emulator.scenarios import plan
from codexctl.entrypoints.emulator.wire import completed_response, frame, stream_events


class ResponsesEndpoint:
    """Answers requests for a response.

    The one thing it counts is the requests it saw, which keeps ids apart and, with requests one
    after another, makes a second run of the same requests give the same bytes.
    """

    def __init__(self, choice: ScenarioChoice, bearers: BearerChecks) -> None:
        self._choice = choice
        self._bearers = bearers
        self._serials = itertools.count(1)

    def routes(self) -> Routes:
        """Give the endpoint's rows of the routing table."""
        return {
            ("POST", Backend.CHATGPT.responses_path): self.answer_chatgpt,
            ("POST", Backend.API_KEY.responses_path): self.answer_api,
        }

    def answer_chatgpt(self, request: HttpRequest) -> HttpReply:
        """Answer as the ChatGPT back end does."""
        return self._answer(Backend.CHATGPT, request)

    def answer_api(self, request: HttpRequest) -> HttpReply:
        """Answer as the API does."""
        return self._answer(Backend.API_KEY, request)

    def _answer(self, backend: Backend, request: HttpRequest) -> HttpReply:
        serial = next(self._serials)
        request_id = ("x-request-id", f"req_emulator_{serial:08d}")
        if refusal := self._check(backend, request):
            return refusal_reply(refusal, request_id)
        body = as_object(request.body)
        generation = self._generate(backend, body, serial)
        if body.get("stream") is not True:
            return json_reply(200, completed_response(generation), request_id)
        # Recorded replies of the ChatGPT side have no content-type at all.
        kind = (("content-type", "text/event-stream; charset=utf-8"),)
        headers = (request_id, *(kind if backend is Backend.API_KEY else ()))
        return HttpReply(status=200, headers=headers, body=_frames(generation))

    def _check(self, backend: Backend, request: HttpRequest) -> Refusal | None:
        if backend is Backend.CHATGPT and (refusal := self._bearers.refusal(request.headers)):
            return refusal
        if refusal := check_headers(backend, request.headers):
            return refusal
        return check_body(backend, request.body) if request.is_json else malformed_body(backend)

    def _generate(self, backend: Backend, body: JsonObject, serial: int) -> Generation:
        scenario = self._choice.choose(body)
        step = steps_taken(body)
        return Generation(
            backend=backend,
            request=body,
            items=plan(scenario, body, step),
            label=f"{scenario}_{step + 1}",
            serial=serial,
        )


def _frames(generation: Generation) -> Iterator[bytes]:
    return (frame(event) for event in stream_events(generation))
