// SPDX-License-Identifier: GPL-2.0

//! System calls with nothing around them, and the numbers of ptrace(2).

#[cfg_attr(target_arch = "aarch64", path = "arm64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod arch;

pub use arch::*;

/// A request by its name, and its last two arguments.
pub type Row = (&'static str, usize, usize, usize);

/// ptrace(2), as the kernel has it: a peeked word goes to `data`.
#[inline(always)]
pub fn ptrace(request: usize, pid: usize, addr: usize, data: usize) -> isize {
    call(nr::PTRACE, [request, pid, addr, data])
}

/// Waits for a stop or the end of `pid`, thread or process; returns its status.
#[inline(always)]
pub fn wait(pid: usize) -> isize {
    const WALL: usize = 0x4000_0000;

    let mut status = 0i32;
    let found = call(nr::WAIT4, [pid, &raw mut status as usize, WALL]);
    if found == pid as isize {
        status as isize
    } else {
        found
    }
}

pub fn getppid() -> isize {
    call(nr::GETPPID, [])
}

pub fn getpid() -> usize {
    call(nr::GETPID, []) as usize
}

pub fn tgkill(pid: usize, tid: usize, signal: usize) {
    assert_eq!(call(nr::TGKILL, [pid, tid, signal]), 0);
}

pub fn pause() {
    call(nr::PAUSE, []);
}

pub fn exit() -> ! {
    call(nr::EXIT_GROUP, []);
    unreachable!()
}

extern "C" {
    fn fork() -> i32;
}

/// Forks a process that runs `child` and exits; returns its number.
pub fn spawn(child: impl FnOnce()) -> usize {
    // SAFETY: There is one thread, so that the child has all of the process.
    match unsafe { fork() } {
        0 => {
            child();
            exit()
        }
        pid => usize::try_from(pid).expect("fork"),
    }
}

/// Kills a child in any state, and collects its status.
pub fn kill(pid: usize) {
    tgkill(pid, pid, 9);
    while wait(pid) & 0x7f == 0x7f {}
}

/// A page that stays the same memory in all children: below 4 GiB, where 32-bit programs are.
pub fn shared_page() -> *mut u64 {
    const READ_WRITE: usize = 3;
    const SHARED_ANONYMOUS: usize = 0x1 | 0x20;

    let flags = SHARED_ANONYMOUS | MAP_32BIT;
    let page = call(nr::MMAP, [0, 4096, READ_WRITE, flags, usize::MAX]);
    assert!(page > 0, "mmap: {page}");
    page as *mut u64
}

/// Gives the caller a real-time priority, and its children the normal one: a child then runs only
/// while its parent waits.
pub fn run_first() {
    const FIFO_RESET_ON_FORK: usize = 1 | 0x4000_0000;

    let priority = 1i32;
    let ret = call(
        nr::SCHED_SETSCHEDULER,
        [0, FIFO_RESET_ON_FORK, &raw const priority as usize],
    );
    assert_eq!(ret, 0, "sched_setscheduler");
}

/// Sleeps for a moment, until every other process waits or spins.
pub fn let_others_run() {
    let moment = [0u64, 200_000];

    let ret = call(nr::NANOSLEEP, [&raw const moment as usize]);
    assert_eq!(ret, 0, "nanosleep");
}

/// Mounts /proc, as the first process of a guest must.
pub fn mount_proc() {
    std::fs::create_dir_all("/proc").expect("/proc");
    let name = c"proc".as_ptr() as usize;
    let ret = call(nr::MOUNT, [name, c"/proc".as_ptr() as usize, name]);
    assert_eq!(ret, 0, "mount /proc");
}

/// Restarts the machine.
pub fn reboot() -> ! {
    call(nr::REBOOT, [0xfee1_dead, 672_274_793, 0x0123_4567]);
    unreachable!()
}

pub const TRACEME: usize = 0;
pub const PEEKTEXT: usize = 1;
pub const PEEKDATA: usize = 2;
pub const POKETEXT: usize = 4;
pub const POKEDATA: usize = 5;
pub const CONT: usize = 7;
pub const SINGLESTEP: usize = 9;
pub const ATTACH: usize = 16;
pub const DETACH: usize = 17;
pub const SYSCALL: usize = 24;
pub const SYSEMU: usize = 31;
pub const SETOPTIONS: usize = 0x4200;
pub const GETEVENTMSG: usize = 0x4201;
pub const GETSIGINFO: usize = 0x4202;
pub const SETSIGINFO: usize = 0x4203;
pub const GETREGSET: usize = 0x4204;
pub const SETREGSET: usize = 0x4205;
pub const SEIZE: usize = 0x4206;
pub const INTERRUPT: usize = 0x4207;
pub const LISTEN: usize = 0x4208;
pub const PEEKSIGINFO: usize = 0x4209;
pub const GETSIGMASK: usize = 0x420a;
pub const SETSIGMASK: usize = 0x420b;
pub const SECCOMP_GET_FILTER: usize = 0x420c;
pub const SECCOMP_GET_METADATA: usize = 0x420d;
pub const GET_TRACEE_INFO: usize = 0x4213;
pub const GET_SYSCALL_INFO: usize = 0x420e;
pub const GET_RSEQ_CONFIGURATION: usize = 0x420f;
pub const SET_DISPATCH: usize = 0x4210;
pub const GET_DISPATCH: usize = 0x4211;
pub const SET_SYSCALL_INFO: usize = 0x4212;

/// The set of general registers.
pub const PRSTATUS: usize = 1;

pub const TRACESYSGOOD: usize = 1;

pub const EPERM: isize = -1;
pub const ESRCH: isize = -3;
pub const EIO: isize = -5;
pub const EFAULT: isize = -14;
pub const EINVAL: isize = -22;

/// The status of a stop by a signal or by an event, as `wait()` has it.
pub const fn stop(signal: isize, event: isize) -> isize {
    (event << 16) | (signal << 8) | 0x7f
}
pub const SIGTRAP: isize = 5;
pub const SIGUSR1: isize = 10;
pub const SIGSTOP: isize = 19;
/// The status of the ptrace-stop of a PTRACE_INTERRUPT.
pub const EVENT_STOP: isize = stop(SIGTRAP, 128);
