"""Which model is asked, and which one in its place when it cannot answer."""

from collections.abc import Callable, Iterator, Sequence

from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    CodexctlError,
    ConnectionFailed,
    ModelUnavailable,
    NotSignedIn,
    PlanExcludesService,
    QuotaExhausted,
    ServiceUnavailable,
)
from codexctl.domain.models import DEFAULT_MODELS, ModelChoice, Provider
from codexctl.domain.ports import CredentialSource, ModelCatalogue
from codexctl.domain.values import dataclass

_MOST_LISTED = 12
_LAST_RESORT = "gpt-4o-mini"
"""Every API account may use it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that can be asked, by somebody."""

    model: ModelChoice
    credential: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseModel:
    """Finds models to ask, in the order they are wanted.

    Attributes:
        credentials: Knows who may ask whom.
        catalogue: Makes what knows the models there are, when it is needed.
    """

    credentials: CredentialSource
    catalogue: Callable[[], ModelCatalogue]

    def candidates(self, wanted: Sequence[ModelChoice]) -> Iterator[Candidate]:
        """Yield the models that there is a credential for, each looked up when it is asked for.

        Args:
            wanted: The user's choice and their fallbacks; the defaults if it is empty.

        Raises:
            NotSignedIn: There is no credential for any of them.
            CodexctlError: There is one that is of no use; that is never passed over.
        """
        missing: NotSignedIn | None = None
        is_found = False
        for choice in wanted or _defaults():
            try:
                credential = self.credentials.credential_for(choice.provider)
            except NotSignedIn as error:
                missing = missing or error
                continue
            is_found = True
            yield Candidate(
                ModelChoice(choice.slug, credential.provider, choice.effort), credential
            )
        if not is_found and missing is not None:
            # In the words for whoever has no credential at all, if that is the matter.
            self.credentials.credential_for(None)
            raise missing

    def again(self, candidate: Candidate) -> Candidate:
        """Return the model with a credential that is good for the next request."""
        credential = self.credentials.credential_for(candidate.model.provider)
        return Candidate(candidate.model, credential)

    def explained(self, error: ModelUnavailable, credential: Credential) -> ModelUnavailable:
        """Return the error with the models that there are, where the service tells."""
        try:
            slugs = self.catalogue().slugs(credential)
        except CodexctlError:
            return error
        if not slugs:
            return error
        more = ", …" if len(slugs) > _MOST_LISTED else ""
        return ModelUnavailable(
            error.message,
            remedy=f"{error.remedy} There are: {', '.join(slugs[:_MOST_LISTED])}{more}.",
            request_id=error.request_id,
        )


def may_help(
    error: CodexctlError, failed: ModelChoice, other: ModelChoice, *, is_wanted: bool
) -> bool:
    """Tell whether another model may answer where one failed for this reason.

    Args:
        error: The reason.
        failed: The model that failed.
        other: The other one.
        is_wanted: Whether the user named it.
    """
    if isinstance(error, ModelUnavailable):
        return True
    if isinstance(error, QuotaExhausted | PlanExcludesService):
        # A subscription's limits may be those of a family of models; an API budget is one.
        return other.provider is not failed.provider or failed.provider is Provider.CHATGPT
    if isinstance(error, ConnectionFailed):
        # A host that cannot be reached has no other model; an overloaded one may have, but a
        # weaker model is for the user to choose.
        is_overloaded = isinstance(error, ServiceUnavailable) and is_wanted
        return other.provider is not failed.provider or is_overloaded
    return False


def _defaults() -> tuple[ModelChoice, ...]:
    first = tuple(ModelChoice(slug, provider) for provider, slug in DEFAULT_MODELS.items())
    return (*first, ModelChoice(_LAST_RESORT, Provider.API))
