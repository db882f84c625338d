"""The ports of a run that is being recorded: each does what it does, and it is taken down.

The network is no port; what goes over it is in ``recording_transport``.
"""

from collections.abc import Generator
from contextlib import closing

from codexctl.adapters.cassettes.recording import Recording
from codexctl.domain.credentials import Credential, Subscription
from codexctl.domain.models import Provider
from codexctl.domain.ports import CredentialSource, Entropy, Notifier
from codexctl.domain.run_events import RunEvent, RunStarted, ToolFinished


class RecordingCredentials:
    """A :class:`~codexctl.domain.ports.CredentialSource` that remembers whom it named.

    Args:
        credentials: The source.
    """

    def __init__(self, credentials: CredentialSource) -> None:
        self._credentials = credentials
        self._given: list[Credential] = []
        self._preferred: list[Provider] = []

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The services that there was a credential for, in the order they were asked for.

        The one that was given where any would do goes first, for that is what it is when played.
        """
        given = (credential.provider for credential in self._given)
        return tuple(dict.fromkeys((*self._preferred, *given)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that must not stand on a tape."""
        return tuple(
            dict.fromkeys(secret for credential in self._given for secret in secrets_of(credential))
        )

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        credential = self._credentials.credential_for(provider)
        self._given.append(credential)
        if provider is None:
            self._preferred.append(credential.provider)
        return credential

    def renewed(self, rejected: Credential) -> Credential | None:
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`."""
        credential = self._credentials.renewed(rejected)
        if credential is not None:
            self._given.append(credential)
        return credential


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """Return what of a credential is nobody else's business."""
    secrets = [credential.bearer.reveal()]
    if isinstance(credential, Subscription):
        if credential.refresh_token is not None:
            secrets.append(credential.refresh_token.reveal())
        if credential.account_id is not None:
            secrets.append(credential.account_id)
    return tuple(secrets)


class RecordingEntropy:
    """An :class:`~codexctl.domain.ports.Entropy` that remembers what it made up.

    Waits are not varied: they are told to the user, and playing has to tell the same.

    Args:
        entropy: Where identifiers come from.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self.identifiers: list[str] = []

    def identifier(self) -> str:
        """See :meth:`codexctl.domain.ports.Entropy.identifier`."""
        identifier = self._entropy.identifier()
        self.identifiers.append(identifier)
        return identifier

    def spread(self) -> float:
        """Return 0."""
        return 0.0


class RecordingNotifier:
    """A :class:`~codexctl.domain.ports.Notifier` whose sentences are taken down.

    Args:
        notifier: Who tells them.
        recording: Where they are taken down.
    """

    def __init__(self, notifier: Notifier, recording: Recording) -> None:
        self._notifier = notifier
        self._recording = recording

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""
        self._recording.told(text)
        self._notifier.tell(text)


def taken_down(
    events: Generator[RunEvent, None, None], recording: Recording
) -> Generator[RunEvent, None, None]:
    """Pass the events of a run on, and take down what came of its tool calls."""
    with closing(events):
        for event in events:
            match event:
                case RunStarted():
                    recording.begins()
                case ToolFinished(outcome=outcome):
                    recording.came_out(outcome)
                case _:
                    pass
            yield event
