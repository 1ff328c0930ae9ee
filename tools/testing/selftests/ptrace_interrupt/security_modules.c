// SPDX-License-Identifier: GPL-2.0
/*
 * Security modules that restrict tracing: Yama, by descent, and Landlock, by confinement.
 *
 * Before a test, "Yama:" quotes Documentation/admin-guide/LSM/Yama.rst, and a function's
 * name is what the test checks. Root must run this program; other users trace in it.
 *
 * Only a reboot ends Yama's scope 3: see no_attach.c.
 */
#include <linux/landlock.h>

#include "ptrace_cred.h"

#define SCOPE		"/proc/sys/kernel/yama/ptrace_scope"

/* The time limit, in seconds, of a test with many processes, for slow machines. */
#define MANY_PROCESSES	120

FIXTURE(modules)
{
	struct shared *shared;
	pid_t target;
	int scope;
};

/* Set Yama's scope; return the old one, or -1 without Yama. */
static int set_scope(int scope)
{
	FILE *file = fopen(SCOPE, "r+");
	int old = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &old) == 1) {
		rewind(file);
		fprintf(file, "%d\n", scope);
	}
	fclose(file);
	return old;
}

FIXTURE_SETUP(modules)
{
	if (getuid())
		SKIP(return, "only root can become others");
	self->shared = shared_new();
	self->scope = set_scope(0);
	if (self->scope == 3) {
		self->scope = -1;
		SKIP(return, "Yama lets nobody trace anything");
	}
}

FIXTURE_TEARDOWN(modules)
{
	reap(self->target);
	if (self->scope >= 0)
		set_scope(self->scope);
}

/* Yama */

enum exception { NONE, TRACER, ANYBODY, PARENT_OF_TRACER, WITHDRAWN, N_EXCEPTIONS };

/* Which processes the targets of a test let trace them. */
static struct {
	enum exception exception;
	pid_t tracer;
} *let;

/* A process of Alice's. It takes back the exception that spawn() has made. */
static int be_traced(struct shared *shared)
{
	if (!become(ALICE, ALICE, NO_CAPS) || prctl(PR_SET_PTRACER, 0))
		return 1;
	switch (let->exception) {
	case TRACER:
	case PARENT_OF_TRACER:
		prctl(PR_SET_PTRACER, let->tracer);
		break;
	case WITHDRAWN:
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		prctl(PR_SET_PTRACER, 0);
		break;
	case ANYBODY:
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		break;
	default:
		break;
	}
	return spin(shared);
}

/* A process that tries each probe on a target that is no descendant; it makes bitmaps. */
struct tracer {
	pid_t target;
	_Atomic bool start;
	_Atomic unsigned int denied, wrong;
	unsigned long long caps;
	bool by_child;
};

static struct tracer *tracer;

static void try_probes(void)
{
	for (size_t i = 0; i < n_probes(); i++) {
		const struct probe *probe = &probes[i];
		pid_t caller = fork();
		int result;

		if (caller == 0)
			_exit(probe->try(tracer->target));
		result = next_status(caller) >> 8;
		if (result)
			tracer->denied |= 1 << i;
		if (result && !refused(probe, result))
			tracer->wrong |= 1 << i;
	}
}

static int be_tracer(struct shared *shared)
{
	if (!become(ALICE, ALICE, tracer->caps))
		return 1;
	while (!tracer->start)
		sched_yield();
	try_probes();
	return 0;
}

/* The probes with PTRACE_MODE_ATTACH. */
static unsigned int attaching(void)
{
	unsigned int mask = 0;

	for (size_t i = 0; i < n_probes(); i++)
		if (probes[i].attaches)
			mask |= 1 << i;
	return mask;
}

/* Which probes fail in an unrelated process with @caps, if the target has made @exception. */
static unsigned int denied_to_unrelated(struct __test_metadata *_metadata,
					FIXTURE_DATA(modules) *self, enum exception exception,
					unsigned long long caps)
{
	struct shared *other = shared_new();
	pid_t pid;

	memset(tracer, 0, sizeof(*tracer));
	tracer->caps = caps;
	pid = spawn(be_tracer, other);
	let->exception = exception;
	let->tracer = exception == PARENT_OF_TRACER ? getpid() : pid;
	self->shared->count = 0;
	self->target = spawn(be_traced, self->shared);
	wait_for_progress(self->shared);
	tracer->target = self->target;
	tracer->start = true;
	EXPECT_EQ(EXITED(0), next_status(pid));
	EXPECT_EQ(0, tracer->wrong);
	reap(self->target);
	self->target = 0;
	return tracer->denied;
}

static void share(void)
{
	let = shared_memory(sizeof(*let));
	tracer = shared_memory(sizeof(*tracer));
}

/* Yama: "classic ptrace permissions"; "restricted ptrace"; "admin-only attach" */
TEST_F_TIMEOUT(modules, yama_unrelated, MANY_PROCESSES)
{
	if (self->scope < 0)
		SKIP(return, "no Yama");
	share();
	for (int exception = NONE; exception < N_EXCEPTIONS; exception++) {
		const bool let_in = exception == TRACER || exception == ANYBODY ||
				    exception == PARENT_OF_TRACER;

		set_scope(0);
		EXPECT_EQ(0, denied_to_unrelated(_metadata, self, exception, NO_CAPS));
		set_scope(1);
		/* Yama does not restrict PTRACE_MODE_READ. */
		EXPECT_EQ(let_in ? 0 : attaching(),
			  denied_to_unrelated(_metadata, self, exception, NO_CAPS)) {
			TH_LOG("exception %d", exception);
		}
		set_scope(2);
		EXPECT_EQ(attaching(),
			  denied_to_unrelated(_metadata, self, exception, NO_CAPS));
	}
}

/* yama_ptrace_access_check(): CAP_SYS_PTRACE is enough for both scopes */
TEST_F_TIMEOUT(modules, yama_capable, MANY_PROCESSES)
{
	if (self->scope < 0)
		SKIP(return, "no Yama");
	share();
	for (int scope = 0; scope <= 2; scope++) {
		set_scope(scope);
		EXPECT_EQ(0, denied_to_unrelated(_metadata, self, NONE, LOOK_CAPS));
	}
}

/* How long an exception lasts */

__attribute__((constructor)) static void be_program(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "modules-sleep"))
		for (;;)
			pause();
}

static int exec_sleeper(void)
{
	char *const argv[] = { "modules-sleep", NULL }, *const envp[] = { NULL };

	execve("/proc/thread-self/exe", argv, envp);
	return 1;
}

static void *make_exception(void *unused)
{
	return (void *)(long)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

static void *exec_in_thread(void *unused)
{
	_exit(exec_sleeper());
}

enum lasting { OF_THREAD, OVER_EXEC, OVER_EXEC_OF_THREAD, OVER_FORK, N_LASTING };

/* A process that has made an exception, and then has done something else. */
static int be_excepted(struct shared *shared)
{
	const enum lasting how = shared->signals;
	pthread_t thread;
	void *failed;
	pid_t child;

	if (!become(ALICE, ALICE, NO_CAPS) || prctl(PR_SET_PTRACER, 0) ||
	    pthread_create(&thread, NULL, make_exception, NULL) ||
	    pthread_join(thread, &failed) || failed)
		return 1;
	child = how == OVER_FORK ? fork() : getpid();
	if (child)
		shared->signals = child;
	else
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	switch (how) {
	case OVER_EXEC:
		return exec_sleeper();
	case OVER_EXEC_OF_THREAD:
		if (pthread_create(&thread, NULL, exec_in_thread, NULL))
			return 1;
		break;
	default:
		break;
	}
	for (;;)
		pause();
}

/*
 * yama_ptracer_add(): an exception is the first thread's, whichever makes it: it lasts until that
 * is gone, over its exec, too. An exec by another thread ends it, and a child does not have it.
 */
TEST_F(modules, yama_lasting)
{
	static const int expected[] = { 0, 0, EPERM, EPERM };

	if (self->scope < 0)
		SKIP(return, "no Yama");
	set_scope(1);
	for (enum lasting how = 0; how < N_LASTING; how++) {
		char name[64];

		self->shared->signals = how;
		self->target = spawn(be_excepted, self->shared);
		ASSERT_LT(0, self->target);
		while (self->shared->signals <= N_LASTING)
			sched_yield();
		do
			proc_status(self->target, "Name", name);
		while ((how == OVER_EXEC || how == OVER_EXEC_OF_THREAD) && strcmp(name, "exe"));
		wait_for_state(self->shared->signals, 'S');
		EXPECT_EQ(expected[how], as(ALICE, ALICE, NO_CAPS, try_seize,
					    self->shared->signals)) {
			TH_LOG("case %d", how);
		}
		reap(self->target);
		self->target = 0;
	}
}

static int trace_descendants(struct shared *shared)
{
	struct shared *own = shared_new();
	pid_t child, grandchild = 0;
	int code = 0;

	if (!become(ALICE, ALICE, NO_CAPS))
		return 255;
	let->exception = NONE;
	child = spawn(be_traced, own);
	wait_for_progress(own);
	if (seize(child))
		code |= 1;
	reap(child);

	/* A grandchild, which this process traces. */
	child = fork();
	if (child == 0) {
		own->quit = 0;
		own->count = 0;
		grandchild = spawn(be_traced, own);
		shared->signals = grandchild;
		for (;;)
			pause();
	}
	while (!shared->signals)
		sched_yield();
	wait_for_progress(own);
	if (seize(shared->signals))
		code |= 2;
	kill(shared->signals, SIGKILL);
	reap(child);
	return code;
}

/* Yama: "a process must have a predefined relationship with the inferior": its descendants */
TEST_F(modules, yama_descendants)
{
	static const int expected[] = { 0, 0, 3 };

	if (self->scope < 0)
		SKIP(return, "no Yama");
	share();
	for (int scope = 0; scope <= 2; scope++) {
		set_scope(scope);
		self->shared->signals = 0;
		EXPECT_EQ(EXITED(expected[scope]),
			  next_status(spawn(trace_descendants, self->shared))) {
			TH_LOG("scope %d", scope);
		}
	}
}

static int trace_me(struct shared *shared)
{
	return -request(PTRACE_TRACEME, 0, 0, 0);
}

static int be_asked(struct shared *shared)
{
	if (!become(ALICE, ALICE, shared->signals ? CAP(CAP_SYS_PTRACE) : NO_CAPS))
		return 255;
	return next_status(spawn(trace_me, shared)) >> 8;
}

/* yama_ptrace_traceme(): the parent's capability counts, and in one scope only */
TEST_F(modules, yama_traceme)
{
	if (self->scope < 0)
		SKIP(return, "no Yama");
	for (int scope = 0; scope <= 2; scope++) {
		set_scope(scope);
		for (int capable = 0; capable <= 1; capable++) {
			self->shared->signals = capable;
			EXPECT_EQ(EXITED(scope == 2 && !capable ? EPERM : 0),
				  next_status(spawn(be_asked, self->shared))) {
				TH_LOG("scope %d", scope);
			}
		}
	}
}

/* Landlock */

/* Confine the caller and its future children, by any rule. */
static bool confine(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	return ruleset >= 0 && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_landlock_restrict_self, ruleset, 0) && !close(ruleset);
}

#define HAVE_LANDLOCK() \
	(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1)

static int spin_confined(struct shared *shared)
{
	return confine() ? spin(shared) : 1;
}

/* Which of caller and target are confined, and whether they share a domain. */
enum { FREE, CALLER, TARGET, BOTH_APART, BOTH_BEFORE, INNER_TARGET, N_CONFINED };

static int look_from_confinement(struct shared *shared)
{
	const int how = shared->signals;
	const bool target_is_inner = how == TARGET || how == BOTH_APART || how == INNER_TARGET;
	const bool denied = how == CALLER || how == BOTH_APART;
	pid_t target;

	/* These capabilities suffice without Landlock. */
	if (!become(ALICE, ALICE, LOOK_CAPS))
		return 99;
	if ((how == BOTH_BEFORE || how == INNER_TARGET) && !confine())
		return 100;
	target = spawn(target_is_inner ? spin_confined : spin, shared);
	if (target < 0)
		return 101;
	wait_for_progress(shared);
	if ((how == CALLER || how == BOTH_APART) && !confine())
		return 102;

	for (size_t i = 0; i < n_probes(); i++) {
		const struct probe *probe = &probes[i];
		pid_t caller = fork();
		int result;

		if (caller == 0)
			_exit(probe->try(target));
		result = next_status(caller) >> 8;
		if (denied ? !refused(probe, result) : result)
			return i + 1;
	}
	reap(target);
	return 0;
}

/* hook_ptrace_access_check(): "the child must have at least the same rules"; no capability helps */
TEST_F_TIMEOUT(modules, landlock, MANY_PROCESSES)
{
	if (!HAVE_LANDLOCK())
		SKIP(return, "no Landlock");
	for (int how = FREE; how < N_CONFINED; how++) {
		struct shared *shared = shared_new();

		shared->signals = how;
		EXPECT_EQ(EXITED(0), next_status(spawn(look_from_confinement, shared))) {
			TH_LOG("case %d", how);
		}
	}
}

static int trace_me_when_told(struct shared *shared)
{
	sleep_on_pipe(shared);
	return -request(PTRACE_TRACEME, 0, 0, 0);
}

static int trace_me_confined(struct shared *shared)
{
	return confine() ? trace_me_when_told(shared) : 100;
}

static int be_asked_confined(struct shared *shared)
{
	const bool before = shared->signals & 1, inner = shared->signals & 2;
	pid_t child;

	if (before && !confine())
		return 101;
	child = spawn(inner ? trace_me_confined : trace_me_when_told, shared);
	wait_for_state(child, 'S');
	if (!before && !confine())
		return 102;
	if (!wake(shared))
		return 103;
	return next_status(child) >> 8;
}

/* hook_ptrace_traceme(): the parent's confinement must be the child's too */
TEST_F(modules, landlock_traceme)
{
	if (!HAVE_LANDLOCK())
		SKIP(return, "no Landlock");
	for (int how = 0; how < 4; how++) {
		self->shared->signals = how;
		EXPECT_EQ(EXITED(how & 1 ? 0 : EPERM),
			  next_status(spawn(be_asked_confined, self->shared))) {
			TH_LOG("case %d", how);
		}
	}
}

TEST_HARNESS_MAIN
