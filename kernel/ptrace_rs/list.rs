// SPDX-License-Identifier: GPL-2.0-only

//! Who traces whom: the list of a tracer's tracees, and the reference to its credentials that each
//! of them holds.

use crate::{
    access::{
        Permission,
        PermittedOptions, //
    },
    cred::RequesterCred,
    jobctl::{
        Jobctl,
        Pending, //
    },
    lock::{
        Nested,
        SighandGuard,
        TasklistWrite, //
    },
    options::PtFlags,
    stop::Stopped,
    task::{
        self,
        place,
        read_once,
        write_once,
        Caller, //
    }, //
};
use core::ptr;
use kernel::{
    bindings,
    prelude::*,
    task::Task,
    types::NotThreadSafe, //
};

/// A task that may be made a tracer: it has yet to let go of its tracees before it is gone.
///
/// # Invariants
///
/// The task has not yet gone through `exit_ptrace()`.
pub(crate) struct Tracer<'t>(&'t Task);

impl<'t> Tracer<'t> {
    /// The caller.
    #[inline]
    pub(crate) fn caller(caller: &'t Caller<'_>) -> Self {
        // INVARIANT: A task in a system call has not begun to exit.
        Self(caller)
    }

    /// The process that the caller is a child of, unless that exits: it may be past the point where
    /// it lets go of its tracees.
    #[inline]
    pub(crate) fn real_parent(caller: &'t Caller<'_>, lock: &'t TasklistWrite) -> Option<Self> {
        // SAFETY: A task in a system call has not been released.
        let real_parent = unsafe { real_parent(caller, lock) };
        // INVARIANT: A task that has not begun to exit has not let go of its tracees.
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

/// The parent of the caller: its tracer, or else its real parent.
#[inline]
pub(crate) fn parent<'t>(caller: &'t Caller<'_>, _lock: &'t TasklistWrite) -> &'t Task {
    // SAFETY: `tasklist_lock` protects this, which is held.
    let parent = unsafe { place!(caller, parent).read() };
    // SAFETY: The parent of a task that has not been released, as one in a system call has not, is
    // never null, and valid under `tasklist_lock`.
    unsafe { task::from_raw(parent) }
}

/// The process that `task` is a child of, whoever traces it.
///
/// # Safety
///
/// `task` has not been released.
#[inline]
unsafe fn real_parent<'t>(task: &'t Task, _lock: &'t TasklistWrite) -> &'t Task {
    // SAFETY: `tasklist_lock` protects this, which is held.
    let real_parent = unsafe { place!(task, real_parent).read() };
    // SAFETY: By the requirement of this function, it is not null, and valid under `tasklist_lock`.
    unsafe { task::from_raw(real_parent) }
}

/// Makes `parent` the parent of `task`, in one store: others compare the pointer without a lock.
///
/// # Safety
///
/// `parent` is the tracer of `task`, or else its real parent, and so stays a valid task for as long
/// as it is its parent. The siglock of `task` is held, or `parent` is its parent already, or nobody
/// can find it yet.
#[inline]
unsafe fn set_parent(task: &Task, parent: &Task, _lock: &TasklistWrite) {
    // SAFETY: `tasklist_lock` and the siglock protect this; and by the requirement of this
    // function.
    unsafe { write_once!(place!(task, parent), parent.as_ptr()) };
}

/// A task that may be given a tracer, the tracer, and the credentials that it traces with.
///
/// # Invariants
///
/// The task has no tracer and has not exited, for as long as `tasklist_lock` is held. The tracer,
/// or the task if it asks for its parent, has asked for it.
pub(crate) struct Untraced<'t> {
    task: &'t Task,
    tracer: Tracer<'t>,
    cred: RequesterCred<'t>,
    _not_send: NotThreadSafe,
}

impl<'t> Untraced<'t> {
    /// The task that the caller has a permission for, unless that has a tracer or exits; the caller
    /// is to be the tracer.
    #[inline]
    pub(crate) fn check(
        permission: Permission<'t>,
        caller: &'t Caller<'_>,
        lock: &'t TasklistWrite,
    ) -> Option<Self> {
        let task = permission.task();
        // SAFETY: `tasklist_lock` protects this, which is held.
        let exit_state = unsafe { place!(task, exit_state).read() };
        if exit_state != 0 || is_traced(task, lock) {
            return None;
        }
        // INVARIANT: As was just seen.
        Some(Self {
            task,
            tracer: Tracer::caller(caller),
            cred: RequesterCred::of(caller),
            _not_send: NotThreadSafe,
        })
    }
}

/// The current task, which may be given its real parent as a tracer.
///
/// # Invariants
///
/// The task is the current one, which has asked for a tracer; that is to be its real parent.
pub(crate) struct UntracedCaller<'t>(Untraced<'t>);

impl<'t> UntracedCaller<'t> {
    /// The caller, unless it has a tracer; its real parent is to be the tracer. [`None`] if that
    /// exits.
    ///
    /// `EPERM` if it has a tracer, then what a security module says.
    #[inline]
    pub(crate) fn check(caller: &'t Caller<'_>, lock: &'t TasklistWrite) -> Result<Option<Self>> {
        if is_traced(caller, lock) {
            return Err(EPERM);
        }
        let permission = Permission::traceme(caller, parent(caller, lock), lock)?;
        // INVARIANT: As was just seen; and a task in a system call has not exited.
        Ok(Tracer::real_parent(caller, lock).map(|tracer| {
            Self(Untraced {
                task: permission.task(),
                tracer,
                // With the task's own credentials: with those of the parent, which has asked for
                // nothing, an unprivileged task could run a program with privileges under a tracer.
                cred: RequesterCred::of(caller),
                _not_send: NotThreadSafe,
            })
        }))
    }
}

/// Whether `task` is traced.
#[inline]
fn is_traced(task: &Task, _lock: &TasklistWrite) -> bool {
    // SAFETY: `tasklist_lock` protects from a change of whether this is 0, and is held; its tracer
    // may change the options in it.
    unsafe { read_once!(place!(task, ptrace)) != 0 }
}

/// How a task is attached.
#[derive(Clone, Copy)]
pub(crate) enum Attach {
    /// By `PTRACE_ATTACH` or `PTRACE_TRACEME`.
    NotSeized,
    /// By `PTRACE_SEIZE`, with these options.
    Seized(PermittedOptions),
}

/// Gives a task its tracer; returns the siglock of the task.
///
/// `parent` and `ptrace` are stored in one hold of the siglock: see
/// [`Attached`](crate::stop::Attached). Who compares them with no lock sees `ptrace` set last.
#[doc(alias = "ptrace_link")]
#[inline]
pub(crate) fn link<'t>(untraced: Untraced<'t>, how: Attach, lock: &'t TasklistWrite) -> Linked<'t> {
    let child = untraced.task;
    let flags = match how {
        Attach::NotSeized => PtFlags::NOT_SEIZED,
        Attach::Seized(options) => PtFlags::seized(options.get()),
    };
    // SAFETY: By the invariant of `Untraced`, it has not been released. No siglock is held.
    let sighand = unsafe { SighandGuard::lock_nested(child, lock) };
    // SAFETY: By the invariant of `Untraced`, it has not been released, and has no tracer. Its
    // siglock is held.
    unsafe { link_raw(child, untraced.tracer, &untraced.cred, lock) };
    // SAFETY: `tasklist_lock` and the siglock protect this, which are held. Others read it without.
    unsafe { write_once!(place!(child, ptrace), flags.bits()) };
    // INVARIANT: It was just linked.
    Linked(sighand)
}

/// Gives the caller its real parent as a tracer.
///
/// Without the siglock, since the real parent is in `parent` before and after: see
/// [`Attached`](crate::stop::Attached).
#[inline]
pub(crate) fn link_caller(caller: UntracedCaller<'_>, lock: &TasklistWrite) {
    let UntracedCaller(untraced) = caller;
    let task = untraced.task;
    // SAFETY: By the invariant of the type, it has no tracer; and it is in a system call, and so
    // not released.
    unsafe { link_raw(task, untraced.tracer, &untraced.cred, lock) };
    // SAFETY: `tasklist_lock` protects this, which is held. Others read it without.
    unsafe { write_once!(place!(task, ptrace), PtFlags::NOT_SEIZED.bits()) };
}

/// Makes `tracer` the parent of `child`, and `cred` the credentials that it traces with. The ptrace
/// flags of `child` are up to who calls this.
///
/// `BUG()`s if `child` is on a list of tracees already.
///
/// # Safety
///
/// `child` has not been released. It has no tracer but for its ptrace flags. Its siglock is held,
/// or `tracer` is its parent already, or nobody can find it yet.
#[doc(alias = "__ptrace_link")]
#[inline]
pub(crate) unsafe fn link_raw(
    child: &Task,
    tracer: Tracer<'_>,
    cred: &RequesterCred<'_>,
    lock: &TasklistWrite,
) {
    let Tracer(tracer) = tracer;
    let entry = place!(child, ptrace_entry);
    let head = place!(tracer, ptraced);
    // SAFETY: `tasklist_lock` protects the lists, which is held for writing.
    task::bug_on(!ptr::eq(unsafe { (*entry).next }, entry));
    // SAFETY: As above, and the entry is on no list, as was just seen.
    unsafe { bindings::ptrace_shim_list_add(entry, head) };
    // SAFETY: It is on the list of this tracer.
    unsafe { set_parent(child, tracer, lock) };
    // SAFETY: `tasklist_lock` protects this, which is held; it is given the reference that it
    // holds.
    unsafe { write_once!(place!(child, ptracer_cred), cred.get()) };
}

/// The siglock of a task that was just given a tracer.
///
/// # Invariants
///
/// The task is traced and has not exited.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct Linked<'t>(SighandGuard<'t, Nested>);

impl Linked<'_> {
    /// Queues a `SIGSTOP` from the kernel for the task alone.
    #[inline]
    pub(crate) fn send_stop(&mut self) {
        // SAFETY: A tracer may stop its tracee.
        unsafe { self.0.send(bindings::SIGSTOP, task::SEND_SIG_PRIV) };
    }

    /// Takes the task from its group stop, if it is in one and is not dying, to a ptrace-stop: sets
    /// a trap pending and wakes it.
    ///
    /// `JOBCTL_TRAPPING` hides the way from the tracer, which waits for it to be over.
    #[doc(alias = "signal_wake_up_state")]
    #[inline]
    pub(crate) fn trap_from_group_stop(&mut self) {
        if self.0.jobctl().is_group_stopped()
            // SAFETY: The task is traced.
            && unsafe { self.0.set_pending(Pending::TRAP_STOP_TRAPPING) }
        {
            let task = self.0.task().as_ptr();
            // SAFETY: A trap is pending, which takes the task to a ptrace-stop.
            unsafe { self.0.set_jobctl(self.0.jobctl().without_group_stopped()) };
            // SAFETY: The siglock is held.
            unsafe { bindings::signal_wake_up_state(task, bindings::__TASK_STOPPED) };
        }
    }
}

/// A tracee that its tracer lets go of.
///
/// # Invariants
///
/// The task has not been released, and there is no [`Stopped`] of it. The current task traces it,
/// or releases it.
pub(crate) struct Leaving<'t> {
    task: &'t Task,
    _not_send: NotThreadSafe,
}

impl<'t> Leaving<'t> {
    /// A tracee whose stop is given up.
    #[inline]
    pub(crate) fn stopped(stopped: Stopped<'t>) -> Self {
        // INVARIANT: A task that has a tracer has not been released; and there was the one
        // `Stopped` that is consumed here.
        Self {
            task: stopped.into_task(),
            _not_send: NotThreadSafe,
        }
    }

    /// A tracee that C takes from its tracer.
    ///
    /// # Safety
    ///
    /// The task has not been released, and there is no [`Stopped`] of it. The current task traces
    /// it, or releases it.
    #[inline]
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self {
            task,
            _not_send: NotThreadSafe,
        }
    }

    /// The task.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.task
    }

    /// Takes the task from its tracer: off its list, with its real parent as its parent again, and
    /// with no trap pending. Returns its siglock.
    ///
    /// The one place that clears `ptrace`: under both locks, and in one hold of the siglock with
    /// `parent`. Who compares them with no lock sees `ptrace` cleared first.
    #[doc(alias = "task_clear_jobctl_pending")]
    #[doc(alias = "task_clear_jobctl_trapping")]
    #[inline]
    pub(crate) fn unlink(self, lock: &'t TasklistWrite) -> UnlinkedGuard<'t> {
        let task = self.task;
        // SAFETY: `tasklist_lock` protects the lists, which is held for writing.
        unsafe { bindings::ptrace_shim_list_del_init(place!(task, ptrace_entry)) };
        // SAFETY: `tasklist_lock` protects this, which is held.
        let cred = unsafe { place!(task, ptracer_cred).read() };
        // SAFETY: As above.
        unsafe { write_once!(place!(task, ptracer_cred), ptr::null()) };
        // SAFETY: `link_raw()` took a reference for the field, which is given up here.
        unsafe { bindings::put_cred(cred) };

        // SAFETY: By the type's invariant, it has not been released. No siglock is held.
        let sighand = unsafe { SighandGuard::lock_nested(task, lock) };
        // SAFETY: `tasklist_lock` and the siglock protect this, which are held. Others read it
        // without.
        unsafe { write_once!(place!(task, ptrace), 0) };
        // SAFETY: It has not been released.
        let real_parent = unsafe { real_parent(task, lock) };
        // SAFETY: This is its real parent, and the siglock is held.
        unsafe { set_parent(task, real_parent, lock) };
        let traps = bindings::JOBCTL_TRAP_MASK as c_ulong;
        // SAFETY: The siglock is held, and these are bits of `JOBCTL_PENDING_MASK`, as the function
        // asks for.
        unsafe { bindings::task_clear_jobctl_pending(task.as_ptr(), traps) };
        // SAFETY: The siglock is held. This bit is cleared whether or not something is pending.
        unsafe { bindings::task_clear_jobctl_trapping(task.as_ptr()) };
        // INVARIANT: By that of this type, and who releases a task takes the lock for writing.
        UnlinkedGuard {
            task,
            sighand,
            lock,
        }
    }
}

/// A task that was taken from its tracer.
///
/// # Invariants
///
/// The task has not been released, and is not for `'t`, for which `tasklist_lock` is held. There is
/// no [`Stopped`] of it.
pub(crate) struct Unlinked<'t> {
    task: &'t Task,
    lock: &'t TasklistWrite,
}

impl<'t> Unlinked<'t> {
    /// The task, if it is a zombie.
    #[inline]
    pub(crate) fn zombie(self) -> Option<Zombie<'t>> {
        // SAFETY: `tasklist_lock` is held for writing; wait() holds it for reading when it makes a
        // zombie dead.
        let exit_state = unsafe { place!(self.task, exit_state).read() };
        // CAST: The states are bits, and the field has room for more than them.
        // INVARIANT: By that of this type, and as was just seen.
        (exit_state as u32 == bindings::EXIT_ZOMBIE).then_some(Zombie {
            task: self.task,
            lock: self.lock,
        })
    }
}

/// The siglock of a task that was taken from its tracer.
///
/// # Invariants
///
/// As for [`Unlinked`].
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct UnlinkedGuard<'t> {
    task: &'t Task,
    sighand: SighandGuard<'t, Nested>,
    lock: &'t TasklistWrite,
}

impl<'t> UnlinkedGuard<'t> {
    /// Releases the siglock.
    #[inline]
    pub(crate) fn unlock(self) -> Unlinked<'t> {
        // INVARIANT: By that of this type.
        Unlinked {
            task: self.task,
            lock: self.lock,
        }
    }

    /// Has the task take part in a group stop that is in effect, unless it exits.
    ///
    /// Unlike what is set pending by a [`Pending`], this leaves the signal of the group stop alone.
    #[doc(alias = "JOBCTL_STOP_PENDING")]
    #[inline]
    pub(crate) fn join_group_stop(&mut self) {
        if !task::is_exiting(self.sighand.task()) && self.sighand.group_stop_in_effect() {
            // SAFETY: The group stop takes every task of the group.
            unsafe {
                self.sighand
                    .set_jobctl(self.sighand.jobctl().with_stop_pending())
            };
        }
    }

    /// The job control bits of the task.
    #[inline]
    pub(crate) fn jobctl(&self) -> Jobctl {
        self.sighand.jobctl()
    }

    /// Ends the ptrace-stop of the task, if it is in one, and has it look at what is pending.
    #[doc(alias = "ptrace_signal_wake_up")]
    #[inline]
    pub(crate) fn wake(&mut self) {
        // SAFETY: The siglock is held. Nobody relies on the stop: there is no `Stopped`.
        unsafe { bindings::ptrace_shim_signal_wake_up(self.sighand.task().as_ptr(), true) };
    }
}

/// A zombie that is off the list of its tracer.
///
/// # Invariants
///
/// The task has not been released, and is not for `'t`, for which `tasklist_lock` is held. It is a
/// zombie, or is being reaped by this context.
pub(crate) struct Zombie<'t> {
    task: &'t Task,
    lock: &'t TasklistWrite,
}

impl<'t> Zombie<'t> {
    /// Whether the task is the leader of its thread group.
    #[doc(alias = "thread_group_leader")]
    #[inline]
    pub(crate) fn is_group_leader(&self) -> bool {
        task::is_group_leader(self.task)
    }

    /// Whether the task is the only thread of its process.
    #[doc(alias = "thread_group_empty")]
    #[inline]
    pub(crate) fn is_only_thread(&self) -> bool {
        // SAFETY: A valid task, and the list of threads does not change under the lock.
        unsafe { bindings::ptrace_shim_thread_group_empty(self.task.as_ptr()) }
    }

    /// Whether the task is a child of the process of `tracer`.
    #[inline]
    pub(crate) fn is_child_of(&self, tracer: &CurrentTracer<'_>) -> bool {
        // SAFETY: By the type's invariant, it has not been released.
        let real_parent = unsafe { real_parent(self.task, self.lock) };
        task::same_thread_group(real_parent, tracer.0)
    }

    /// Whether the task's process is to be reaped with no one waiting for it.
    #[inline]
    pub(crate) fn is_autoreaped(&self) -> bool {
        // SAFETY: A valid task, whose signal struct lives as long as it does.
        unsafe { bindings::ptrace_shim_autoreap(self.task.as_ptr()) }
    }

    /// Tells the parent of the zombie that it is one; returns whether it is to reap itself.
    #[doc(alias = "do_notify_parent")]
    #[inline]
    pub(crate) fn notify_parent(&self) -> bool {
        let signal = task::exit_signal(self.task);
        // SAFETY: `tasklist_lock` is held, and by the type's invariant, it was not released.
        unsafe { bindings::do_notify_parent(self.task.as_ptr(), signal) }
    }

    /// Wakes the threads of `tracer` that wait for the task.
    #[doc(alias = "__wake_up_parent")]
    #[inline]
    pub(crate) fn wake_up_parent(&self, tracer: &CurrentTracer<'_>) {
        // SAFETY: Both are valid tasks, and not released while the lock is held.
        unsafe { bindings::__wake_up_parent(self.task.as_ptr(), tracer.0.as_ptr()) };
    }

    /// Marks the task as being reaped, which this context is to do.
    #[doc(alias = "EXIT_DEAD")]
    #[inline]
    pub(crate) fn bury(self) -> Dead<'t> {
        let dead = bindings::EXIT_DEAD as c_int;
        // SAFETY: `tasklist_lock`, held for writing, protects the state of a zombie.
        unsafe { write_once!(place!(self.task, exit_state), dead) };
        // INVARIANT: It was a zombie, and is marked.
        Dead(self.task)
    }
}

/// A task that is to be released by this context.
///
/// # Invariants
///
/// The task was a zombie, and nobody else reaps it.
#[must_use = "the task is to be released"]
pub(crate) struct Dead<'t>(&'t Task);

/// The current task, as the tracer of what it lets go of.
///
/// # Invariants
///
/// The task is the current one.
pub(crate) struct CurrentTracer<'t>(&'t Task, NotThreadSafe);

impl<'t> CurrentTracer<'t> {
    /// The caller.
    #[inline]
    pub(crate) fn caller(caller: &'t Caller<'_>) -> Self {
        // INVARIANT: By that of `Caller`.
        Self(caller, NotThreadSafe)
    }

    /// Whether the children of the task reap themselves.
    #[doc(alias = "ignoring_children")]
    #[inline]
    pub(crate) fn ignores_children(&self, lock: &TasklistWrite) -> bool {
        // SAFETY: The current task has not been released. No siglock is held.
        unsafe { SighandGuard::lock_nested(self.0, lock) }.ignores_children()
    }
}

/// A task that exits, and lets go of its tracees.
///
/// # Invariants
///
/// The task is the current one, in `exit_ptrace()`: it carries out no request, so that it has no
/// [`Stopped`].
pub(crate) struct ExitingTracer<'t>(&'t Task, NotThreadSafe);

impl<'t> ExitingTracer<'t> {
    /// The task that C says does so.
    ///
    /// # Safety
    ///
    /// It is the current task, in `exit_ptrace()`.
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(task, NotThreadSafe)
    }

    /// The task, as a tracer.
    pub(crate) fn tracer(&self) -> CurrentTracer<'t> {
        // INVARIANT: By that of this type.
        CurrentTracer(self.0, NotThreadSafe)
    }

    /// The first of its tracees, to let go of; after that, the next one is the first. It is sent
    /// `SIGKILL` from the kernel, if the tracer has asked for that.
    #[doc(alias = "PTRACE_O_EXITKILL")]
    pub(crate) fn first_tracee<'l>(&'l mut self, _lock: &'l TasklistWrite) -> Option<Leaving<'l>> {
        let head = place!(self.0, ptraced);
        // SAFETY: `tasklist_lock` protects the list, which is held.
        let entry = unsafe { (*head).next };
        if ptr::eq(entry, head) {
            return None;
        }
        // SAFETY: An entry of this list that is not its head is in a task.
        let task = unsafe { kernel::container_of!(entry, bindings::task_struct, ptrace_entry) };
        // SAFETY: A task is taken off the list before it is released, and under the lock none is.
        let task = unsafe { task::from_raw(task) };
        if PtFlags::new(task::ptrace_flags(task)).kills_on_exit() {
            // SAFETY: The current task traces it, and no siglock is held.
            unsafe { task::kill_by_kernel(task) };
        }
        // INVARIANT: It is on the list, so that it has not been released; and by the type's
        // invariant, its tracer has no `Stopped`.
        Some(Leaving {
            task,
            _not_send: NotThreadSafe,
        })
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
        let entry = place!(task.0, ptrace_entry);
        // SAFETY: `tasklist_lock` protects this, which is held.
        task::bug_on(!ptr::eq(unsafe { (*entry).next }, entry));
        // SAFETY: By the type's invariant the head is valid, and the entry is on no list, as was
        // just seen.
        unsafe { bindings::ptrace_shim_list_add(entry, self.0) };
    }
}
