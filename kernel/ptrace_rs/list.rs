// SPDX-License-Identifier: GPL-2.0-only

//! The list of a tracer's tracees, and the reference to its credentials that each of them holds.

use crate::{
    cred::CredRef,
    lock::TasklistWrite,
    task::{
        self,
        read_field,
        write_field, //
    }, //
};
use core::ptr;
use kernel::{
    bindings,
    task::Task, //
};

/// Makes `tracer` the parent of `child`, with `cred` as the credentials that it traces with.
///
/// `BUG()`s if `child` is traced already.
#[doc(alias = "__ptrace_link")]
pub(crate) fn link(child: &Task, tracer: &Task, cred: &CredRef<'_>, lock: &TasklistWrite) {
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: As above.
    let head = unsafe { &raw mut (*tracer.as_ptr()).ptraced };
    if !ptr::eq(read_field!(child, ptrace_entry.next), entry) {
        // SAFETY: An FFI call with no additional requirements.
        unsafe { bindings::BUG() };
    }
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing, and the entry
    // is on none, as was just seen.
    unsafe { bindings::ptrace_shim_list_add(entry, head) };
    task::set_parent(child, tracer, lock);
    write_field!(child, ptracer_cred, cred.get());
}

/// Makes the real parent of `child` its parent again.
///
/// Part of [`crate::detach::unlink`].
pub(crate) fn unlink(child: &Task, lock: &TasklistWrite) {
    task::set_parent(child, task::real_parent(child, lock), lock);
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing.
    unsafe { bindings::ptrace_shim_list_del_init(entry) };
    let cred = read_field!(child, ptracer_cred);
    write_field!(child, ptracer_cred, ptr::null());
    // SAFETY: `link()` took a reference for the field, which is given up here.
    unsafe { bindings::put_cred(cred) };
}

/// The first of the tasks that `tracer` traces.
pub(crate) fn first_tracee<'t>(tracer: &'t Task, _lock: &'t TasklistWrite) -> Option<&'t Task> {
    // SAFETY: A valid task, so that the place of its field is valid.
    let head = unsafe { &raw const (*tracer.as_ptr()).ptraced };
    let entry = read_field!(tracer, ptraced.next);
    if ptr::eq(entry, head) {
        return None;
    }
    // SAFETY: An entry of this list that is not its head is in a task.
    let task = unsafe { kernel::container_of!(entry, bindings::task_struct, ptrace_entry) };
    // SAFETY: A task is taken off the list before it is freed, and under the lock none is.
    Some(unsafe { task::from_raw(task) })
}

/// The list that C keeps of tasks to release when it has dropped its locks.
///
/// # Invariants
///
/// The pointer is to the head of such a list, which only this context uses.
pub(crate) struct DeadList(*mut bindings::list_head);

impl DeadList {
    /// Wraps the list behind a pointer from C.
    ///
    /// # Safety
    ///
    /// `head` is the head of a list of tasks, by their `ptrace_entry`, which only this context uses
    /// while the value exists.
    pub(crate) unsafe fn from_raw(head: *mut bindings::list_head) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(head)
    }

    /// Puts `task` on the list. It must have been detached.
    #[doc(alias = "list_add")]
    pub(crate) fn push(&mut self, task: &Task, _lock: &TasklistWrite) {
        // SAFETY: A valid task, so that the place of its field is valid.
        let entry = unsafe { &raw mut (*task.as_ptr()).ptrace_entry };
        // SAFETY: By the type's invariant the head is valid, and the entry is on no list since the
        // task was detached.
        unsafe { bindings::ptrace_shim_list_add(entry, self.0) };
    }
}
