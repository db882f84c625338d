"""The filters of system calls, run in a small machine as the kernel runs them."""

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.adapters.confinement.seccomp import Surroundings, filter_program, supported
from codexctl.adapters.confinement.syscalls import NEWEST_KNOWN, NUMBERS, number

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = sorted(ARCHITECTURES)
EVERYWHERE = [(machine, around) for machine in MACHINES for around in Surroundings]

UNIX, INET, INET6, NETLINK, PACKET, VSOCK = 1, 2, 10, 16, 17, 40
STREAM, DATAGRAM, SEQPACKET, CLOSE_ON_EXEC = 1, 2, 5, 0o2000000


def run(program: bytes, architecture: int, call: int, *arguments: int) -> int:
    """Return the verdict of a program on a call."""
    data = struct.pack("<IIQ6Q", call, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x54:
                accumulator &= value
            case 0x06:
                return value
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x25:
                at += if_true if accumulator > value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x45:
                at += if_true if accumulator & value else if_false
            case _:
                pytest.fail(f"instruction {code:#x}")


def verdict(machine: str, around: Surroundings, name: str, *arguments: int) -> int:
    call = number(name, machine)
    assert call is not None
    return run(filter_program(machine, around), ARCHITECTURES[machine], call, *arguments)


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
@given(
    architecture=st.integers(0, 2**32 - 1),
    call=st.integers(0, 2**32 - 1),
    arguments=st.lists(st.integers(0, 2**64 - 1), max_size=6),
)
def test_programs_for_other_architectures_are_killed(
    machine: str, around: Surroundings, architecture: int, call: int, arguments: list[int]
) -> None:
    program = filter_program(machine, around)
    if architecture != ARCHITECTURES[machine]:
        assert run(program, architecture, call, *arguments) == KILL


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
@given(call=st.integers(NEWEST_KNOWN + 1, 2**32 - 1))
def test_calls_of_newer_kernels_and_of_x32_do_not_exist(
    machine: str, around: Surroundings, call: int
) -> None:
    assert run(filter_program(machine, around), ARCHITECTURES[machine], call) == ENOSYS


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_only_namespaces_leave_the_network_of_their_own(machine: str, around: Surroundings) -> None:
    families = (UNIX, INET, INET6, NETLINK, PACKET, VSOCK, 2**32 + UNIX)
    verdicts = [verdict(machine, around, "socket", family, STREAM) for family in families]
    own = ALLOW if around is Surroundings.NAMESPACES else EPERM
    assert verdicts == [EPERM, own, own, own, EPERM, EPERM, EPERM]


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_pairs_of_sockets_are_streams_and_unix(machine: str, around: Surroundings) -> None:
    kinds = [(UNIX, STREAM), (UNIX, SEQPACKET | CLOSE_ON_EXEC), (UNIX, DATAGRAM), (INET, STREAM)]
    verdicts = [verdict(machine, around, "socketpair", *kind) for kind in kinds]
    assert verdicts == [ALLOW, ALLOW, EPERM, EPERM]


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_a_fork_makes_no_namespace(machine: str, around: Surroundings) -> None:
    plain, threads, user, mounts = 17, 0x3D0F00, 0x10000000 | 17, 0x20000
    verdicts = [
        verdict(machine, around, "clone", flags) for flags in (plain, threads, user, mounts)
    ]
    assert verdicts == [ALLOW, ALLOW, EPERM, EPERM]
    assert verdict(machine, around, "clone3") == ENOSYS


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_terminals_and_attributes_are_not_set_through_ioctl(
    machine: str, around: Surroundings
) -> None:
    window_size, type_into, set_flags = 0x5413, 0x5412, 0x40086602
    verdicts = [
        verdict(machine, around, "ioctl", 0, request)
        for request in (window_size, type_into, 2**32 | type_into, set_flags)
    ]
    assert verdicts == [ALLOW, EPERM, EPERM, EPERM]


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_ways_into_the_kernel_are_refused(machine: str, around: Surroundings) -> None:
    names = ("ptrace", "bpf", "io_uring_setup", "keyctl", "mount", "setns", "open_tree", "unshare")
    assert {verdict(machine, around, name) for name in names} == {EPERM}


@pytest.mark.parametrize("machine", MACHINES)
def test_modes_and_shared_memory_are_left_to_namespaces(machine: str) -> None:
    names = ("fchmodat", "utimensat", "fsetxattr", "shmget", "msgget", "mq_open")
    landlock = {verdict(machine, Surroundings.LANDLOCK, name) for name in names}
    namespaces = {verdict(machine, Surroundings.NAMESPACES, name) for name in names}
    assert (landlock, namespaces) == ({EPERM}, {ALLOW})


@pytest.mark.parametrize("machine", MACHINES)
def test_limits_of_other_processes_cannot_be_set_beside_them(machine: str) -> None:
    own, other = (verdict(machine, Surroundings.LANDLOCK, "prlimit64", pid) for pid in (0, 4711))
    assert (own, other) == (ALLOW, EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_number_stands_for_two_calls(machine: str) -> None:
    numbers = [number(name, machine) for name in NUMBERS]
    present = [one for one in numbers if one is not None]
    assert len(set(present)) == len(present)


@pytest.mark.parametrize(("machine", "around"), EVERYWHERE)
def test_a_program_is_as_short_as_the_kernel_wants(machine: str, around: Surroundings) -> None:
    assert len(filter_program(machine, around)) <= 8 * 4096


def test_other_machines_are_not_supported() -> None:
    assert [supported(name) for name in ("x86_64", "aarch64", "riscv64")] == [True, True, False]
