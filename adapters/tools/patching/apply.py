"""Applying a patch: all of it, or nothing."""

from codexctl.adapters.tools.patching.commit import NOTHING_CHANGED, carry_out
from codexctl.adapters.tools.patching.patch_format import parse_patch
from codexctl.adapters.tools.patching.places import Guard
from codexctl.adapters.tools.patching.plan import Change, make_plan
from codexctl.adapters.tools.patching.sections import PatchError
from codexctl.adapters.tools.tool import ToolFailure, shown
from codexctl.domain.tools import ChangeKind
from codexctl.domain.values import dataclass

_LETTERS = {ChangeKind.ADD: "A", ChangeKind.UPDATE: "M", ChangeKind.DELETE: "D"}


@dataclass(frozen=True, slots=True)
class PatchResult:
    """A patch that was applied.

    Attributes:
        changes: What its sections did, in their order.
        left_behind: Files of ours that could not be removed; there should be none.
    """

    changes: tuple[Change, ...]
    left_behind: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the model is told (wire-contract 4.3): added files, changed ones, deleted ones."""
        rows = dict.fromkeys(
            f"{letter} {shown(change.path)}"
            for kind, letter in _LETTERS.items()
            for change in self.changes
            if change.kind is kind
        )
        notes = (f"[{shown(name)} was left behind; remove it]" for name in self.left_behind)
        return "\n".join(["Success. Updated the following files:", *rows, *notes])


def apply_patch(text: str, guard: Guard) -> PatchResult:
    """Apply a patch.

    Args:
        text: The patch as the model wrote it: the ``input`` of a function call, or the free text
            of a custom tool call.
        guard: Where it may work.

    Raises:
        ToolFailure: It was not applied; says why, and that nothing was changed, or what could not
            be put back.
    """
    try:
        plan = make_plan(parse_patch(text), guard)
    except ToolFailure as exc:
        raise PatchError(f"{exc}\n{NOTHING_CHANGED}") from exc
    return PatchResult(plan.changes, carry_out(plan))
