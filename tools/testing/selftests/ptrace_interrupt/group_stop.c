// SPDX-License-Identifier: GPL-2.0
/*
 * What requests and signals of job control do to a tracee in each state, as its tracer
 * sees it, and as its real parent, which is another process, sees it.
 *
 * Rows are states, columns are operations. A cell has the expected results:
 *
 *	"TRACER [SIBLING] PARENT END"
 *
 * TRACER is what the tracer sees or does, in this order:
 *	N  the request fails with ESRCH		E  with EIO
 *	I  PTRACE_EVENT_STOP with SIGTRAP	G  PTRACE_EVENT_STOP with SIGSTOP
 *	g  group-stop of a tracee that is not seized, with SIGSTOP, without a siginfo
 *	s  signal-delivery-stop of SIGSTOP	c  of SIGCONT
 *	!  the tracer does a PTRACE_INTERRUPT
 *	v  what holds the tracee in an uninterruptible sleep ends
 * The tracer resumes the tracee from each ptrace-stop, with the signal if there is one.
 *
 * SIBLING is the same for the tracee's other thread, if that is traced too. PARENT is
 * what waitid(2) then returns to the real parent of the process: S, a group stop by
 * SIGSTOP; C, continued. "-" stands for nothing at all; the test checks that.
 *
 * END is how the tracee ends up:
 *	x  it runs, traced, until it is told to exit	k  it is killed by SIGKILL
 *	X  it runs, with no tracer			K  the same, with no tracer
 *	T  it is stopped, with no tracer		M  killed by SIGTERM, the same
 * In all cases the real parent sees the exit of the process. A tracer sees it before.
 *
 * The states without a row are impossible: a tracee that is not seized cannot listen, and
 * a process with one thread that can stop has stopped as a whole.
 *
 * man, that is ptrace(2): "Group-stop", "PTRACE_EVENT stops", "Attaching and
 * detaching"; kernel/signal.c: prepare_signal(), do_signal_stop(), do_jobctl_trap(),
 * ptrace_stop(); kernel/ptrace.c: __ptrace_unlink(); kernel/exit.c: wait_task_stopped().
 */
#include "ptrace_group.h"

enum state { RUNNING, SLEEPING, STOPPED, STOPPING, TRAPPED, LISTENING, STATES };
enum op { INTERRUPT, SIG_STOP, SIG_CONT, SIG_KILL, DETACH, DETACH_TERM, EXIT, EXITKILL, OPS };
enum threads { ONE, SIBLING, TWO_TRACED };

static const char *const op_names[OPS] = {
	"PTRACE_INTERRUPT", "SIGSTOP", "SIGCONT", "SIGKILL", "PTRACE_DETACH",
	"PTRACE_DETACH with SIGTERM", "exit of the tracer", "exit of the tracer, EXITKILL",
};

typedef const char *const row[OPS];

static const row seized[STATES] = {
	/*                INTERRUPT     SIGSTOP     SIGCONT    SIGKILL  DETACH     DETACH_TERM  EXIT     EXITKILL */
	[RUNNING]   = { "I - x",      "sG S x",   "Ic - x",  "- - k", "N - x",   "N - x",     "- - X", "- - K" },
	[SLEEPING]  = { "I - x",      "sG S x",   "Ic - x",  "- - k", "N - x",   "N - x",     "- - X", "- - K" },
	[STOPPED]   = { "G - x",      "sG - x",   "Ic C x",  "- - k", "- - T",   "- - T",     "- - T", "- - K" },
	[STOPPING]  = { "vG S x",     "vGsG S x", "vIc C x", "- - k", "NvG S x", "NvG S x",   "v S T", "- - K" },
	[TRAPPED]   = { "I - x",      "sG S x",   "Ic - x",  "- - k", "- - X",   "- - M",     "- - X", "- - K" },
	[LISTENING] = { "G - x",      "!GsG - x", "Ic C x",  "- - k", "N!G - x", "N!G - x",   "- - T", "- - K" },
};

static const row seized_with_sibling[STATES] = {
	/*                INTERRUPT     SIGSTOP       SIGCONT      SIGKILL    DETACH       DETACH_TERM  EXIT       EXITKILL */
	[RUNNING]   = { "I - - x",    "sG G S x",   "Ic I - x",  "- - - k", "N - - x",   "N - - x",   "- - - X", "- - - K" },
	[SLEEPING]  = { "I - - x",    "sG G S x",   "Ic I - x",  "- - - k", "N - - x",   "N - - x",   "- - - X", "- - - K" },
	[STOPPED]   = { "G - - x",    "sG G - x",   "Ic I C x",  "- - - k", "- - - T",   "- - - T",   "- - - T", "- - - K" },
	[STOPPING]  = { "vG - S x",   "vGsG G S x", "vIc I C x", "- - - k", "NvG - S x", "NvG - S x", "v - S T", "- - - K" },
	[TRAPPED]   = { "I - - x",    "sG G S x",   "Ic I - x",  "- - - k", "- - - X",   "- - - M",   "- - - X", "- - - K" },
	[LISTENING] = { "G - - x",    "!GsG G - x", "Ic I C x",  "- - - k", "N!G - - x", "N!G - - x", "- - - T", "- - - K" },
};

static const row attached[STATES] = {
	/*                INTERRUPT     SIGSTOP     SIGCONT   SIGKILL  DETACH     DETACH_TERM  EXIT     EXITKILL */
	[RUNNING]   = { "E - x",      "sg S x",   "c - x",  "- - k", "N - x",   "N - x",     "- - X", "- - K" },
	[SLEEPING]  = { "E - x",      "sg S x",   "c - x",  "- - k", "N - x",   "N - x",     "- - X", "- - K" },
	[STOPPED]   = { "E - x",      "sg - x",   "c C x",  "- - k", "- - T",   "- - T",     "- - T", "- - K" },
	[STOPPING]  = { "Evg S x",    "vgsg S x", "vc C x", "- - k", "Nvg S x", "Nvg S x",   "v S T", "- - K" },
	[TRAPPED]   = { "E - x",      "sg S x",   "c - x",  "- - k", "- - X",   "- - M",     "- - X", "- - K" },
};

static const row attached_with_sibling[STATES] = {
	/*                INTERRUPT     SIGSTOP       SIGCONT     SIGKILL    DETACH       DETACH_TERM  EXIT       EXITKILL */
	[RUNNING]   = { "E - - x",    "sg g S x",   "c - - x",  "- - - k", "N - - x",   "N - - x",   "- - - X", "- - - K" },
	[SLEEPING]  = { "E - - x",    "sg g S x",   "c - - x",  "- - - k", "N - - x",   "N - - x",   "- - - X", "- - - K" },
	[STOPPED]   = { "E - - x",    "sg g - x",   "c - C x",  "- - - k", "- - - T",   "- - - T",   "- - - T", "- - - K" },
	[STOPPING]  = { "Evg - S x",  "vgsg g S x", "vc - C x", "- - - k", "Nvg - S x", "Nvg - S x", "v - S T", "- - - K" },
	[TRAPPED]   = { "E - - x",    "sg g S x",   "c - - x",  "- - - k", "- - - X",   "- - - M",   "- - - X", "- - - K" },
};

/* Memory that the tracee's process and the test share, besides struct shared. */
struct stage {
	_Atomic pid_t sibling;
	/* Set to have a running tracee enter its state. */
	_Atomic int go;
	/* The tracer writes a siginfo here. */
	siginfo_t info;
};

static struct stage *stage;

FIXTURE(group_stop)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee, sibling;
	/* The tracer must still resume them from a ptrace-stop. */
	bool in_trap, sibling_in_trap;
};

FIXTURE_VARIANT(group_stop)
{
	bool attach;
	enum threads threads;
	enum state state;
	const row *rows;
};

#define VARIANT(how, is_attach, n, st)						\
	FIXTURE_VARIANT_ADD(group_stop, how##_##n##_##st) {			\
		.attach = is_attach, .threads = n, .state = st,			\
		.rows = n == TWO_TRACED ? how##_with_sibling : how,		\
	}

VARIANT(seized, false, ONE, RUNNING);
VARIANT(seized, false, ONE, SLEEPING);
VARIANT(seized, false, ONE, STOPPED);
VARIANT(seized, false, ONE, TRAPPED);
VARIANT(seized, false, ONE, LISTENING);
VARIANT(seized, false, SIBLING, RUNNING);
VARIANT(seized, false, SIBLING, SLEEPING);
VARIANT(seized, false, SIBLING, STOPPED);
VARIANT(seized, false, SIBLING, STOPPING);
VARIANT(seized, false, SIBLING, TRAPPED);
VARIANT(seized, false, SIBLING, LISTENING);
VARIANT(seized, false, TWO_TRACED, RUNNING);
VARIANT(seized, false, TWO_TRACED, SLEEPING);
VARIANT(seized, false, TWO_TRACED, STOPPED);
VARIANT(seized, false, TWO_TRACED, STOPPING);
VARIANT(seized, false, TWO_TRACED, TRAPPED);
VARIANT(seized, false, TWO_TRACED, LISTENING);
VARIANT(attached, true, ONE, RUNNING);
VARIANT(attached, true, ONE, SLEEPING);
VARIANT(attached, true, ONE, STOPPED);
VARIANT(attached, true, ONE, TRAPPED);
VARIANT(attached, true, SIBLING, RUNNING);
VARIANT(attached, true, SIBLING, SLEEPING);
VARIANT(attached, true, SIBLING, STOPPED);
VARIANT(attached, true, SIBLING, STOPPING);
VARIANT(attached, true, SIBLING, TRAPPED);
VARIANT(attached, true, TWO_TRACED, RUNNING);
VARIANT(attached, true, TWO_TRACED, SLEEPING);
VARIANT(attached, true, TWO_TRACED, STOPPED);
VARIANT(attached, true, TWO_TRACED, STOPPING);
VARIANT(attached, true, TWO_TRACED, TRAPPED);

FIXTURE_SETUP(group_stop)
{
	stage = shared_memory(sizeof(*stage));
}

FIXTURE_TEARDOWN(group_stop)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
}

/* The process of the tracee */

static void *sibling_body(void *unused)
{
	stage->sibling = thread_id();
	for (;;)
		pause();
	return NULL;
}

static int hold_parent(void *arg)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return sleep_on_pipe(arg);
}

/* Sleep uninterruptibly, without a SIGCHLD afterwards. */
static void sleep_in_clone(struct shared *shared)
{
	static char stack[16384] __attribute__((aligned(16)));

	if (clone(hold_parent, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, shared) < 0)
		_exit(2);
}

static int run(struct shared *shared)
{
	while (!stage->go && !shared->quit)
		shared->count++;
	return 0;
}

static int run_then_sleep(struct shared *shared)
{
	run(shared);
	return sleep_on_pipe(shared);
}

static int run_then_hang(struct shared *shared)
{
	run(shared);
	sleep_in_clone(shared);
	return spin(shared);
}

static enum threads body_threads;
static enum state body_state;

static int body(struct shared *shared)
{
	pthread_t thread;

	if (body_threads != ONE && pthread_create(&thread, NULL, sibling_body, NULL))
		return 3;
	switch (body_state) {
	case SLEEPING:
		return run_then_sleep(shared);
	case STOPPING:
		return run_then_hang(shared);
	default:
		return run(shared);
	}
}

/* Watching */

/* The letter for a ptrace-stop or the exit of @pid, as its tracer sees it. */
static char letter(struct tracer *tracer, pid_t pid, int status)
{
	long ret;

	if (status == EXITED(0))
		return 'x';
	if (status == KILLED(SIGKILL))
		return 'k';
	if (status == KILLED(SIGTERM))
		return 't';
	if (!WIFSTOPPED(status))
		return '?';

	ret = tracer_ask(tracer, PTRACE_GETSIGINFO, pid, 0, (unsigned long)&stage->info);
	if (status == SIGNAL_STOP(SIGSTOP) && ret == -EINVAL)
		return 'g';
	/* The siginfo must match the status. */
	if (ret || stage->info.si_signo != (WSTOPSIG(status) & 0x7f))
		return '?';
	if (status >> 16 && stage->info.si_code != status >> 8)
		return '?';
	switch (status) {
	case EVENT_STOP(SIGTRAP):
		return 'I';
	case EVENT_STOP(SIGSTOP):
		return 'G';
	case SIGNAL_STOP(SIGSTOP):
		return 's';
	case SIGNAL_STOP(SIGCONT):
		return 'c';
	case SIGNAL_STOP(SIGUSR1):
		return 'u';
	}
	return '?';
}

/* The letter for the next ptrace-stop of @pid. */
static char next_letter(struct tracer *tracer, pid_t pid)
{
	return letter(tracer, pid, tracer_ask(tracer, TELL_STATUS, pid, 0, 0));
}

/* The signal with which to resume from the ptrace-stop with this letter. */
static int signal_of(char stop)
{
	return stop == 's' ? SIGSTOP : stop == 'c' ? SIGCONT : 0;
}

/* Making the states */

static void take(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
		 const FIXTURE_VARIANT(group_stop) *variant, pid_t tid, int options)
{
	if (!variant->attach) {
		ASSERT_EQ(0, TELL(PTRACE_SEIZE, tid, options));
		return;
	}
	ASSERT_EQ(0, TELL(PTRACE_ATTACH, tid, 0));
	ASSERT_EQ('s', next_letter(&self->tracer, tid));
	ASSERT_EQ(0, TELL(PTRACE_SETOPTIONS, tid, options));
	ASSERT_EQ(0, TELL(PTRACE_CONT, tid, 0));
}

static void start(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
		  const FIXTURE_VARIANT(group_stop) *variant, int options)
{
	body_threads = variant->threads;
	body_state = variant->state;
	stage->sibling = 0;
	stage->go = 0;
	self->in_trap = false;
	self->sibling_in_trap = false;
	self->shared = shared_new();
	tracer_start(&self->tracer);
	ASSERT_LT(0, self->tracer.pid);
	self->tracee = spawn(body, self->shared);
	ASSERT_LT(0, self->tracee);

	if (variant->threads != ONE) {
		while (!stage->sibling)
			sched_yield();
		self->sibling = stage->sibling;
		wait_for_state(self->sibling, 'S');
	}
	take(_metadata, self, variant, self->tracee, options);
	if (variant->threads == TWO_TRACED) {
		take(_metadata, self, variant, self->sibling, options);
		wait_for_state(self->sibling, 'S');
	}
	wait_for_progress(self->shared);
}

/* Send SIGSTOP to @tid and deliver it: it starts a group stop. */
static void stop(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
		 const FIXTURE_VARIANT(group_stop) *variant, pid_t tid)
{
	const char stop = variant->attach ? 'g' : 'G';

	ASSERT_EQ(0, signal_thread(self->tracee, tid, SIGSTOP));
	ASSERT_EQ('s', next_letter(&self->tracer, tid));
	ASSERT_EQ(0, TELL(PTRACE_CONT, tid, SIGSTOP));
	ASSERT_EQ(stop, next_letter(&self->tracer, tid));
}

static void bring_to_state(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
			   const FIXTURE_VARIANT(group_stop) *variant)
{
	const char stopped = variant->attach ? 'g' : 'G';

	switch (variant->state) {
	case RUNNING:
		break;
	case SLEEPING:
		stage->go = 1;
		wait_for_state(self->tracee, 'S');
		break;
	case STOPPING:
		/* The other thread has stopped; this one cannot yet. */
		stage->go = 1;
		wait_for_state(self->tracee, 'D');
		if (variant->threads == TWO_TRACED) {
			stop(_metadata, self, variant, self->sibling);
			self->sibling_in_trap = true;
		} else {
			ASSERT_EQ(0, signal_thread(self->tracee, self->sibling, SIGSTOP));
			wait_for_state(self->sibling, 'T');
		}
		ASSERT_EQ('D', proc_state(self->tracee));
		break;
	case TRAPPED:
		ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGUSR1));
		ASSERT_EQ('u', next_letter(&self->tracer, self->tracee));
		self->in_trap = true;
		break;
	default:
		stop(_metadata, self, variant, self->tracee);
		if (variant->threads == TWO_TRACED) {
			ASSERT_EQ(stopped, next_letter(&self->tracer, self->sibling));
			self->sibling_in_trap = true;
		}
		if (variant->threads == SIBLING)
			wait_for_state(self->sibling, 'T');
		/* The kernel tells the parent when all threads have stopped. */
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		self->in_trap = true;
		break;
	}
	if (variant->state == LISTENING) {
		ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->tracee, 0));
		if (variant->threads == TWO_TRACED)
			ASSERT_EQ(0, TELL(PTRACE_LISTEN, self->sibling, 0));
		self->in_trap = false;
		self->sibling_in_trap = false;
	}
	ASSERT_EQ('-', parent_sees_now(self->tracee));
}

/* Do @op; return the letter for its error, or 0. */
static char act(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self, enum op op)
{
	static const int signals[] = {
		[SIG_STOP] = SIGSTOP, [SIG_CONT] = SIGCONT, [SIG_KILL] = SIGKILL,
	};
	long ret = 0;

	switch (op) {
	case INTERRUPT:
		ret = TELL(PTRACE_INTERRUPT, self->tracee, 0);
		break;
	case DETACH:
	case DETACH_TERM:
		ret = TELL(PTRACE_DETACH, self->tracee, op == DETACH ? 0 : SIGTERM);
		break;
	case EXIT:
	case EXITKILL:
		ret = tracer_exit(&self->tracer);
		break;
	default:
		ret = signal_thread(self->tracee, self->tracee, signals[op]);
		break;
	}
	return ret == 0 ? 0 : ret == -ESRCH ? 'N' : ret == -EIO ? 'E' : '?';
}

/* The expected results, parsed from a cell. */
struct cell {
	char tracer[16], sibling[16], parent[16], end;
};

static struct cell parse(const char *text, bool with_sibling)
{
	struct cell cell = {};

	if (with_sibling)
		sscanf(text, "%15s %15s %15s %c", cell.tracer, cell.sibling, cell.parent,
		       &cell.end);
	else
		sscanf(text, "%15s %15s %c", cell.tracer, cell.parent, &cell.end);
	return cell;
}

/* Do or wait for what each of the letters says, for @tid. */
static void follow(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
		   pid_t tid, const char *letters)
{
	char seen[16] = {}, *next = seen;

	for (; *letters; letters++, next++) {
		switch (*letters) {
		case '-':
		case 'N':
		case 'E':
			/* Nothing happens, or act() has checked it. */
			*next = *letters;
			break;
		case '!':
			*next = TELL(PTRACE_INTERRUPT, tid, 0) ? '?' : '!';
			break;
		case 'v':
			*next = wake(self->shared) ? 'v' : '?';
			break;
		default:
			*next = next_letter(&self->tracer, tid);
			if (*next == *letters)
				ASSERT_EQ(0, TELL(PTRACE_CONT, tid, signal_of(*next)));
		}
		ASSERT_EQ(*letters, *next) {
			TH_LOG("thread %d of %d: %s so far", tid, self->tracee, seen);
		}
	}
}

/* Resume the tracee from the ptrace-stop of its state, unless @op has done so. */
static void go_on(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self, enum op op)
{
	if (!self->tracer.pid || op == SIG_KILL)
		return;
	if (self->in_trap && op != DETACH && op != DETACH_TERM) {
		/* The operation has not disturbed that stop. */
		ASSERT_EQ(0, TRACER_SEES_NOW(self->tracee));
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->tracee, 0));
	}
	if (self->sibling_in_trap)
		ASSERT_EQ(0, TELL(PTRACE_CONT, self->sibling, 0));
}

/* The real parent sees what the letters say, and no more. An untraced sibling is in that state. */
static void parent_follows(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
			   const FIXTURE_VARIANT(group_stop) *variant, const struct cell *cell)
{
	bool stopped = variant->state == STOPPED || variant->state == STOPPING ||
		       variant->state == LISTENING;

	if (cell->parent[0] == 'S') {
		ASSERT_EQ('S', parent_sees(self->tracee, WSTOPPED));
		stopped = true;
	} else if (cell->parent[0] == 'C') {
		ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
		stopped = false;
	}
	if (strchr("kKM", cell->end))
		return;
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	/* A thread without a tracer follows the group stop. */
	if (variant->threads == SIBLING)
		wait_for_state(self->sibling, stopped ? 'T' : 'S');
}

/* Check that the tracee does again what it did before, and have it exit. */
static void finish(FIXTURE_DATA(group_stop) *self, enum state state)
{
	if (state == SLEEPING) {
		wait_for_state(self->tracee, 'S');
		wake(self->shared);
		return;
	}
	wait_for_progress(self->shared);
	self->shared->quit = 1;
}

/* In a group stop without a tracer: the parent continues the process. */
static void continue_stopped(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
			     const FIXTURE_VARIANT(group_stop) *variant)
{
	wait_for_state(self->tracee, 'T');
	ASSERT_EQ(0, tracer_of(self->tracee));
	ASSERT_EQ('-', parent_sees_now(self->tracee));
	ASSERT_EQ(0, signal_thread(self->tracee, self->tracee, SIGCONT));
	ASSERT_EQ('C', parent_sees(self->tracee, WCONTINUED));
	/* The other thread, if it is still seized, reports that to its tracer. */
	if (variant->threads == TWO_TRACED && self->tracer.pid && !variant->attach)
		follow(_metadata, self, self->sibling, "I");
}

/* The exit, and nothing before it. */
static void see_end(struct __test_metadata *_metadata, FIXTURE_DATA(group_stop) *self,
		    const FIXTURE_VARIANT(group_stop) *variant, const struct cell *cell)
{
	const bool killed = strchr("kK", cell->end), terminated = cell->end == 'M';
	const char end = killed ? 'k' : terminated ? 't' : 'x';

	if (cell->end == 'T')
		continue_stopped(_metadata, self, variant);
	if (cell->end == 'X')
		ASSERT_EQ(0, tracer_of(self->tracee));
	if (!killed && !terminated)
		finish(self, variant->state);

	/* A traced thread must be collected first: the exit of its process waits for that. */
	if (variant->threads == TWO_TRACED && self->tracer.pid)
		ASSERT_EQ(end, next_letter(&self->tracer, self->sibling));
	if (strchr("xk", cell->end))
		ASSERT_EQ(end, next_letter(&self->tracer, self->tracee));
	ASSERT_EQ(end, parent_sees(self->tracee, WSTOPPED | WCONTINUED | WEXITED));
	self->tracee = 0;
}

/* One test for a row: its cells, from left to right. */
TEST_F(group_stop, row)
{
	for (enum op op = 0; op < OPS; op++) {
		const char *text = variant->rows[variant->state][op];
		const struct cell cell = parse(text, variant->threads == TWO_TRACED);
		char failed;

		start(_metadata, self, variant, op == EXITKILL ? PTRACE_O_EXITKILL : 0);
		bring_to_state(_metadata, self, variant);

		failed = act(_metadata, self, op);
		ASSERT_EQ(strchr("NE", cell.tracer[0]) ? cell.tracer[0] : 0, failed) {
			TH_LOG("%s: \"%s\"", op_names[op], text);
		}
		go_on(_metadata, self, op);
		follow(_metadata, self, self->tracee, cell.tracer);
		if (variant->threads == TWO_TRACED)
			follow(_metadata, self, self->sibling, cell.sibling);
		parent_follows(_metadata, self, variant, &cell);
		see_end(_metadata, self, variant, &cell);
		tracer_end(&self->tracer);
	}
}

TEST_HARNESS_MAIN
