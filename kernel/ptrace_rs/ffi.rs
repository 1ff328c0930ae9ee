// SPDX-License-Identifier: GPL-2.0-only

//! The functions that C calls.
//!
//! Each turns raw arguments into types and a [`Result`] into what C expects, and does nothing else.

#[cfg(CONFIG_COMPAT)]
use crate::compat;
use crate::{
    access::{
        self,
        Mode, //
    },
    attach,
    cred::RequesterCred,
    detach,
    error::to_ret,
    interrupt,
    list::{
        self,
        DeadList,
        ExitingTracer,
        Leaving,
        Tracer, //
    },
    lock::{
        AllocGuard,
        TasklistWrite, //
    },
    mm::TraceeMm,
    request::{
        Operation,
        Request, //
    },
    stop::{
        Frozen,
        Stopped, //
    },
    task::{
        self,
        Entry, //
    },
    tracee_info,
    user::Abi, //
};
use kernel::{
    bindings::{
        self,
        cred,
        list_head,
        task_struct, //
    },
    current,
    prelude::*, //
};

/// The system call, of a caller with this ABI.
///
/// # Safety
///
/// To be called at the entry of ptrace(2), in process context with no lock held.
#[inline]
unsafe fn syscall(
    request: c_long,
    pid: c_long,
    addr: c_ulong,
    data: c_ulong,
    abi: Abi,
) -> Result<c_long> {
    let current = current!();
    // SAFETY: By the requirement of this function, and this is the one such value.
    let mut entry = unsafe { Entry::new(current) };
    if request == Request::TRACEME {
        attach::traceme(&mut entry)?;
        return Ok(0);
    }

    let child = task::find_by_vpid(pid).ok_or(ESRCH)?;
    match Request::decode(request) {
        Request::Attach => attach::attach(&child, false, addr, data, &mut entry)?,
        Request::Seize => attach::attach(&child, true, addr, data, &mut entry)?,
        // These need no tracee in a ptrace-stop, and no architecture that has Rust has a part in
        // them.
        Request::Interrupt => interrupt::interrupt(&child, &mut entry)?,
        Request::Kill => interrupt::kill(&child, &mut entry)?,
        Request::GetTraceeInfo => {
            let size = tracee_info::get(&child, addr, data, &mut entry)?;
            // CAST: No more than an `int`.
            return Ok(size as c_long);
        }
        Request::Other => {
            let frozen = Frozen::freeze(&child, &mut entry).ok_or(ESRCH)?;
            let ret = match abi {
                // SAFETY: The tracee is frozen and off the CPU.
                Abi::Native => unsafe {
                    bindings::arch_ptrace(frozen.as_ptr(), request, addr, data)
                },
                #[cfg(CONFIG_COMPAT)]
                // CAST: As wide as the caller has given them.
                // SAFETY: As above.
                Abi::Compat => unsafe {
                    bindings::compat_arch_ptrace(
                        frozen.as_ptr(),
                        request as bindings::compat_long_t,
                        addr as bindings::compat_ulong_t,
                        data as bindings::compat_ulong_t,
                    )
                },
            };
            if request == Request::DETACH && ret == 0 {
                // SAFETY: As `arch_ptrace()` says.
                unsafe { frozen.forget() };
            } else {
                frozen.unfreeze();
            }
            return Ok(ret);
        }
    }
    Ok(0)
}

/// ptrace(2). With `compat`, as 32-bit programs call it.
///
/// # Safety
///
/// To be called in process context with no lock held, by the entries in `ptrace_shim.c`.
#[export]
pub(crate) unsafe extern "C" fn ptrace_rs_syscall(
    request: c_long,
    pid: c_long,
    addr: c_ulong,
    data: c_ulong,
    compat: bool,
) -> c_long {
    // SAFETY: By the requirement of this function.
    let result = unsafe { syscall(request, pid, addr, data, Abi::of_syscall(compat)) };
    // CAST: An errno fits.
    result.unwrap_or_else(|error| error.to_errno() as c_long)
}

/// A request that is not the architecture's own. `EIO` if it is none.
///
/// # Safety
///
/// To be called by `arch_ptrace()`, with the tracee that it was called with, at its end.
#[export]
pub(crate) unsafe extern "C" fn ptrace_request(
    child: *mut task_struct,
    request: c_long,
    addr: c_ulong,
    data: c_ulong,
) -> c_int {
    let Some(operation) = Operation::decode(request) else {
        return EIO.to_errno();
    };
    // SAFETY: The system call holds a reference to the task.
    let child = unsafe { task::from_raw(child) };
    let current = current!();
    // SAFETY: The system call has frozen the tracee before it called `arch_ptrace()`, and uses no
    // such value before that returns.
    let (stopped, mut caller) = unsafe { Stopped::assume(child, current) };
    to_ret(operation.carry_out(stopped, addr, data, &mut caller))
}

/// A request of a 32-bit program that is not the architecture's own. `EIO` if it is none.
///
/// # Safety
///
/// To be called by `compat_arch_ptrace()`, with the tracee that it was called with, at its end.
#[cfg(CONFIG_COMPAT)]
#[export]
pub(crate) unsafe extern "C" fn compat_ptrace_request(
    child: *mut task_struct,
    request: bindings::compat_long_t,
    addr: bindings::compat_ulong_t,
    data: bindings::compat_ulong_t,
) -> c_int {
    // CAST: Extends the sign, as C does.
    let Some(operation) = Operation::decode(request as c_long) else {
        return EIO.to_errno();
    };
    let done = {
        // SAFETY: The system call holds a reference to the task.
        let task = unsafe { task::from_raw(child) };
        let current = current!();
        // SAFETY: The system call has frozen the tracee before it called `compat_arch_ptrace()`,
        // and uses no such value before that returns.
        let (stopped, mut caller) = unsafe { Stopped::assume(task, current) };
        compat::carry_out(operation, &stopped, addr, data, &mut caller)
    };
    match done {
        Some(done) => to_ret(done.map(|()| 0)),
        // CAST: As above; the others extend with zeros.
        // SAFETY: By the requirement of this function, and the tracee is frozen as before.
        None => unsafe {
            ptrace_request(child, request as c_long, addr as c_ulong, data as c_ulong)
        },
    }
}

/// Whether the current task may look into `task`: see [`access::may_access`].
///
/// # Safety
///
/// `task` points to a valid task. `tasklist_lock` is not held for writing. Takes `alloc_lock` of
/// `task`.
#[export]
pub(crate) unsafe extern "C" fn ptrace_may_access(task: *mut task_struct, mode: c_uint) -> bool {
    // SAFETY: By the requirement of this function.
    let task = unsafe { task::from_raw(task) };
    // SAFETY: By the requirement of this function.
    let lock = unsafe { AllocGuard::lock_raw(task) };
    access::may_access(&lock, Mode::new(mode), current!()).is_ok()
}

/// Whether the current task traces `task` and may look into its memory: see
/// [`access::tracer_may_access`].
///
/// # Safety
///
/// `task` points to a valid task.
#[export]
pub(crate) unsafe extern "C" fn ptracer_access_allowed(task: *mut task_struct) -> bool {
    // SAFETY: By the requirement of this function.
    access::tracer_may_access(unsafe { task::from_raw(task) }, current!())
}

/// Copies between `buf` and the memory of a tracee: see [`TraceeMm`].
///
/// Returns how much was copied, which is 0 where nothing may be.
///
/// # Safety
///
/// `task` points to a valid task, and `buf` is valid for `len` bytes: to read, with `FOLL_WRITE` in
/// `gup_flags`, and else to write. Process context with no lock held.
#[export]
pub(crate) unsafe extern "C" fn ptrace_access_vm(
    task: *mut task_struct,
    addr: c_ulong,
    buf: *mut c_void,
    len: c_int,
    gup_flags: c_uint,
) -> c_int {
    // SAFETY: By the requirement of this function.
    let task = unsafe { task::from_raw(task) };
    // SAFETY: By the requirement of this function.
    let Some(mm) = (unsafe { TraceeMm::of_raw(task, current!()) }) else {
        return 0;
    };
    // SAFETY: By the requirement of this function.
    unsafe { mm.copy_raw(addr, buf, len, gup_flags) }
}

/// Attaches a task that a tracee has made: see [`list::link_raw`].
///
/// # Safety
///
/// `child` and `new_parent` point to valid tasks and `ptracer_cred` to valid credentials, which
/// were checked when `new_parent` attached the task that makes `child`. `child` has no tracer but
/// for its ptrace flags, and has not been released; nobody can find it yet. `new_parent` has not
/// yet gone through `exit_ptrace()`. `tasklist_lock` is held for writing, with interrupts disabled.
#[export]
pub(crate) unsafe extern "C" fn __ptrace_link(
    child: *mut task_struct,
    new_parent: *mut task_struct,
    ptracer_cred: *const cred,
) {
    // SAFETY: By the requirement of this function.
    let tasklist = unsafe { TasklistWrite::assume_held() };
    // SAFETY: By the requirement of this function.
    let child = unsafe { task::from_raw(child) };
    // SAFETY: By the requirement of this function.
    let new_parent = unsafe { task::from_raw(new_parent) };
    // SAFETY: By the requirement of this function.
    let cred = unsafe { RequesterCred::from_raw(ptracer_cred) };
    // SAFETY: By the requirement of this function.
    let new_parent = unsafe { Tracer::assume(new_parent) };
    // SAFETY: By the requirement of this function.
    unsafe { list::link_raw(child, new_parent, &cred, &tasklist) };
}

/// Takes a task from its tracer: see [`detach::unlink`].
///
/// `BUG()`s if it has none.
///
/// # Safety
///
/// `child` points to a valid task that has not been released, and that no request keeps in a
/// ptrace-stop. The current task traces it, or releases it. `tasklist_lock` is held for writing,
/// with interrupts disabled, and no siglock is.
#[export]
pub(crate) unsafe extern "C" fn __ptrace_unlink(child: *mut task_struct) {
    // SAFETY: By the requirement of this function.
    let tasklist = unsafe { TasklistWrite::assume_held() };
    // SAFETY: By the requirement of this function.
    let child = unsafe { task::from_raw(child) };
    // SAFETY: By the requirement of this function.
    detach::unlink(unsafe { Leaving::assume(child) }, &tasklist);
}

/// Lets go of all tracees of a task that exits: see [`detach::exit`].
///
/// # Safety
///
/// `tracer` points to the current task, which exits, and `dead` to the head of a list of tasks, by
/// their `ptrace_entry`, which only this context uses. `tasklist_lock` is held for writing, with
/// interrupts disabled, and no siglock is.
#[export]
pub(crate) unsafe extern "C" fn exit_ptrace(tracer: *mut task_struct, dead: *mut list_head) {
    // SAFETY: By the requirement of this function.
    let tasklist = unsafe { TasklistWrite::assume_held() };
    // SAFETY: By the requirement of this function.
    let tracer = unsafe { task::from_raw(tracer) };
    // SAFETY: By the requirement of this function.
    let mut tracer = unsafe { ExitingTracer::assume(tracer) };
    // SAFETY: By the requirement of this function.
    let dead = unsafe { DeadList::from_raw(dead) };
    detach::exit(&mut tracer, dead, &tasklist);
}
