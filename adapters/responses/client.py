"""Asks a Responses back end over HTTP, with requests."""

import io
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from datetime import datetime

from codexctl.adapters.responses.fault_codec import with_headers
from codexctl.adapters.responses.http import (
    Answer,
    Bearer,
    HttpSettings,
    Session,
    opened,
    proxies_for,
)
from codexctl.adapters.responses.patience import Now, Patience
from codexctl.adapters.responses.quota_codec import quota_from_headers
from codexctl.adapters.responses.request_builder import BuiltRequest, build_request
from codexctl.adapters.responses.sse import ServerSentEvent, read_events
from codexctl.adapters.responses.tool_names import ToolNames
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.credentials import Credential, Secret
from codexctl.domain.stream_events import (
    TERMINAL,
    CallAnnounced,
    Completed,
    Failed,
    ItemFinished,
    QuotaReported,
    RequestAdjusted,
    StreamEvent,
)
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import TurnRequest


class ResponsesClient:
    """The :class:`~codexctl.domain.ports.ModelStream` of the real services.

    Redirects are refused and TLS is always verified, so that a token reaches the configured host
    and no other. A connection is used again for the next request, but never with another
    credential.

    Args:
        settings: How to reach the services.
        now: Measures the limits on waiting, in seconds.
    """

    def __init__(self, settings: HttpSettings, now: Now = time.monotonic) -> None:
        self._settings = settings
        self._now = now
        self._session = Session(settings.transport)
        self._bearer: Secret | None = None
        # The last answer: its terminal event has come, and its end may come any time.
        self._finished: Answer | None = None

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """See :meth:`codexctl.domain.ports.ModelStream.stream`."""
        bearer = credential.bearer
        url = f"{self._settings.base_urls[credential.provider].rstrip('/')}/responses"
        built = build_request(request, credential)
        for text in built.adjustments:
            yield RequestAdjusted(text)
        answer: Answer | None = None
        try:
            answer = self._ask(url, built, bearer)
            now = self._settings.present()
            if (quota := quota_from_headers(answer.headers, now=now)) is not None:
                yield QuotaReported(quota)
            chunks = answer.chunks(self._settings.idle_timeout_seconds)
            with closing(read_events(chunks)) as events:
                for server_event in events:
                    event = decode_event(server_event.event, server_event.data)
                    if built.names.stand_ins:
                        event = _in_our_words(event, built.names)
                    if isinstance(event, Failed):
                        event = _told_by(answer, server_event, bearer, now)
                    if isinstance(event, TERMINAL):
                        self._put_aside(answer)
                        answer = None
                        yield event
                        return
                    yield event
        except TRANSPORT_ERRORS as error:
            raise error_from(error, url) from error
        finally:
            if answer is not None:
                answer.close()

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ModelStream.close`."""
        if self._finished is not None:
            self._finished.close()
            self._finished = None
        self._session.close()

    def _ask(self, url: str, built: BuiltRequest, bearer: Secret) -> Answer:
        settings = self._settings
        self._make_ready(bearer)
        with Patience(settings.header_timeout_seconds, self._now).applied() as patience:
            response = self._session.post(
                url,
                # A file is sent in blocks, each with a timeout of its own: a long conversation
                # with pictures takes longer over a slow line than connecting may.
                data=io.BytesIO(built.body),
                headers={**settings.identity, **built.headers},
                # An auth object, not a header: requests replaces a header by what .netrc says.
                auth=Bearer(bearer),
                stream=True,
                allow_redirects=False,
                proxies=proxies_for(url),
                timeout=(settings.connect_timeout_seconds, settings.header_timeout_seconds),
                verify=settings.ca_bundle,
            )
        try:
            return opened(response, bearer, patience, settings.present())
        except BaseException:
            response.close()
            raise

    def _make_ready(self, bearer: Secret) -> None:
        """Let go of every connection that the next request cannot use."""
        if bearer != self._bearer:
            # A socket that one account was answered on is not used by another (known-bugs 75).
            self.close()
            self._bearer = bearer
        elif self._finished is not None:
            self._finished.finish()
            self._finished = None

    def _put_aside(self, answer: Answer) -> None:
        """Keep a finished answer for its connection; its end may come while tools run.

        To wait for the end here would hang where a server keeps the connection open
        (known-bugs 52).
        """
        if self._finished is not None:  # of another request, made while this one was answered
            self._finished.close()
        if answer.may_leave_a_connection:
            self._finished = answer
        else:
            self._finished = None
            answer.close()


def _told_by(
    answer: Answer, server_event: ServerSentEvent, bearer: Secret, now: datetime
) -> StreamEvent:
    """Return a failure with what the answer's headers say of it, and without the bearer.

    Some services quote the key they did not like, and a message may be cut in the middle of it: so
    it goes before the message is read.
    """
    data = server_event.data.replace(bearer.reveal(), "***")
    event = decode_event(server_event.event, data)
    if isinstance(event, Failed):
        return Failed(with_headers(event.fault, answer.headers, now=now, sent=bearer))
    return event


def _in_our_words(event: StreamEvent, names: ToolNames) -> StreamEvent:
    """Return an event with the tools called what they are called here."""

    def item_in_our_words(finished: ItemFinished) -> ItemFinished:
        if not isinstance(finished.item, ToolCall):
            return finished
        return replace(finished, item=replace(finished.item, name=names.own(finished.item.name)))

    match event:
        case CallAnnounced(name):
            return replace(event, name=names.own(name))
        case ItemFinished():
            return item_in_our_words(event)
        case Completed(output=output):
            return replace(event, output=tuple(map(item_in_our_words, output)))
        case _:
            return event
