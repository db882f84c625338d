"""Calls of the Linux kernel that Python has no word for.

Loaded in the supervising process, which has to start quickly: no dataclass, no third party.
"""

import ctypes
import os
import struct
import sys

# linux/prctl.h
_PARENT_DEATH_SIGNAL = 1
_SECCOMP = 22
_CHILD_SUBREAPER = 36
_NO_NEW_PRIVILEGES = 38
_FILTER_MODE = 2

# The same numbers on every architecture.
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_VERSION, _PATH_BENEATH = 1, 1

_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x2008_0522

IS_LINUX = sys.platform == "linux"

_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, however they left their session."""
    _prctl(_CHILD_SUBREAPER, 1)


def die_with_parent(signal_number: int, parent: int) -> None:
    """Be sent a signal when the parent ends. A parent that has ended already counts.

    Raises:
        ProcessLookupError: It has.
    """
    _prctl(_PARENT_DEATH_SIGNAL, signal_number)
    if os.getppid() != parent:
        raise ProcessLookupError


def forbid_new_privileges() -> None:
    """Make set-uid programs run with no more rights than others."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def drop_capabilities() -> None:
    """Give up what root may do besides what belongs to the user root.

    Landlock does not stop root from, say, reading the environment of another process. New
    privileges have to be forbidden already, or the next program would get all of it back.
    """
    header = struct.pack("<Ii", _CAPABILITY_VERSION_3, 0)
    _call(_CAPSET[os.uname().machine], header, bytes(24))


def load_filter(program: bytes) -> None:
    """Have a program of :mod:`~codexctl.adapters.confinement.seccomp` run before each call."""
    instructions = ctypes.create_string_buffer(program, len(program))
    wrapped = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    _prctl(_SECCOMP, _FILTER_MODE, ctypes.c_char_p(wrapped))


def landlock_version() -> int:
    """Return the version of Landlock's interface, 0 where there is none or it is off."""
    try:
        return _call(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    except OSError:
        return 0


def create_ruleset(files: int, network: int, scopes: int) -> int:
    """Return a descriptor of rules that forbid what is named here, but for what is added."""
    attributes = struct.pack("=QQQ", files, network, scopes)
    return _call(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)


def allow_beneath(ruleset: int, rights: int, descriptor: int) -> None:
    """Allow something for an opened file, or for an opened folder and all that lies below it."""
    rule = struct.pack("=Qi", rights, descriptor)
    _call(_LANDLOCK_ADD, ruleset, _PATH_BENEATH, rule, 0)


def restrict_self(ruleset: int) -> None:
    """Obey the rules from now on, with all descendants."""
    _call(_LANDLOCK_RESTRICT, ruleset, 0)


def _prctl(option: int, *arguments: object) -> None:
    _checked(_libc.prctl(option, *_padded(arguments)))


def _call(number: int, *arguments: object) -> int:
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def _padded(arguments: tuple[object, ...]) -> tuple[object, ...]:
    zeros = (ctypes.c_ulong(0),) * (4 - len(arguments))
    numbers = (ctypes.c_ulong(word) if isinstance(word, int) else word for word in arguments)
    return (*numbers, *zeros)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
