// SPDX-License-Identifier: GPL-2.0
/*
 * The n-th copy or allocation of a request fails, for each n until there is none left: the error
 * is EFAULT or ENOMEM, the tracee is as before, and the same request then does what it does
 * otherwise. A kernel that injects faults is needed: CONFIG_FAULT_INJECTION_USERCOPY,
 * CONFIG_FAILSLAB, CONFIG_FAULT_INJECTION_DEBUG_FS.
 *
 * The lines that begin with "faults:" are the same for any implementation of ptrace(2).
 *
 * Documentation/fault-injection/fault-injection.rst: /proc/<pid>/fail-nth.
 */
#include "ptrace_copies.h"

#define DEBUGFS		"/sys/kernel/debug/"

/* What makes allocations that may wait fail, too, and all faults quiet; and as it was. */
static const struct {
	const char *file, *here, *before;
} settings[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N", "Y" },
	{ DEBUGFS "failslab/verbose", "0", "2" },
	{ DEBUGFS "fail_usercopy/verbose", "0", "2" },
};

FIXTURE(faults)
{
	struct shared *shared;
	pid_t tracee;
	int fail_nth;
};

FIXTURE_SETUP(faults)
{
	self->fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (self->fail_nth < 0)
		SKIP(return, "the kernel does not inject faults");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (!write_file(settings[i].file, settings[i].here))
			SKIP(return, "the kernel does not let faults be set up");
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(faults)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		write_file(settings[i].file, settings[i].before);
	reap(self->tracee);
}

static void arm(int fail_nth, int n)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", n);
	if (pwrite(fail_nth, number, strlen(number), 0) < 0)
		ksft_exit_fail_msg("no faults\n");
}

/* Returns whether there was a fault. If not, the one that remains may be that of this function. */
static bool disarm(int fail_nth)
{
	char number[16] = "";
	const bool was = pread(fail_nth, number, sizeof(number), 0) > 0 && number[0] == '0';

	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	return was;
}

/* How often each thing came of a fault. */
struct outcomes {
	int fault, memory, none;
};

static bool is_error(long ret)
{
	return ret == -EFAULT || ret == -ENOMEM;
}

static void count(struct outcomes *outcomes, long ret)
{
	outcomes->fault += ret == -EFAULT;
	outcomes->memory += ret == -ENOMEM;
	outcomes->none += ret >= 0;
}

static void tell(const char *name, const struct outcomes *outcomes)
{
	ksft_print_msg("faults: %s: EFAULT %d, ENOMEM %d, none %d\n", name, outcomes->fault,
		       outcomes->memory, outcomes->none);
}

/*
 * Whether this may come of a fault: an error, or what there is without it. ptrace_peek_siginfo()
 * returns how many it has copied, if any.
 */
static bool is_outcome(const struct copy *copy, long ret, long result)
{
	if (copy->nr == PTRACE_PEEKSIGINFO && ret > 0 && ret < result)
		return true;
	return ret == result || is_error(ret);
}

/* Requests that copy, in one stop. */
static void walk_copy(struct __test_metadata *_metadata, FIXTURE_DATA(faults) *self,
		      const struct copy *copy)
{
	static char area[AREA_SIZE], prepared[AREA_SIZE], wanted[AREA_SIZE];
	struct outcomes outcomes = {};
	struct snapshot first, before;
	long result = 0, ret;

	self->tracee = start_at_entry(self->shared);
	ASSERT_LT(0, self->tracee);
	first = before = snapshot(self->tracee);
	copy_prepare(copy, self->tracee, prepared, area);
	/* What it does otherwise; this also brings in all that it needs once. */
	if (!copy->get) {
		memcpy(area, prepared, sizeof(area));
		result = copy_make(copy, self->tracee, area);
		ASSERT_LE(0, result) {
			TH_LOG("%s: %ld", copy->name, result);
		}
		memcpy(wanted, area, sizeof(area));
	}
	for (int n = 1; ; n++) {
		memcpy(area, prepared, sizeof(area));
		arm(self->fail_nth, n);
		ret = copy_make(copy, self->tracee, area);
		if (!disarm(self->fail_nth))
			break;
		count(&outcomes, ret);
		ASSERT_TRUE(is_outcome(copy, ret, result)) {
			TH_LOG("%s, fault %d: %ld", copy->name, n, ret);
		}
		if (ret == result)
			before = snapshot(self->tracee);
		ASSERT_TRUE(is_unchanged(self->tracee, &before)) {
			TH_LOG("%s, fault %d: the tracee is changed", copy->name, n);
		}
	}
	ASSERT_EQ(result, ret);
	ASSERT_EQ(!copy->get, is_unchanged(self->tracee, &first));
	ASSERT_TRUE(copy->get || !memcmp(wanted, area, sizeof(area)));
	tell(copy->name, &outcomes);
	reap(self->tracee);
	self->tracee = 0;
}

TEST_F_TIMEOUT(faults, of_copies, 200)
{
	for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
		walk_copy(_metadata, self, &copies[i]);
}

/* Requests that change what the tracee does, each of a new tracee. */

enum start { UNTRACED, RUNNING, STOPPED };

static const struct act {
	const char *name;
	int nr;
	enum start start;
	unsigned long addr, data;
} acts[] = {
	{ "ATTACH", PTRACE_ATTACH, UNTRACED },
	{ "SEIZE", PTRACE_SEIZE, UNTRACED, 0, PTRACE_O_TRACEFORK },
	{ "INTERRUPT", PTRACE_INTERRUPT, RUNNING },
	{ "KILL", PTRACE_KILL, RUNNING },
	{ "CONT", PTRACE_CONT, STOPPED },
	{ "CONT, signal", PTRACE_CONT, STOPPED, 0, SIGCONT },
	{ "SYSCALL", PTRACE_SYSCALL, STOPPED },
#ifndef __riscv
	{ "SINGLESTEP", PTRACE_SINGLESTEP, STOPPED },
	{ "SYSEMU_SINGLESTEP", SYSEMU_SINGLESTEP, STOPPED },
#endif
#ifdef X86
	{ "SINGLEBLOCK", SINGLEBLOCK, STOPPED },
#endif
	{ "SYSEMU", SYSEMU, STOPPED },
	{ "LISTEN", PTRACE_LISTEN, STOPPED },
	{ "SETOPTIONS", PTRACE_SETOPTIONS, STOPPED, 0, PTRACE_O_TRACEFORK },
	{ "POKEDATA", PTRACE_POKEDATA, STOPPED, (unsigned long)&copy_vector, 1 },
#ifdef X86
	{ "POKEUSR, debug register", PTRACE_POKEUSR, STOPPED, DEBUG_REGISTER(0),
	  (unsigned long)&copy_vector },
#endif
	{ "DETACH", PTRACE_DETACH, STOPPED },
};

static void walk_act(struct __test_metadata *_metadata, FIXTURE_DATA(faults) *self,
		     const struct act *act)
{
	struct outcomes outcomes = {};
	bool was = true;

	for (int n = 1; was; n++) {
		struct snapshot before;
		long ret;

		self->shared->count = 0;
		self->tracee = act->start == UNTRACED ? spawn(spin, self->shared) :
			       act->start == RUNNING ? spawn_seized(spin, self->shared, 0) :
			       start_stopped(spin, self->shared, 'R', 0);
		ASSERT_LT(0, self->tracee);
		if (act->start == STOPPED)
			before = snapshot(self->tracee);
		arm(self->fail_nth, n);
		ret = request(act->nr, self->tracee, act->addr, act->data);
		was = disarm(self->fail_nth);
		if (was)
			count(&outcomes, ret);
		/* After an error, it is as if it had not been made. */
		if (was && is_error(ret)) {
			ASSERT_EQ(act->start == UNTRACED ? 0 : getpid(), tracer_of(self->tracee));
			ASSERT_TRUE(act->start != STOPPED ||
				    is_unchanged(self->tracee, &before)) {
				TH_LOG("%s, fault %d: the tracee is changed", act->name, n);
			}
			ret = request(act->nr, self->tracee, act->addr, act->data);
		}
		ASSERT_EQ(0, ret) {
			TH_LOG("%s, fault %d", act->name, n);
		}
		ASSERT_EQ(act->nr == PTRACE_DETACH ? -ESRCH : act->nr == PTRACE_ATTACH ? -EIO : 0,
			  interrupt(self->tracee)) {
			TH_LOG("%s, fault %d", act->name, n);
		}
		reap(self->tracee);
		self->tracee = 0;
	}
	tell(act->name, &outcomes);
}

TEST_F_TIMEOUT(faults, of_acts, 200)
{
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		walk_act(_metadata, self, &acts[i]);
}

/* PTRACE_TRACEME, which the tracee makes */

static struct traceme {
	int n;
	long ret;
	bool was;
} *traceme;

static int ask_to_be_traced(struct shared *shared)
{
	const int fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	const int n = traceme->n;
	long ret;
	bool was;

	arm(fail_nth, n);
	ret = request(PTRACE_TRACEME, 0, 0, 0);
	was = disarm(fail_nth);
	traceme->ret = ret;
	traceme->was = was;
	if (is_error(ret) && (tracer_of(getpid()) || request(PTRACE_TRACEME, 0, 0, 0)))
		return 1;
	return tracer_of(getpid()) == getppid() ? raise(SIGSTOP) : 2;
}

TEST_F_TIMEOUT(faults, of_traceme, 200)
{
	struct outcomes outcomes = {};

	traceme = shared_memory(sizeof(*traceme));
	do {
		traceme->n++;
		self->tracee = spawn(ask_to_be_traced, self->shared);
		ASSERT_LT(0, self->tracee);
		ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee)) {
			TH_LOG("fault %d", traceme->n);
		}
		if (traceme->was)
			count(&outcomes, traceme->ret);
		reap(self->tracee);
		self->tracee = 0;
	} while (traceme->was);
	tell("TRACEME", &outcomes);
}

TEST_HARNESS_MAIN
