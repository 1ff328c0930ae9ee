// SPDX-License-Identifier: GPL-2.0

//! System calls with nothing around them, the counter, and the numbers of ptrace(2).

use std::arch::{
    asm,
    x86_64::_rdtsc, //
};

/// The instructions executed so far: under `-icount shift=0`, the time stamp counter counts these.
#[inline(always)]
pub fn instructions() -> u64 {
    // SAFETY: Every x86-64 processor has the instruction.
    unsafe { _rdtsc() }
}

/// The numbers of system calls.
pub mod nr {
    pub const OPEN: usize = 2;
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const PAUSE: usize = 34;
    pub const NANOSLEEP: usize = 35;
    pub const GETPID: usize = 39;
    pub const WAIT4: usize = 61;
    pub const PTRACE: usize = 101;
    pub const GETPPID: usize = 110;
    pub const SCHED_SETSCHEDULER: usize = 144;
    pub const MOUNT: usize = 165;
    pub const REBOOT: usize = 169;
    pub const EXIT_GROUP: usize = 231;
    pub const TGKILL: usize = 234;
    pub const PROCESS_VM_READV: usize = 310;
    pub const KCMP: usize = 312;

    /// The number of ptrace(2) for 32-bit programs.
    pub const COMPAT_PTRACE: u32 = 26;
}

/// A system call; returns an error as a negative number.
#[inline(always)]
pub fn call<const N: usize>(nr: usize, args: [usize; N]) -> isize {
    let arg = |i| args.get(i).copied().unwrap_or(0);
    let ret;
    // SAFETY: Addresses are of memory that the caller lends for the call.
    unsafe {
        asm!("syscall", inlateout("rax") nr => ret, in("rdi") arg(0), in("rsi") arg(1),
            in("rdx") arg(2), in("r10") arg(3), in("r8") arg(4), in("r9") arg(5),
            lateout("rcx") _, lateout("r11") _)
    };
    ret
}

/// A system call as 32-bit programs make it. Addresses must be below 4 GiB.
#[inline(always)]
pub fn compat_call(nr: u32, a: u32, b: u32, c: u32, d: u32) -> i32 {
    let ret;
    // SAFETY: As in `call()`. The register that the compiler keeps for itself is put back.
    unsafe {
        asm!("xchg {b:r}, rbx", "int 0x80", "xchg {b:r}, rbx", b = inout(reg) a as u64 => _,
            inlateout("eax") nr => ret, in("ecx") b, in("edx") c, in("esi") d,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _)
    };
    ret
}

/// ptrace(2), as the kernel has it: a peeked word goes to `data`.
#[inline(always)]
pub fn ptrace(request: usize, pid: usize, addr: usize, data: usize) -> isize {
    call(nr::PTRACE, [request, pid, addr, data])
}

/// ptrace(2) of 32-bit programs.
#[inline(always)]
pub fn compat_ptrace(request: usize, pid: usize, addr: usize, data: usize) -> isize {
    compat_call(
        nr::COMPAT_PTRACE,
        request as u32,
        pid as u32,
        addr as u32,
        data as u32,
    ) as isize
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

/// A page below 4 GiB that stays the same memory in all children.
pub fn shared_page() -> *mut u64 {
    const READ_WRITE: usize = 3;
    const SHARED_ANONYMOUS_32BIT: usize = 0x1 | 0x20 | 0x40;

    let page = call(
        nr::MMAP,
        [0, 4096, READ_WRITE, SHARED_ANONYMOUS_32BIT, usize::MAX],
    );
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
pub const PEEKUSR: usize = 3;
pub const POKETEXT: usize = 4;
pub const POKEDATA: usize = 5;
pub const POKEUSR: usize = 6;
pub const CONT: usize = 7;
pub const SINGLESTEP: usize = 9;
pub const GETREGS: usize = 12;
pub const SETREGS: usize = 13;
pub const ATTACH: usize = 16;
pub const DETACH: usize = 17;
pub const GETFPREGS: usize = 14;
pub const SETFPREGS: usize = 15;
pub const OLDSETOPTIONS: usize = 21;
pub const SYSCALL: usize = 24;
pub const ARCH_PRCTL: usize = 30;
pub const SYSEMU: usize = 31;
pub const SINGLEBLOCK: usize = 33;
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
