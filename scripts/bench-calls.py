#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""bench-calls.py: in which functions the instructions of a request are, and how often it takes
tasklist_lock. Three parts, for scripts/bench --calls:

With gdb, "-x scripts/bench-calls.py" and SOCKET=, VMLINUX= and OUT= in the environment, goes
through the third call of ptrace(2) with the same arguments, instruction by instruction, in the
guest behind the socket, and writes a line for each to OUT.

As "bench-calls.py HEADERS FIRST RUST" compares two such files: a line for each call that costs
more in the second, with the functions where it differs; the headers name the requests.

As "bench-calls.py --locks HEADERS FILE..." prints a line for each request: how often a call of it
took tasklist_lock, in each file. It counts the entries of the functions that take a lock of that
kind with the address of this one, among all instructions of the call: so it is exact."""

import bisect
import collections
import os
import re
import subprocess
import sys

# Where in struct pt_regs of x86-64 the arguments of a system call are: request, pid, addr, data.
ENTRIES = {
    "__x64_sys_ptrace": (14, 13, 12, 7),
    "__ia32_compat_sys_ptrace": (5, 11, 12, 13),
}
# No request takes so many.
LIMIT = 20000
MASK = (1 << 64) - 1


def trace(vmlinux, socket, out):
    import gdb

    symbols = []
    tasklist_lock = None
    for line in subprocess.check_output(["llvm-nm", "-n", vmlinux], text=True).splitlines():
        address, kind, name = line.split(None, 2)
        if kind in "tTwW":
            symbols.append((int(address, 16), name))
        if name == "tasklist_lock":
            tasklist_lock = int(address, 16)
    taking = {address for address, name in symbols
              if re.match(r"_raw_(read|write)_(try)?lock", name)}
    addresses = [address for address, _ in symbols]
    entries = {address: ENTRIES[name] for address, name in symbols if name in ENTRIES}

    def function(pc):
        return symbols[bisect.bisect_right(addresses, pc) - 1][1]

    def register(name):
        return int(gdb.parse_and_eval(f"(unsigned long)${name}")) & MASK

    def words(address, count):
        data = bytes(gdb.selected_inferior().read_memory(address, 8 * count))
        return [int.from_bytes(data[at:at + 8], "little") for at in range(0, len(data), 8)]

    for command in ("set pagination off", "set confirm off", "set architecture i386:x86-64",
                    f"target remote {socket}"):
        gdb.execute(command)
    for address in entries:
        gdb.execute(f"hbreak *{address:#x}")
    seen = collections.Counter()
    while True:
        try:
            gdb.execute("continue", to_string=True)
            pc = register("rip")
        except gdb.error:
            return
        if pc not in entries:
            return
        regs = words(register("rdi"), 21)
        request, pid, addr, data = (regs[at] for at in entries[pc])
        # Tracees have other PIDs each time. The PIDs kept are no tracees, and tell errors apart.
        call = (function(pc), request, pid if pid in (0, 1) or pid > 20000 else "pid", addr, data)
        seen[call] += 1
        if seen[call] != 3:
            continue
        stack = register("rsp")
        caller = words(stack, 1)[0]
        counts = collections.Counter()
        locks = 0
        while sum(counts.values()) < LIMIT:
            pc = register("rip")
            if pc == caller and register("rsp") > stack:
                break
            counts[function(pc)] += 1
            locks += pc in taking and register("rdi") == tasklist_lock
            gdb.execute("stepi", to_string=True)
        value = register("rax")
        value -= (value >> 63) << 64
        width = "" if call[0] == "__x64_sys_ptrace" else "32-bit "
        print(f"{width}{request:#x} {call[2]} {addr:#x} {data:#x}", value,
              " ".join(f"{name}={count}" for name, count in counts.items()),
              locks, sep="\t", file=out, flush=True)


def read(path):
    calls = {}
    with open(path) as lines:
        for line in lines:
            call, value, functions, _ = line.rstrip("\n").split("\t")
            pairs = (pair.rpartition("=") for pair in functions.split())
            calls[call, value] = collections.Counter({name: int(n) for name, _, n in pairs})
    return calls


def names(include):
    """The names of requests."""
    found = {}
    for header in ("linux/ptrace.h", "asm/ptrace-abi.h"):
        with open(f"{include}/{header}") as text:
            for name, number in re.findall(r"^#define PTRACE_(\w+)\s+(\d+|0x[0-9a-f]{4})\b",
                                           text.read(), re.M):
                found.setdefault(int(number, 0), name)
    return found


def locks(include, *paths):
    requests = names(include)
    taken = collections.defaultdict(lambda: [set() for _ in paths])
    for at, path in enumerate(paths):
        with open(path) as lines:
            for line in lines:
                call, value, _, count = line.rstrip("\n").split("\t")
                number = int(re.search(r"0x[0-9a-f]+", call).group(), 0)
                if int(value) >= 0:
                    taken[requests.get(number, f"{number:#x}")][at].add(int(count))
    for request, columns in sorted(taken.items()):
        print(request, *(" or ".join(str(n) for n in sorted(column)) or "-" for column in columns),
              sep="\t")


def compare(include, first, rust):
    before, after = read(first), read(rust)
    requests = names(include)
    mangled = sorted({name for counts in after.values() for name in counts})
    plain = subprocess.run(["llvm-cxxfilt"], input="\n".join(mangled), text=True,
                           capture_output=True, check=True).stdout.splitlines()
    plain = dict(zip(mangled, plain))
    for call, counts in after.items():
        if call not in before:
            continue
        more = counts.total() - before[call].total()
        if more <= 0:
            continue
        def differs(name):
            return counts[name] - before[call][name]
        functions = sorted({*counts, *before[call]}, key=lambda name: (-abs(differs(name)), name))
        arguments, value = call
        number = re.search(r"0x[0-9a-f]+", arguments).group()
        print(arguments.replace(number, requests.get(int(number, 0), number), 1),
              value, before[call].total(), f"{more:+}",
              ", ".join(f"{plain.get(name, name)} {differs(name):+}"
                        for name in functions if differs(name)), sep="\t")


if "VMLINUX" in os.environ:
    with open(os.environ["OUT"], "w") as file:
        trace(os.environ["VMLINUX"], os.environ["SOCKET"], file)
elif sys.argv[1] == "--locks":
    locks(*sys.argv[2:])
else:
    compare(*sys.argv[1:])
