// SPDX-License-Identifier: GPL-2.0-only

//! What each architecture does in its own way: steps, system calls, registers.

use crate::{
    error::to_result,
    list::Leaving,
    stop::Stopped,
    user::UserBuffer, //
};
use core::mem::offset_of;
use kernel::{
    bindings,
    prelude::*,
    task::Task,
    transmute::{
        AsBytes,
        FromBytes, //
    }, //
};

/// Sets whether `task` stops when it enters and leaves a system call (`trace`), and whether it
/// stops when it enters one, which is then not carried out (`emu`).
///
/// The latter is nothing where the architecture has no such thing.
#[inline]
fn set_syscall_work(task: &Task, trace: bool, emu: bool) {
    // SAFETY: A valid task, whose flags are changed atomically.
    unsafe { bindings::ptrace_shim_set_syscall_work(task.as_ptr(), trace, emu) };
}

impl Leaving<'_> {
    /// Has the task stop at no system call any more.
    #[doc(alias = "SYSCALL_WORK_SYSCALL_TRACE")]
    #[doc(alias = "SYSCALL_WORK_SYSCALL_EMU")]
    #[inline]
    pub(crate) fn clear_syscall_work(&self) {
        set_syscall_work(self.task(), false, false);
    }
}

impl Stopped<'_> {
    /// Sets whether the tracee stops when it enters and leaves a system call (`trace`), and whether
    /// it stops when it enters one, which is then not carried out (`emu`).
    #[doc(alias = "SYSCALL_WORK_SYSCALL_TRACE")]
    #[doc(alias = "SYSCALL_WORK_SYSCALL_EMU")]
    #[inline]
    pub(crate) fn set_syscall_work(&self, trace: bool, emu: bool) {
        set_syscall_work(self.task(), trace, emu);
    }

    /// Has the tracee stop after an instruction. `EIO` if the architecture cannot.
    #[doc(alias = "user_enable_single_step")]
    pub(crate) fn enable_single_step(&self) -> Result {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        let done = unsafe { bindings::ptrace_shim_enable_single_step(self.task().as_ptr()) };
        done.then_some(()).ok_or(EIO)
    }

    /// Has the tracee stop after a jump. `EIO` if the architecture cannot.
    #[doc(alias = "user_enable_block_step")]
    pub(crate) fn enable_block_step(&self) -> Result {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        let done = unsafe { bindings::ptrace_shim_enable_block_step(self.task().as_ptr()) };
        done.then_some(()).ok_or(EIO)
    }

    /// Has the tracee take no more steps.
    #[doc(alias = "user_disable_single_step")]
    #[inline]
    pub(crate) fn disable_single_step(&self) {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_disable_single_step(self.task().as_ptr()) };
    }

    /// Undoes what the architecture has set up in the tracee.
    #[doc(alias = "ptrace_disable")]
    pub(crate) fn disable(&self) {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_disable(self.task().as_ptr()) };
    }
}

// Sets of registers.

/// How much of a set is copied to or from a buffer of `len` bytes, for `count` registers of `size`
/// bytes each: no more than the set has. `EINVAL` if `len` is no whole number of registers.
fn copied_size(len: usize, size: c_uint, count: c_uint) -> Result<c_uint> {
    // A set of registers of no size cannot be.
    if len.checked_rem(size as usize) != Some(0) {
        return Err(EINVAL);
    }
    let all = count.wrapping_mul(size);
    // CAST: No more than `all`.
    Ok(len.min(all as usize) as c_uint)
}

/// A set of registers of a tracee in a ptrace-stop.
///
/// # Invariants
///
/// `number` is that of a set of `view`, which is the tracee's.
pub(crate) struct Regset<'s> {
    stopped: &'s Stopped<'s>,
    view: *const bindings::user_regset_view,
    number: c_uint,
    /// The size of a register, in bytes.
    size: c_uint,
    /// The number of registers.
    count: c_uint,
}

impl<'s> Regset<'s> {
    /// Finds the set that is called `note` in core dumps, `NT_*`.
    ///
    /// Which there are depends on what the tracee runs: 32-bit or 64-bit code.
    // Always inlined: called, it would be 96 bytes more.
    #[doc(alias = "find_regset")]
    #[inline(always)]
    pub(crate) fn find(stopped: &'s Stopped<'_>, note: u32) -> Option<Self> {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        let view = unsafe { bindings::task_user_regset_view(stopped.task().as_ptr()) };
        // SAFETY: Every task has a view, which is static and never changes.
        let count = unsafe { (*view).n };
        // SAFETY: As above.
        let first = unsafe { (*view).regsets };
        (0..count).find_map(|number| {
            // SAFETY: `number` is that of a set of this view.
            let set = unsafe { first.add(number as usize) };
            // SAFETY: As above.
            let note_of_set = unsafe { (*set).core_note_type };
            // INVARIANT: It is the view of this tracee, and the number of a set.
            (note_of_set == note).then(|| Self {
                stopped,
                view,
                number,
                // SAFETY: As above.
                size: unsafe { (*set).size },
                // SAFETY: As above.
                count: unsafe { (*set).n },
            })
        })
    }

    /// As much of the set as a buffer of `len` bytes has room for. `EINVAL` if that is no whole
    /// number of registers.
    #[inline]
    pub(crate) fn part(self, len: usize) -> Result<RegsetPart<'s>> {
        let size = copied_size(len, self.size, self.count)?;
        // INVARIANT: As the function says.
        Ok(RegsetPart { set: self, size })
    }
}

/// The first registers of a set.
///
/// # Invariants
///
/// The set has `size` bytes, a whole number of registers.
pub(crate) struct RegsetPart<'s> {
    set: Regset<'s>,
    size: c_uint,
}

impl RegsetPart<'_> {
    /// How many bytes it is.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size as usize
    }

    /// Copies it to the caller. What the set says; `EFAULT`.
    #[doc(alias = "copy_regset_to_user")]
    #[inline]
    pub(crate) fn copy_to_user(&self, to: &UserBuffer) -> Result {
        let set = &self.set;
        let task = set.stopped.task().as_ptr();
        // SAFETY: The tracee is in a ptrace-stop and off the CPU; by the invariants of the types,
        // the set is one of its view, and has `size` bytes; the function checks the address.
        to_result(unsafe {
            bindings::copy_regset_to_user(task, set.view, set.number, 0, self.size, to.base())
        })
    }

    /// Copies it from the caller. As [`Self::copy_to_user`]; and `EOPNOTSUPP` if the set cannot be
    /// written.
    #[doc(alias = "copy_regset_from_user")]
    #[inline]
    pub(crate) fn copy_from_user(&self, from: &UserBuffer) -> Result {
        let set = &self.set;
        let (task, base) = (set.stopped.task().as_ptr(), from.base());
        // SAFETY: As in `copy_to_user()`.
        to_result(unsafe {
            bindings::ptrace_shim_copy_regset_from_user(task, set.view, set.number, self.size, base)
        })
    }
}

// The system call that a tracee is in.

/// How many arguments a system call has.
pub(crate) const SYSCALL_ARGS: usize = 6;

/// `struct ptrace_syscall_info`, with the union as what it is made of.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct SyscallInfo {
    /// `PTRACE_SYSCALL_INFO_*`: which stop this is.
    pub(crate) op: u8,
    /// 0.
    pub(crate) reserved: u8,
    /// 0.
    pub(crate) flags: u16,
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    /// The number of the call or, on leaving it, its result.
    pub(crate) nr_or_rval: u64,
    /// Its arguments or, on leaving it, in the first byte of the first: whether the result is an
    /// error.
    pub(crate) args: [u64; SYSCALL_ARGS],
    /// In a stop by seccomp, what the filter says.
    pub(crate) ret_data: u32,
    reserved2: u32,
}

// SAFETY: These are integers, with no hole between them.
unsafe impl AsBytes for SyscallInfo {}
// SAFETY: These are integers.
unsafe impl FromBytes for SyscallInfo {}

const _: () = {
    type Info = bindings::ptrace_syscall_info;
    assert!(size_of::<SyscallInfo>() == size_of::<Info>());
    assert!(align_of::<SyscallInfo>() == align_of::<Info>());
    assert!(offset_of!(SyscallInfo, arch) == offset_of!(Info, arch));
    assert!(offset_of!(SyscallInfo, instruction_pointer) == offset_of!(Info, instruction_pointer));
    assert!(offset_of!(SyscallInfo, stack_pointer) == offset_of!(Info, stack_pointer));
    assert!(offset_of!(SyscallInfo, nr_or_rval) == offset_of!(Info, __bindgen_anon_1));
};

impl SyscallInfo {
    /// One of a stop, in which all else is 0.
    #[inline]
    pub(crate) fn new(op: u8) -> Self {
        Self {
            op,
            reserved: 0,
            flags: 0,
            arch: 0,
            instruction_pointer: 0,
            stack_pointer: 0,
            nr_or_rval: 0,
            args: [0; SYSCALL_ARGS],
            ret_data: 0,
            reserved2: 0,
        }
    }

    /// Fills in where the tracee is.
    #[doc(alias = "syscall_get_arch")]
    #[inline]
    pub(crate) fn fill_in_where(&mut self, stopped: &Stopped<'_>) {
        // CAST: The same structure, as asserted above.
        let info = (&raw mut *self).cast::<bindings::ptrace_syscall_info>();
        // SAFETY: The tracee is in a ptrace-stop and off the CPU, and this is a place for the
        // structure.
        unsafe { bindings::ptrace_shim_syscall_where(stopped.task().as_ptr(), info) };
    }
}

impl Stopped<'_> {
    /// The number of the system call.
    #[doc(alias = "syscall_get_nr")]
    pub(crate) fn syscall_nr(&self) -> c_int {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_syscall_get_nr(self.task().as_ptr()) }
    }

    /// The arguments of the system call.
    #[doc(alias = "syscall_get_arguments")]
    pub(crate) fn syscall_args(&self) -> [c_ulong; SYSCALL_ARGS] {
        let mut args = [0; SYSCALL_ARGS];
        let task = self.task().as_ptr();
        // SAFETY: The tracee is in a ptrace-stop and off the CPU, and there is room for the
        // arguments.
        unsafe { bindings::ptrace_shim_syscall_get_arguments(task, args.as_mut_ptr()) };
        args
    }

    /// The error that the system call returns; 0 if it returns none.
    #[doc(alias = "syscall_get_error")]
    pub(crate) fn syscall_error(&self) -> c_long {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_syscall_get_error(self.task().as_ptr()) }
    }

    /// What the system call returns.
    #[doc(alias = "syscall_get_return_value")]
    pub(crate) fn syscall_return_value(&self) -> c_long {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_syscall_get_return_value(self.task().as_ptr()) }
    }

    /// Makes it another system call.
    #[doc(alias = "syscall_set_nr")]
    pub(crate) fn set_syscall_nr(&self, nr: c_int) {
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_syscall_set_nr(self.task().as_ptr(), nr) };
    }

    /// Gives the system call other arguments.
    #[doc(alias = "syscall_set_arguments")]
    pub(crate) fn set_syscall_args(&self, args: &[c_ulong; SYSCALL_ARGS]) {
        let task = self.task().as_ptr();
        // SAFETY: The tracee is in a ptrace-stop and off the CPU, and these are the arguments.
        unsafe { bindings::ptrace_shim_syscall_set_arguments(task, args.as_ptr()) };
    }

    /// Has the system call return `error` or, if that is 0, `value`.
    #[doc(alias = "syscall_set_return_value")]
    pub(crate) fn set_syscall_return_value(&self, error: c_int, value: c_long) {
        let task = self.task().as_ptr();
        // SAFETY: The tracee is in a ptrace-stop and off the CPU.
        unsafe { bindings::ptrace_shim_syscall_set_return_value(task, error, value) };
    }
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_arch)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_whole_number_of_registers() {
        for len in 0..64 {
            assert_eq!(copied_size(len, 8, 27).is_ok(), len % 8 == 0);
        }
        assert_eq!(copied_size(usize::MAX, 8, 27), Err(EINVAL));
        assert_eq!(copied_size(8, 0, 27), Err(EINVAL));
    }

    #[test]
    fn no_more_than_the_set_is_copied() {
        assert_eq!(copied_size(0, 8, 27), Ok(0));
        assert_eq!(copied_size(208, 8, 27), Ok(208));
        assert_eq!(copied_size(216, 8, 27), Ok(216));
        assert_eq!(copied_size(224, 8, 27), Ok(216));
        assert_eq!(copied_size(usize::MAX & !7, 8, 27), Ok(216));
    }
}
