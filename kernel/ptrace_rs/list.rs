// SPDX-License-Identifier: GPL-2.0-only

//! The list of a tracer's tracees, and the reference to its credentials that each of them holds.

use crate::{
    cred::CredRef,
    lock::TasklistWrite,
    options::PtFlags,
    stop::Stopped,
    task::{
        self,
        read_field,
        write_field, //
    }, //
};
use core::ptr;
use kernel::{
    bindings,
    prelude::*,
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

    /// The process that the current task is a child of, unless that exits: it may be past the point
    /// where it lets go of its tracees.
    pub(crate) fn real_parent(current: &'t CurrentTask, lock: &'t TasklistWrite) -> Option<Self> {
        // SAFETY: A task that makes a system call has not been released.
        let real_parent = unsafe { task::real_parent(current, lock) };
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

/// A task that may be given a tracer.
///
/// # Invariants
///
/// The task had no tracer and has not been released, under `tasklist_lock`, which is held for `'t`.
pub(crate) struct Untraced<'t>(&'t Task);

impl<'t> Untraced<'t> {
    /// `task`, unless it has a tracer or exits.
    #[inline]
    pub(crate) fn check(task: &'t Task, lock: &'t TasklistWrite) -> Option<Self> {
        let untraced = task::exit_state(task, lock) == 0 && task::ptrace_flags(task) == 0;
        // INVARIANT: What has not exited has not been released, and the lock keeps both so.
        untraced.then_some(Self(task))
    }

    /// The current task, unless it has a tracer.
    #[inline]
    pub(crate) fn current(current: &'t CurrentTask, _lock: &'t TasklistWrite) -> Option<Self> {
        // INVARIANT: A task that makes a system call has not been released.
        (task::ptrace_flags(current) == 0).then_some(Self(current))
    }

    /// A task that C is about to give a tracer, and whose ptrace flags it has set.
    ///
    /// # Safety
    ///
    /// The task has no tracer and has not been released.
    #[inline]
    pub(crate) unsafe fn assume(task: &'t Task, _lock: &'t TasklistWrite) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(task)
    }
}

/// A tracee that its tracer lets go of.
///
/// # Invariants
///
/// The task has not been released, and there is no [`Stopped`] of it.
pub(crate) struct Leaving<'t>(&'t Task);

impl<'t> Leaving<'t> {
    /// A tracee that is stopped, and is no more to be relied on to stay so.
    #[inline]
    pub(crate) fn stopped(stopped: Stopped<'t>) -> Self {
        // INVARIANT: What has a tracer has not been released; and there was the one `Stopped` that
        // is consumed here.
        Self(stopped.task())
    }

    /// A tracee that C takes from its tracer.
    ///
    /// # Safety
    ///
    /// The task has not been released, and there is no [`Stopped`] of it.
    #[inline]
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(task)
    }

    /// The task.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }
}

/// A task that was taken from its tracer.
///
/// # Invariants
///
/// The task has not been released, and is not for `'t`, for which `tasklist_lock` is held; and
/// there is no [`Stopped`] of it.
pub(crate) struct Unlinked<'t>(&'t Task);

impl<'t> Unlinked<'t> {
    /// The task.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }

    /// The task, if it is a zombie.
    #[inline]
    pub(crate) fn zombie(self, lock: &'t TasklistWrite) -> Option<Zombie<'t>> {
        let zombie = task::exit_state(self.0, lock) == bindings::EXIT_ZOMBIE;
        // INVARIANT: By that of this type, and as was just seen.
        zombie.then_some(Zombie(self.0))
    }
}

/// A zombie that was taken from its tracer.
///
/// # Invariants
///
/// The task has not been released, and is not for `'t`, for which `tasklist_lock` is held. It is a
/// zombie, or is being reaped by this context.
pub(crate) struct Zombie<'t>(&'t Task);

impl<'t> Zombie<'t> {
    /// The task.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }

    /// The process that the task is a child of, which is its parent again.
    #[inline]
    pub(crate) fn real_parent(&self, lock: &'t TasklistWrite) -> &'t Task {
        // SAFETY: By the type's invariant, it has not been released.
        unsafe { task::real_parent(self.0, lock) }
    }

    /// Marks the task as being reaped, which this context is to do.
    #[doc(alias = "EXIT_DEAD")]
    #[inline]
    pub(crate) fn bury(self, _lock: &'t TasklistWrite) -> Dead<'t> {
        // SAFETY: The state of a zombie is protected by `_lock`.
        unsafe { write_field!(self.0, exit_state, bindings::EXIT_DEAD as c_int) };
        // INVARIANT: It was a zombie, and is marked.
        Dead(self.0)
    }
}

/// A task that is to be released by this context.
///
/// # Invariants
///
/// The task was a zombie, and nobody else reaps it.
pub(crate) struct Dead<'t>(&'t Task);

/// Makes `tracer` the tracer of `child`, with these flags, and `cred` as the credentials that it
/// traces with.
#[doc(alias = "ptrace_link")]
#[inline(always)]
pub(crate) fn attach(
    child: Untraced<'_>,
    flags: PtFlags,
    tracer: Tracer<'_>,
    cred: &CredRef<'_>,
    lock: &TasklistWrite,
) {
    // SAFETY: Of a task that is not traced, this is protected by `lock`.
    unsafe { write_field!(child.0, ptrace, flags.bits()) };
    link(child, tracer, cred, lock);
}

/// Makes `tracer` the parent of `child`, whose ptrace flags are set, with `cred` as the credentials
/// that it traces with.
///
/// `BUG()`s if `child` is on a list of tracees already.
#[doc(alias = "__ptrace_link")]
#[inline(always)]
pub(crate) fn link(
    child: Untraced<'_>,
    tracer: Tracer<'_>,
    cred: &CredRef<'_>,
    lock: &TasklistWrite,
) {
    let (Untraced(child), Tracer(tracer)) = (child, tracer);
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: As above.
    let head = unsafe { &raw mut (*tracer.as_ptr()).ptraced };
    task::bug_on(!ptr::eq(read_field!(child, ptrace_entry.next), entry));
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing, and the entry
    // is on none, as was just seen.
    unsafe { bindings::ptrace_shim_list_add(entry, head) };
    // SAFETY: It is on the list of this tracer.
    unsafe { task::set_parent(child, tracer, lock) };
    // SAFETY: This is protected by `tasklist_lock`, and is given the reference that it holds.
    unsafe { write_field!(child, ptracer_cred, cred.get()) };
}

/// Makes the real parent of `child` its parent again.
///
/// Part of [`crate::detach::unlink`].
#[inline(always)]
pub(crate) fn unlink<'t>(child: Leaving<'t>, lock: &'t TasklistWrite) -> Unlinked<'t> {
    let Leaving(child) = child;
    // SAFETY: By the invariant of `Leaving`, it has not been released.
    let real_parent = unsafe { task::real_parent(child, lock) };
    // SAFETY: It is a child of this process.
    unsafe { task::set_parent(child, real_parent, lock) };
    // SAFETY: A valid task, so that the place of its field is valid.
    let entry = unsafe { &raw mut (*child.as_ptr()).ptrace_entry };
    // SAFETY: The lists are protected by `tasklist_lock`, which is held for writing.
    unsafe { bindings::ptrace_shim_list_del_init(entry) };
    let cred = read_field!(child, ptracer_cred);
    // SAFETY: This is protected by `tasklist_lock`.
    unsafe { write_field!(child, ptracer_cred, ptr::null()) };
    // SAFETY: `link()` took a reference for the field, which is given up here.
    unsafe { bindings::put_cred(cred) };
    // INVARIANT: By that of `Leaving`, and who releases a task takes the lock for writing.
    Unlinked(child)
}

/// A task that exits, and lets go of its tracees.
///
/// # Invariants
///
/// The task is the current one, in `exit_ptrace()`: it carries out no request, so that it has no
/// [`Stopped`].
pub(crate) struct ExitingTracer<'t>(&'t Task);

impl<'t> ExitingTracer<'t> {
    /// The task that C says does so.
    ///
    /// # Safety
    ///
    /// It is the current task, in `exit_ptrace()`.
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(task)
    }

    /// The task.
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }

    /// The first of its tracees. What it lets go of is one no more, and the next one is the first.
    pub(crate) fn first_tracee(&self, _lock: &'t TasklistWrite) -> Option<Leaving<'t>> {
        // SAFETY: A valid task, so that the place of its field is valid.
        let head = unsafe { &raw const (*self.0.as_ptr()).ptraced };
        let entry = read_field!(self.0, ptraced.next);
        if ptr::eq(entry, head) {
            return None;
        }
        // SAFETY: An entry of this list that is not its head is in a task.
        let task = unsafe { kernel::container_of!(entry, bindings::task_struct, ptrace_entry) };
        // SAFETY: A task is taken off the list before it is released, and under the lock none is.
        let task = unsafe { task::from_raw(task) };
        // INVARIANT: It is on the list, so that it has not been released; and by the type's
        // invariant, its tracer has no `Stopped`.
        Some(Leaving(task))
    }
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
    ///
    /// `BUG()`s if it was given a tracer again.
    #[doc(alias = "list_add")]
    pub(crate) fn push(&mut self, task: Dead<'_>, _lock: &TasklistWrite) {
        // SAFETY: A valid task, so that the place of its field is valid.
        let entry = unsafe { &raw mut (*task.0.as_ptr()).ptrace_entry };
        task::bug_on(!ptr::eq(read_field!(task.0, ptrace_entry.next), entry));
        // SAFETY: By the type's invariant the head is valid, and the entry is on no list, as was
        // just seen.
        unsafe { bindings::ptrace_shim_list_add(entry, self.0) };
    }
}
