// SPDX-License-Identifier: GPL-2.0-only

//! Finding tasks, and reading the fields of a task that ptrace is about.
//!
//! A field that is protected by a lock is read by a function that asks for the lock's guard.

use crate::lock::TasklistRead;
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    sync::aref::ARef,
    task::Task, //
};

/// Finds a task by its number in the pid namespace of the current task.
///
/// Of `pid`, the low 32 bits count, as in C.
#[doc(alias = "find_get_task_by_vpid")]
pub(crate) fn find_by_vpid(pid: c_long) -> Option<ARef<Task>> {
    // CAST: The truncation to `pid_t` that C does.
    // SAFETY: An FFI call with no additional requirements.
    let task = unsafe { bindings::find_get_task_by_vpid(pid as bindings::pid_t) };
    // CAST: `Task` is a transparent wrapper of `task_struct`.
    let task = NonNull::new(task.cast::<Task>())?;
    // SAFETY: The function returned a valid task with a reference for the caller.
    Some(unsafe { ARef::from_raw(task) })
}

/// The ptrace flags of `task`, `PT_*`; 0 if it is not traced.
///
/// The flags change when the task is attached or detached, under the write-locked
/// `tasklist_lock`, and by its tracer while it is stopped. To a tracer they are stable for as long
/// as it traces the task.
#[inline]
pub(crate) fn ptrace_flags(task: &Task) -> c_uint {
    // SAFETY: `task` is a valid task, so that the place of the field is too.
    let flags = unsafe { &raw const (*task.as_ptr()).ptrace };
    // SAFETY: The place is valid and aligned; other CPUs may store to it at the same time, hence
    // the volatile load, as with `READ_ONCE()`.
    unsafe { flags.read_volatile() }
}

/// Whether the parent of `task`, which is its tracer if it is traced, is `parent`.
#[inline]
pub(crate) fn is_parent(task: &Task, parent: &Task, _lock: &TasklistRead) -> bool {
    // SAFETY: `task` is a valid task, so that the place of the field is too.
    let field = unsafe { &raw const (*task.as_ptr()).parent };
    // SAFETY: The field is only written under the write-locked `tasklist_lock`, which `_lock` rules
    // out.
    let found = unsafe { field.read() };
    core::ptr::eq(found, parent.as_ptr())
}
