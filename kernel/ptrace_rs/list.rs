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
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// A task that may be made a tracer: before it is gone, it lets go of its tracees.
///
/// # Invariants
///
/// The task has not yet gone through `exit_ptrace()`.
pub(crate) struct Tracer<'t>(&'t Task);

impl<'t> Tracer<'t> {
    /// The current task.
    pub(crate) fn current(current: &'t CurrentTask) -> Self {
        // INVARIANT: A task makes no system call after it has begun to exit.
        Self(current)
    }

    /// The process that `task` is a child of, unless that exits: it may be past the point where it
    /// lets go of its tracees.
    pub(crate) fn real_parent(task: &'t Task, lock: &'t TasklistWrite) -> Option<Self> {
        let real_parent = task::real_parent(task, lock);
        // INVARIANT: What has not begun to exit has not let go of its tracees.
        (!task::is_exiting(real_parent)).then_some(Self(real_parent))
    }

    /// A task that C says may be made a tracer.
    ///
    /// # Safety
    ///
    /// It has not yet gone through `exit_ptrace()`.
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(task)
    }
}

/// A task that was taken from its tracer.
///
/// # Invariants
///
/// The task is on no list of tracees, and stays so while the value exists: it is no longer than
/// `tasklist_lock` is held.
pub(crate) struct Unlinked<'t>(&'t Task);

impl<'t> Unlinked<'t> {
    /// The task.
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }
}

/// Makes `tracer` the parent of `child`, with `cred` as the credentials that it traces with.
///
/// `BUG()`s if `child` is traced already.
#[doc(alias = "__ptrace_link")]
#[inline(always)]
pub(crate) fn link(child: &Task, tracer: Tracer<'_>, cred: &CredRef<'_>, lock: &TasklistWrite) {
    let Tracer(tracer) = tracer;
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: As above.
    let head = unsafe { &raw mut (*tracer.as_ptr()).ptraced };
    task::bug_on(!ptr::eq(read_field!(child, ptrace_entry.next), entry));
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing, and the entry
    // is on none, as was just seen.
    unsafe { bindings::ptrace_shim_list_add(entry, head) };
    task::set_parent(child, tracer, lock);
    // SAFETY: This is protected by `tasklist_lock`, and is given the reference that it holds.
    unsafe { write_field!(child, ptracer_cred, cred.get()) };
}

/// Makes the real parent of `child` its parent again.
///
/// Part of [`crate::detach::unlink`].
#[inline(always)]
pub(crate) fn unlink<'t>(child: &'t Task, lock: &TasklistWrite) -> Unlinked<'t> {
    task::set_parent(child, task::real_parent(child, lock), lock);
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing.
    unsafe { bindings::ptrace_shim_list_del_init(entry) };
    let cred = read_field!(child, ptracer_cred);
    // SAFETY: This is protected by `tasklist_lock`.
    unsafe { write_field!(child, ptracer_cred, ptr::null()) };
    // SAFETY: `link()` took a reference for the field, which is given up here.
    unsafe { bindings::put_cred(cred) };
    // INVARIANT: It was just taken off.
    Unlinked(child)
}

/// The first of the tasks that `tracer` traces.
pub(crate) fn first_tracee<'t>(tracer: &'t Task, lock: &'t TasklistWrite) -> Option<&'t Task> {
    tracee_at(read_field!(tracer, ptraced.next), tracer, lock)
}

/// The one after `child` of the tasks that `tracer` traces.
pub(crate) fn next_tracee<'t>(
    tracer: &'t Task,
    child: &Task,
    lock: &'t TasklistWrite,
) -> Option<&'t Task> {
    tracee_at(read_field!(child, ptrace_entry.next), tracer, lock)
}

/// The tracee whose `ptrace_entry` this is; [`None`] if it is the head of the list.
fn tracee_at<'t>(
    entry: *mut bindings::list_head,
    tracer: &'t Task,
    _lock: &'t TasklistWrite,
) -> Option<&'t Task> {
    // SAFETY: A valid task, so that the place of its field is valid.
    let head = unsafe { &raw const (*tracer.as_ptr()).ptraced };
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

    /// Puts a task on the list.
    #[doc(alias = "list_add")]
    pub(crate) fn push(&mut self, task: Unlinked<'_>, _lock: &TasklistWrite) {
        // SAFETY: A valid task, so that the place of its field is valid.
        let entry = unsafe { &raw mut (*task.0.as_ptr()).ptrace_entry };
        // SAFETY: By the invariants of the types, the head is valid and the entry is on no list.
        unsafe { bindings::ptrace_shim_list_add(entry, self.0) };
    }
}
