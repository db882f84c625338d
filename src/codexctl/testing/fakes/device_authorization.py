"""A ``DeviceAuthorization`` that plays a script."""

from collections import deque

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError
from codexctl.domain.sign_in import DeviceApproved, DeviceCode, DevicePending

CODE = DeviceCode(
    user_code="ABCD-12345",
    verification_url="https://issuer.test/codex/device",
    device_id=Secret("device-1"),
    interval_seconds=5.0,
)
APPROVED = DeviceApproved(
    code=Secret("device-code-1"),
    verifier=Secret("device-verifier-1"),
    redirect_uri="https://issuer.test/deviceauth/callback",
)


class FakeDeviceAuthorization:
    """Answers the polls with what it was given, one after the other; then it is approved.

    ```python
    device = FakeDeviceAuthorization(DevicePending(), DevicePending(slow_down=True))
    ```

    An error among the answers is raised; ``refuses_to_begin`` is raised by ``begin``. ``polled``
    records what was polled with.
    """

    def __init__(
        self,
        *answers: DevicePending | DeviceApproved | CodexctlError,
        code: DeviceCode = CODE,
        refuses_to_begin: CodexctlError | None = None,
    ) -> None:
        self.polled: list[DeviceCode] = []
        self._answers = deque(answers)
        self._code = code
        self._refuses_to_begin = refuses_to_begin

    def begin(self) -> DeviceCode:
        """See :meth:`codexctl.domain.ports.DeviceAuthorization.begin`."""
        if self._refuses_to_begin is not None:
            raise self._refuses_to_begin
        return self._code

    def poll(self, device: DeviceCode) -> DevicePending | DeviceApproved:
        """See :meth:`codexctl.domain.ports.DeviceAuthorization.poll`."""
        self.polled.append(device)
        answer = self._answers.popleft() if self._answers else APPROVED
        if isinstance(answer, CodexctlError):
            raise answer
        return answer
