// SPDX-License-Identifier: GPL-2.0

//! Single requests to a tracee in a ptrace-stop, errors, and access checks outside of ptrace(2).

use crate::{
    measure,
    measure_after,
    sys::*,
    MANY, //
};

/// Not a user address.
const BAD: usize = usize::MAX - 4095;
/// Not the PID of a process.
const NOBODY: usize = 30000;
/// The size of what `GET_TRACEE_INFO` tells.
const TRACEE_INFO: isize = 32;

pub fn all() {
    let page = shared_page();
    let data = page as usize;
    measure("getppid", 0, getppid);

    let pid = trapped(0, pause);
    to_stopped(pid, data);
    errors(pid, data);
    in_system_call(data);
    signals(data);
    elsewhere(pid, data);
    if COMPAT_CALLS {
        compat(pid, data);
    }
    kill(pid);
}

/// A tracee that does something over and over, in the ptrace-stop of a PTRACE_INTERRUPT.
pub fn trapped(options: usize, what: impl Fn()) -> usize {
    let pid = spawn(|| loop {
        what()
    });
    assert_eq!(ptrace(SEIZE, pid, 0, options), 0);
    assert_eq!(ptrace(INTERRUPT, pid, 0, 0), 0);
    assert_eq!(wait(pid), EVENT_STOP);
    pid
}

/// Measures requests that return `expected`.
fn ask(pid: usize, expected: isize, rows: &[Row]) {
    for &(name, request, addr, data) in rows {
        measure(name, expected, || ptrace(request, pid, addr, data));
    }
}

/// Requests to a tracee in a ptrace-stop.
fn to_stopped(pid: usize, data: usize) {
    // A word of the shared page, far from what the kernel writes to.
    let word = data + 4088;
    let rows = [
        ("peektext", PEEKTEXT, word, data),
        ("peekdata", PEEKDATA, word, data),
        ("poketext", POKETEXT, word, 1),
        ("pokedata", POKEDATA, word, 1),
        ("geteventmsg", GETEVENTMSG, 0, data),
        ("getsiginfo", GETSIGINFO, 0, data),
        ("setsiginfo", SETSIGINFO, 0, data),
        ("getsigmask", GETSIGMASK, 8, data),
        ("setsigmask", SETSIGMASK, 8, data),
        ("setoptions", SETOPTIONS, 0, TRACESYSGOOD),
    ];
    ask(pid, 0, &rows);
    ask(pid, 0, &own_rows(data));

    // Each reads what the one before has written, with the length from the iovec.
    let mut iov = [data, 2048];
    let iov = &raw mut iov as usize;
    for (name, set) in SETS {
        for (kind, request) in [("getregset", GETREGSET), ("setregset", SETREGSET)] {
            let name = format!("{kind}_{name}");
            measure(&name, 0, || ptrace(request, pid, set, iov));
        }
    }

    let rows = [
        ("get_syscall_info_none", GET_SYSCALL_INFO, 88, data),
        ("get_rseq_configuration", GET_RSEQ_CONFIGURATION, 24, data),
    ];
    ask(pid, 24, &rows);

    // Not every configuration of the kernel has these. Measure them all the same.
    let rows = [
        ("get_dispatch", GET_DISPATCH, 32, data),
        ("set_dispatch", SET_DISPATCH, 32, data),
    ];
    ask(pid, ptrace(GET_DISPATCH, pid, 32, data), &rows);

    // The trap is pending from the first request on, until the tracee is resumed.
    let interrupt = || ptrace(INTERRUPT, pid, 0, 0);
    let next_trap = || {
        assert_eq!(ptrace(CONT, pid, 0, 0), 0);
        assert_eq!(wait(pid), EVENT_STOP);
    };
    assert_eq!(interrupt(), 0);
    measure_after("interrupt_stopped", MANY, 0, next_trap, interrupt);
    measure("interrupt_pending", 0, interrupt);
    next_trap();

    // Not on a kernel without the series.
    if ptrace(GET_TRACEE_INFO, pid, 0, 0) == TRACEE_INFO {
        let rows = [("get_tracee_info_stopped", GET_TRACEE_INFO, 32, data)];
        ask(pid, TRACEE_INFO, &rows);
        let sleeping = spawn(pause);
        assert_eq!(ptrace(SEIZE, sleeping, 0, 0), 0);
        let rows = [
            ("get_tracee_info_sleeping", GET_TRACEE_INFO, 32, data),
            ("efault_get_tracee_info", GET_TRACEE_INFO, 32, BAD),
        ];
        ask(sleeping, TRACEE_INFO, &rows[..1]);
        ask(sleeping, EFAULT, &rows[1..]);
        kill(sleeping);
    }
}

/// Requests that fail, early or late.
fn errors(pid: usize, data: usize) {
    ask(NOBODY, ESRCH, &[("esrch_nobody", PEEKDATA, 0, data)]);
    let sleeping = spawn(pause);
    let rows = [
        ("esrch_no_tracee", PEEKDATA, 0, data),
        ("esrch_no_tracee_interrupt", INTERRUPT, 0, 0),
    ];
    ask(sleeping, ESRCH, &rows);
    assert_eq!(ptrace(SEIZE, sleeping, 0, 0), 0);
    ask(sleeping, ESRCH, &[("esrch_running", PEEKDATA, 0, data)]);
    ask(sleeping, EPERM, &[("eperm_attach_twice", ATTACH, 0, 0)]);
    kill(sleeping);
    ask(getpid(), EPERM, &[("eperm_attach_self", ATTACH, 0, 0)]);

    let rows = [
        ("eio_unknown_request", 0x4300, 0, 0),
        ("eio_seize_addr", SEIZE, 1, 0),
        ("eio_peekdata", PEEKDATA, 0, data),
        ("eio_pokedata", POKEDATA, 0, 0),
        ("eio_cont_signal", CONT, 0, 65),
        ("eio_detach_signal", DETACH, 0, 65),
    ];
    ask(pid, EIO, &rows);

    let rows = [
        ("efault_peekdata", PEEKDATA, data, BAD),
        ("efault_geteventmsg", GETEVENTMSG, 0, BAD),
        ("efault_getsiginfo", GETSIGINFO, 0, BAD),
        ("efault_getsigmask", GETSIGMASK, 8, BAD),
        ("efault_getregset", GETREGSET, PRSTATUS, BAD),
        ("efault_get_syscall_info", GET_SYSCALL_INFO, 88, BAD),
        ("efault_peeksiginfo", PEEKSIGINFO, BAD, data),
    ];
    ask(pid, EFAULT, &rows);

    let rows = [
        ("einval_getsigmask", GETSIGMASK, 4, data),
        ("einval_setoptions", SETOPTIONS, 0, 1 << 30),
        ("einval_getregset", GETREGSET, 0x7fff, data),
        ("einval_seccomp_filter", SECCOMP_GET_FILTER, 0, 0),
        ("einval_seccomp_metadata", SECCOMP_GET_METADATA, 16, data),
        ("einval_set_syscall_info", SET_SYSCALL_INFO, 8, data),
    ];
    ask(pid, EINVAL, &rows);
}

/// Requests on entering and on leaving a system call.
fn in_system_call(data: usize) {
    const STOP: isize = stop(SIGTRAP | 0x80, 0);

    let pid = trapped(TRACESYSGOOD, || _ = getppid());
    let next = || {
        assert_eq!(ptrace(SYSCALL, pid, 0, 0), 0);
        assert_eq!(wait(pid), STOP);
    };
    next();
    let rows = [("get_syscall_info_entry", GET_SYSCALL_INFO, 88, data)];
    ask(pid, 80, &rows);
    let rows = [("set_syscall_info_entry", SET_SYSCALL_INFO, 88, data)];
    ask(pid, 0, &rows);
    ask(pid, EIO, &[("eio_listen", LISTEN, 0, 0)]);
    next();
    let rows = [("get_syscall_info_exit", GET_SYSCALL_INFO, 88, data)];
    ask(pid, 33, &rows);
    let rows = [("set_syscall_info_exit", SET_SYSCALL_INFO, 88, data)];
    ask(pid, 0, &rows);
    kill(pid);
}

/// Looking at signals that are pending.
fn signals(data: usize) {
    const RTMIN: usize = 34;

    // An offset, flags, and how many.
    let args = |number: u64| [0, number << 32];
    let pid = trapped(0, pause);
    let none = args(0);
    let none = &raw const none as usize;
    ask(pid, 0, &[("peeksiginfo_0", PEEKSIGINFO, none, data)]);
    let four = args(4);
    let four = &raw const four as usize;
    for _ in 0..4 {
        tgkill(pid, pid, RTMIN);
    }
    ask(pid, 4, &[("peeksiginfo_4", PEEKSIGINFO, four, data)]);
    kill(pid);
}

/// The access check in other system calls and in /proc.
fn elsewhere(pid: usize, data: usize) {
    let iov = [data, 8];
    let iov = &raw const iov as usize;
    measure("process_vm_readv", 8, || {
        call(nr::PROCESS_VM_READV, [pid, iov, 1, iov, 1])
    });
    // Compare the memory of a process with its own.
    measure("kcmp_vm", 0, || call(nr::KCMP, [pid, pid, 1]));
    let path = format!("/proc/{pid}/maps\0");
    let open = || call(nr::OPENAT, [0, path.as_ptr() as usize]);
    let close = |fd: isize| call(nr::CLOSE, [fd as usize]);
    measure("open_proc_maps", 0, || close(open()));
}

/// Requests through the entry of 32-bit programs.
fn compat(pid: usize, data: usize) {
    let ask = |pid: usize, expected: isize, rows: &[Row]| {
        for &(name, request, addr, data) in rows {
            measure(name, expected, || compat_ptrace(request, pid, addr, data));
        }
    };
    // See `word` in to_stopped(). Later, it is an iovec of two words of 4 bytes.
    let last = data + 4088;
    let rows = [
        ("compat_peekdata", PEEKDATA, last, data),
        ("compat_pokedata", POKEDATA, last, 1),
        ("compat_geteventmsg", GETEVENTMSG, 0, data),
        ("compat_getsiginfo", GETSIGINFO, 0, data),
        ("compat_setsiginfo", SETSIGINFO, 0, data),
        ("compat_getsigmask", GETSIGMASK, 8, data),
        ("compat_setoptions", SETOPTIONS, 0, 0),
    ];
    ask(pid, 0, &rows);
    ask(pid, 0, &own_compat_rows(data));
    // SAFETY: The page is this process's, which has no other use for its end.
    unsafe { (last as *mut [u32; 2]).write([data as u32, 1024]) };
    let rows = [("compat_getregset_prstatus", GETREGSET, PRSTATUS, last)];
    ask(pid, 0, &rows);
    let rows = [("compat_esrch_nobody", PEEKDATA, 0, data)];
    ask(NOBODY, ESRCH, &rows);
    ask(pid, EIO, &[("compat_eio_unknown_request", 0x4300, 0, 0)]);
}
