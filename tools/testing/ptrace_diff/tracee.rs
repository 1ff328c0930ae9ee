// SPDX-License-Identifier: GPL-2.0

//! The tracee reads a command, carries it out, reports that, and reads the next.

use crate::arch::{nr, RESTORER};
use crate::shared::{self, pipe, Slot, SHARED, SHARED_FD, SHARED_SIZE, SLOTS};
use crate::sys::{self, call1, call2, call3, call4, Code};
use core::sync::atomic::Ordering::Relaxed;

/// What a tracee can be told to do, with one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Command {
    Nothing,
    Getuid,
    Compat,
    /// These make a task for the slot `argument & 0xff`, in one of the ways of [`FLAVOURS`].
    Fork,
    Vfork,
    Thread,
    Exec,
    Exit,
    ExitGroup,
    Raise,
    /// The signals to block.
    Block,
    /// The signal, and from bit 8 on, its action.
    Action,
    Traceme,
    Spin,
    Seccomp,
    Fault,
    Dumpable,
    Wait,
    Rseq,
}

pub const COMMANDS: [Command; 19] = [
    Command::Nothing,
    Command::Getuid,
    Command::Compat,
    Command::Fork,
    Command::Vfork,
    Command::Thread,
    Command::Exec,
    Command::Exit,
    Command::ExitGroup,
    Command::Raise,
    Command::Block,
    Command::Action,
    Command::Traceme,
    Command::Spin,
    Command::Seccomp,
    Command::Fault,
    Command::Dumpable,
    Command::Wait,
    Command::Rseq,
];

/// Flags of clone(2) to make a task with: none, `CLONE_PTRACE`, `CLONE_UNTRACED`; and a fork that
/// does not end with `SIGCHLD`, which counts as a clone.
pub const FLAVOURS: [usize; 4] = [17, 17 | 0x2000, 17 | 0x80_0000, 0];

const EINTR: isize = -4;
const ENOSYS: isize = -38;

fn slot(index: usize) -> &'static Slot {
    &sys::shared().slots[index % SLOTS]
}

/// Runs the tracee. `fresh` is set if the program was executed anew, and does not know its past.
#[no_mangle]
extern "C" fn tracee_main(mut index: usize, fresh: usize) -> ! {
    const MAP_SHARED: usize = 1;
    if fresh != 0 {
        if !sys::map(SHARED, SHARED_SIZE, MAP_SHARED, SHARED_FD) {
            sys::exit(98);
        }
        // A thread that executes a program takes the number of its process, and so its slot.
        let tid = sys::call0(nr::GETTID) as u32;
        let mine = |slot: &Slot| slot.tid.load(Relaxed) == tid;
        index = sys::shared().slots.iter().position(mine).unwrap_or(0);
    }
    let mut errors = 0;
    loop {
        let mut command = [0usize; 2];
        let size = size_of_val(&command);
        let read = call3(
            nr::READ,
            pipe(index % SLOTS),
            command.as_mut_ptr().addr(),
            size,
        );
        if read != size as isize {
            // A tracer that changes registers can make it fail again and again.
            if read != EINTR && read != ENOSYS {
                errors += 1;
                if errors > 8 {
                    sys::exit(99);
                }
            }
            continue;
        }
        let result = carry_out(&mut index, command[0], command[1]);
        slot(index).result.store(result, Relaxed);
        slot(index).done.fetch_add(1, Relaxed);
    }
}

fn carry_out(index: &mut usize, command: usize, argument: usize) -> isize {
    // CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM
    const THREAD: usize = 0x5_0f00;
    let Some(command) = COMMANDS.get(command) else {
        return 0;
    };
    match command {
        Command::Nothing => 0,
        Command::Getuid => sys::call0(nr::GETUID),
        Command::Compat => sys::fault(3),
        Command::Fork => fork(index, argument, 0),
        Command::Vfork => fork(index, argument, VFORK),
        Command::Thread => {
            let flags = (FLAVOURS[(argument >> 8) % 4] & !0xff) | THREAD | PARENT_SETTID;
            let new = argument & 0xff;
            sys::thread(flags, new, slot(new).tid.as_ptr().addr())
        }
        Command::Exec => {
            let arguments = [c"".as_ptr().addr(), 0];
            let (argv, envp) = (arguments.as_ptr().addr(), arguments[1..].as_ptr().addr());
            call3(nr::EXECVE, c"/proc/self/exe".as_ptr().addr(), argv, envp)
        }
        Command::Exit => call1(nr::EXIT, argument),
        Command::ExitGroup => call1(nr::EXIT_GROUP, argument),
        Command::Raise => {
            let (pid, tid) = (sys::call0(nr::GETPID), sys::call0(nr::GETTID));
            call3(nr::TGKILL, pid as usize, tid as usize, argument)
        }
        Command::Block => {
            let mask = argument as u64;
            const SETMASK: usize = 2;
            call4(nr::SIGPROCMASK, SETMASK, (&raw const mask).addr(), 0, 8)
        }
        Command::Action => action(argument & 0xff, argument >> 8),
        Command::Traceme => sys::call0(nr::PTRACE),
        Command::Spin => {
            slot(*index)
                .target
                .store(sys::address_of(Code::SpinHere), Relaxed);
            sys::spin(slot(*index));
            slot(*index).spinning.store(0, Relaxed);
            0
        }
        Command::Seccomp => seccomp(argument),
        Command::Fault => sys::fault(argument),
        Command::Dumpable => call2(nr::PRCTL, 4, argument),
        Command::Wait => call4(nr::WAIT4, usize::MAX, 0, 0x4000_0001, 0),
        Command::Rseq => call4(nr::RSEQ, shared::play() + 2048, 32, 0, 0x5305_3053),
    }
}

const PARENT_SETTID: usize = 0x10_0000;
const VFORK: usize = 0x4000;

fn fork(index: &mut usize, argument: usize, flags: usize) -> isize {
    let new = argument & 0xff;
    let mut flags = flags | FLAVOURS[(argument >> 8) % 4] | PARENT_SETTID;
    if flags & VFORK != 0 {
        // No signal at its exit, since that would race with the end of vfork(2) in the parent.
        flags &= !0xff;
    }
    let result = sys::clone(flags, slot(new).tid.as_ptr().addr());
    if result == 0 {
        *index = new;
    }
    result
}

/// sigaction(2): 0 the default, 1 ignore, 2 a handler, 3 a handler that restarts system calls.
fn action(signal: usize, what: usize) -> isize {
    // SA_SIGINFO, SA_RESTORER and SA_RESTART
    const FLAGS: usize = if RESTORER { 0x0400_0004 } else { 4 };
    const RESTART: usize = 0x1000_0000;
    // Without a restorer, the mask is in its place, and nothing follows.
    #[repr(C)]
    struct Action {
        handler: usize,
        flags: usize,
        restorer: usize,
        mask: [usize; 8 / size_of::<usize>()],
    }
    let (handler, flags) = match what {
        0 | 1 => (what, FLAGS),
        2 => (sys::address_of(Code::Handler), FLAGS),
        _ => (sys::address_of(Code::Handler), FLAGS | RESTART),
    };
    let action = Action {
        handler,
        flags,
        restorer: if RESTORER {
            sys::address_of(Code::Restorer)
        } else {
            0
        },
        mask: [0; 8 / size_of::<usize>()],
    };
    call4(nr::SIGACTION, signal, (&raw const action).addr(), 0, 8)
}

/// Installs a filter that allows all calls but getuid(2): 0 traces it, 1 refuses it, 2 allows it.
fn seccomp(kind: usize) -> isize {
    const VERDICTS: [usize; 3] = [0x7ff0_0007, 0x0005_0009, 0x7fff_0000];
    const fn instruction(code: u64, jump_false: u64, k: usize) -> u64 {
        code | jump_false << 24 | (k as u64) << 32
    }
    let filter = [
        instruction(0x20, 0, 0),
        instruction(0x15, 1, nr::GETUID),
        instruction(0x06, 0, VERDICTS[kind % 3]),
        instruction(0x06, 0, 0x7fff_0000),
    ];
    let program = [filter.len(), filter.as_ptr().addr()];
    const NO_NEW_PRIVS: usize = 38;
    const SET_SECCOMP: usize = 22;
    call4(nr::PRCTL, NO_NEW_PRIVS, 1, 0, 0);
    call3(nr::PRCTL, SET_SECCOMP, 2, program.as_ptr().addr())
}
