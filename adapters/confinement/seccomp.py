"""Filters of system calls, as the program that the kernel runs before each call.

What file rules and namespaces do not close is closed here: sockets to the outside, other ways into
the kernel, and under Landlock, which knows only about contents and names of files, the calls that
change modes, owners, times and attributes. A refused call fails with ``EPERM``, so that a program
says "Operation not permitted" and goes on; one that libraries know to do without fails with
``ENOSYS``. A program for another architecture (a 32-bit one, too) is killed: its numbers mean other
calls.
"""

import errno
import struct
from collections.abc import Iterator, Sequence
from enum import Enum

from codexctl.adapters.confinement.syscalls import AARCH64, NEWEST_KNOWN, X86_64, number

# linux/audit.h, linux/seccomp.h, linux/bpf_common.h
_ARCHITECTURES = {X86_64: 0xC000003E, AARCH64: 0xC00000B7}
_X32 = 0x4000_0000
_ALLOW = 0x7FFF_0000
_KILL = 0x8000_0000
_REFUSE = 0x0005_0000 | errno.EPERM
_UNKNOWN = 0x0005_0000 | errno.ENOSYS
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_ABOVE, _IF_AT_LEAST, _IF_ANY_BIT = 0x15, 0x25, 0x35, 0x45
# struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits. Both
# architectures are little-endian, and all arguments looked at are ints: their lower halves count.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_NAMESPACES = 0x7E02_0080
"""``CLONE_NEW*``: time, mount, cgroup, UTS, IPC, user, PID and network."""

_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_STREAM, _SEQPACKET, _KIND = 1, 5, 0xF

_IOCTLS = (
    0x5412,  # TIOCSTI: types into a terminal
    0x541C,  # TIOCLINUX: pastes into one
    0x4008_6602,  # FS_IOC_SETFLAGS: attributes of a file that is open for reading only
    0x4004_6602,  # FS_IOC32_SETFLAGS
    0x401C_5820,  # FS_IOC_FSSETXATTR
)

_KERNEL = (
    "acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module fanotify_init"
    " finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register"
    " io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl mount mount_setattr move_mount"
    " open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise"
    " process_vm_readv process_vm_writev ptrace quotactl quotactl_fd reboot request_key"
    " setdomainname sethostname setns settimeofday swapoff swapon syslog umount2 unshare"
    " userfaultfd vhangup"
)
"""Ways into the kernel or into other processes that no tool of a project needs."""

_METADATA = (
    "chmod chown fchmod fchmodat fchmodat2 fchown fchownat fremovexattr fsetxattr futimesat lchown"
    " lremovexattr lsetxattr removexattr setxattr utime utimensat utimes"
)
"""Writes that Landlock cannot see (kernel documentation, "Landlock: current limitations")."""

_SHARED = (
    "mq_open mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl"
    " shmget"
)
"""Memory and queues shared with other processes of the user, and left behind."""


class Surroundings(Enum):
    """What else confines the command."""

    NAMESPACES = "namespaces"
    """bubblewrap: a network, mounts, processes and IPC of its own. TCP and UDP stay usable
    between its own processes, and reach nobody else."""

    LANDLOCK = "landlock"
    """The machine's network, IPC and file attributes."""


def supported(machine: str) -> bool:
    """Tell whether there is a filter for an architecture, named as ``uname -m`` does."""
    return machine in _ARCHITECTURES


def filter_program(machine: str, surroundings: Surroundings) -> bytes:
    """Return the filter, instructions of 8 bytes each.

    Args:
        machine: ``x86_64`` or ``aarch64``.
        surroundings: What else confines the command.
    """
    code: list[bytes] = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_IF_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == X86_64:
        code += (_instruction(_IF_AT_LEAST, _X32, 0, 1), _instruction(_RETURN, _UNKNOWN))
    code += (_instruction(_IF_ABOVE, NEWEST_KNOWN, 0, 1), _instruction(_RETURN, _UNKNOWN))
    for name in _refused(surroundings):
        code += _on_call(machine, name, [_instruction(_RETURN, _REFUSE)])
    # glibc falls back to clone, whose flags can be looked at.
    code += _on_call(machine, "clone3", [_instruction(_RETURN, _UNKNOWN)])
    code += _on_call(machine, "clone", [_argument(0), *_refuse_bits(_NAMESPACES)])
    code += _on_call(machine, "ioctl", [_argument(1), *_refuse_all(_IOCTLS)])
    code += _on_call(machine, "socketpair", _pairs())
    if surroundings is Surroundings.NAMESPACES:
        # Not AF_UNIX: a socket's name in a folder leads out of any network namespace. Not
        # AF_VSOCK either, which leads to the host of a virtual machine.
        families = [_argument(0), *_allow_only((_INET, _INET6, _NETLINK))]
        code += _on_call(machine, "socket", families)
    else:
        code += _on_call(machine, "prlimit64", [_argument(0), *_allow_only((0,))])
    code.append(_instruction(_RETURN, _ALLOW))
    return b"".join(code)


def _refused(surroundings: Surroundings) -> Iterator[str]:
    yield from _KERNEL.split()
    if surroundings is Surroundings.LANDLOCK:
        yield "socket"
        yield from _METADATA.split()
        yield from _SHARED.split()


def _on_call(machine: str, name: str, body: Sequence[bytes]) -> Iterator[bytes]:
    """Yield a body that only one call runs through. It ends in a return on every path."""
    wanted = number(name, machine)
    if wanted is not None:
        yield _instruction(_IF_EQUAL, wanted, 0, len(body))
        yield from body


def _pairs() -> list[bytes]:
    """Connected pairs of Unix sockets, such as pipes are made of, but for datagrams.

    A datagram socket can be connected anew, or send to any name, though it was born in a pair.
    """
    return [
        _argument(0),
        _instruction(_IF_EQUAL, _UNIX, 1, 0),
        _instruction(_RETURN, _REFUSE),
        _argument(1),
        _instruction(_AND, _KIND),
        *_allow_only((_STREAM, _SEQPACKET)),
    ]


def _allow_only(values: Sequence[int]) -> list[bytes]:
    last = len(values)
    return [
        *(_instruction(_IF_EQUAL, value, last - at, 0) for at, value in enumerate(values)),
        _instruction(_RETURN, _REFUSE),
        _instruction(_RETURN, _ALLOW),
    ]


def _refuse_all(values: Sequence[int]) -> list[bytes]:
    last = len(values)
    return [
        *(_instruction(_IF_EQUAL, value, last - at, 0) for at, value in enumerate(values)),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _refuse_bits(bits: int) -> list[bytes]:
    return [
        _instruction(_IF_ANY_BIT, bits, 1, 0),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
    ]


def _argument(at: int) -> bytes:
    return _instruction(_LOAD, _ARGUMENTS + 8 * at)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
