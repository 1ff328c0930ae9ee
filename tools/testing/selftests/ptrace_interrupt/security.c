// SPDX-License-Identifier: GPL-2.0
/*
 * Permissions: which process may look into which, with ptrace(2) and with all that makes its
 * access check; and privileges under a tracer.
 *
 * Before a test, "man:" quotes "Ptrace access mode checking" in ptrace(2), and a function's
 * name is what the test checks. Root must run this program; other users trace in it.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "ptrace_cred.h"

#define SUID_DUMPABLE	"/proc/sys/fs/suid_dumpable"

/* The time limit, in seconds, of a test with many processes, for slow machines. */
#define MANY_PROCESSES	120

FIXTURE(security)
{
	struct shared *shared;
	pid_t target;
	int suid_dumpable;
};

/* Set the sysctl at @path to @value; return the old value. */
static int set_sysctl(const char *path, int value)
{
	FILE *file = fopen(path, "r+");
	int old = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &old) == 1) {
		rewind(file);
		fprintf(file, "%d\n", value);
	}
	fclose(file);
	return old;
}

/* A process that changes its credentials is not dumpable any more. */
FIXTURE_SETUP(security)
{
	if (getuid())
		SKIP(return, "only root can become others");
	self->shared = shared_new();
	self->suid_dumpable = set_sysctl(SUID_DUMPABLE, 0);
	ASSERT_LE(0, self->suid_dumpable);
}

FIXTURE_TEARDOWN(security)
{
	reap(self->target);
	set_sysctl(SUID_DUMPABLE, self->suid_dumpable);
}

/* The properties of the next target. */
static struct {
	unsigned int uids[3], gids[3];
	int dumpable;
	unsigned long long caps;
} target_is;

/* Become the target, and spin. */
static int be_target(struct shared *shared)
{
	unsigned long long all;

	if (!get_caps(&all) || prctl(PR_SET_KEEPCAPS, 1) || syscall(SYS_SETGROUPS, 0, NULL) ||
	    syscall(SYS_SETRESGID, target_is.gids[0], target_is.gids[1], target_is.gids[2]) ||
	    syscall(SYS_SETRESUID, target_is.uids[0], target_is.uids[1], target_is.uids[2]) ||
	    !set_caps(target_is.caps, target_is.caps) ||
	    (target_is.dumpable >= 0 && prctl(PR_SET_DUMPABLE, target_is.dumpable)))
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A file descriptor that pidfd_getfd() may copy. */
	close(0);
	open("/dev/null", O_RDONLY);
	return spin(shared);
}

static void target_ids(unsigned int id)
{
	for (int i = 0; i < 3; i++)
		target_is.uids[i] = target_is.gids[i] = id;
	target_is.dumpable = 1;
	target_is.caps = NO_CAPS;
}

static void start_target(struct __test_metadata *_metadata, FIXTURE_DATA(security) *self)
{
	reap(self->target);
	self->shared->count = 0;
	self->target = spawn(be_target, self->shared);
	ASSERT_LT(0, self->target);
	wait_for_progress(self->shared);
}

/* man: "the real, effective, and saved-set user IDs of the target match the caller's user ID" */
TEST_F_TIMEOUT(security, each_id_counts, MANY_PROCESSES)
{
	for (int other = 0; other <= 6; other++) {
		target_ids(ALICE);
		if (other)
			(other <= 3 ? target_is.uids : target_is.gids)[other % 3] = BOB;
		start_target(_metadata, self);
		EXPECT_EQ(other ? EPERM : 0, as(ALICE, ALICE, NO_CAPS, try_seize, self->target)) {
			TH_LOG("id %d is another's", other);
		}
		EXPECT_EQ(0, as(ALICE, ALICE, CAP(CAP_SYS_PTRACE), try_seize, self->target));
	}
}

/* The same: the check compares the caller's real ids, or those for files */
TEST_F_TIMEOUT(security, ids_of_the_caller, MANY_PROCESSES)
{
	target_ids(ALICE);
	start_target(_metadata, self);
	for (size_t i = 0; i < n_probes(); i++) {
		const struct probe *probe = &probes[i];
		int result;

		EXPECT_EQ(0, as(ALICE, ALICE, NO_CAPS, probe->try, self->target)) {
			TH_LOG("%s", probe->name);
		}
		result = as(ALICE, BOB, NO_CAPS, probe->try, self->target);
		EXPECT_TRUE(probe->by_fs_ids ? refused(probe, result) : !result) {
			TH_LOG("%s for files of another: %d", probe->name, result);
		}
		result = as(BOB, ALICE, NO_CAPS, probe->try, self->target);
		EXPECT_TRUE(probe->by_fs_ids ? !result : refused(probe, result)) {
			TH_LOG("%s by another: %d", probe->name, result);
		}
		result = as(BOB, BOB, NO_CAPS, probe->try, self->target);
		EXPECT_TRUE(refused(probe, result));
		EXPECT_EQ(0, as(BOB, BOB, LOOK_CAPS, probe->try, self->target)) {
			TH_LOG("%s with capabilities", probe->name);
		}
	}
}

/* man: "has the CAP_SYS_PTRACE capability": no other capability suffices */
TEST_F(security, each_capability)
{
	const unsigned long long all = (CAP(CAP_LAST_CAP) << 1) - 1;

	target_ids(ALICE);
	start_target(_metadata, self);
	EXPECT_EQ(EPERM, as(BOB, BOB, all & ~CAP(CAP_SYS_PTRACE), try_seize, self->target));
	EXPECT_EQ(0, as(BOB, BOB, CAP(CAP_SYS_PTRACE), try_seize, self->target));
}

/* cap_ptrace_access_check(): the target must have no capability that the caller lacks */
TEST_F(security, target_with_capabilities)
{
	target_ids(ALICE);
	target_is.caps = CAP(CAP_NET_RAW) | CAP(CAP_CHOWN);
	start_target(_metadata, self);
	EXPECT_EQ(EPERM, as(ALICE, ALICE, NO_CAPS, try_seize, self->target));
	EXPECT_EQ(EPERM, as(ALICE, ALICE, CAP(CAP_CHOWN), try_seize, self->target));
	EXPECT_EQ(0, as(ALICE, ALICE, target_is.caps, try_seize, self->target));
	EXPECT_EQ(0, as(ALICE, ALICE, CAP(CAP_SYS_PTRACE), try_seize, self->target));
}

/*
 * task_still_dumpable(): only one of the three values gives access to others with the same
 * ids. Once the third one did, too (CVE-2013-2929).
 */
TEST_F_TIMEOUT(security, dumpable, MANY_PROCESSES)
{
	set_sysctl(SUID_DUMPABLE, 2);
	for (int dumpable = 0; dumpable <= 2; dumpable++) {
		target_ids(ALICE);
		/* A change of credentials sets the third value. */
		target_is.dumpable = dumpable < 2 ? dumpable : -1;
		start_target(_metadata, self);
		for (size_t i = 0; i < n_probes(); i++) {
			const struct probe *probe = &probes[i];
			int result = as(ALICE, ALICE, NO_CAPS, probe->try, self->target);

			EXPECT_TRUE(dumpable == 1 ? !result : refused(probe, result)) {
				TH_LOG("%s of dumpable %d: %d", probe->name, dumpable, result);
			}
			EXPECT_EQ(0, as(BOB, BOB, LOOK_CAPS, probe->try, self->target)) {
				TH_LOG("%s of dumpable %d", probe->name, dumpable);
			}
		}
	}
}

static int report_dumpable(struct shared *shared)
{
	if (!become(ALICE, ALICE, NO_CAPS))
		return 9;
	return prctl(PR_GET_DUMPABLE);
}

/* Check that a change of credentials does set the third value. */
TEST_F(security, dumpable_after_setuid)
{
	for (int value = 0; value <= 2; value++) {
		pid_t pid;

		ASSERT_LE(0, set_sysctl(SUID_DUMPABLE, value));
		pid = fork();
		if (pid == 0)
			_exit(syscall(SYS_SETRESUID, ALICE, ALICE, ALICE) ? 9 :
			      prctl(PR_GET_DUMPABLE));
		EXPECT_EQ(EXITED(value), next_status(pid));
	}
	EXPECT_EQ(EXITED(1), next_status(spawn(report_dumpable, self->shared)));
}

/* A child that shares its parent's memory makes both undumpable; with a copy, only itself. */
static int undumpable_child(struct shared *shared)
{
	const bool shares = shared->signals;
	pid_t child;

	if (!become(ALICE, ALICE, NO_CAPS))
		return 1;
	child = shares ? vfork() : fork();
	if (child == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		_exit(0);
	}
	if (waitpid(child, NULL, 0) != child)
		return 2;
	return spin(shared);
}

/* copy_exec_state(): dumpable is shared with the memory, and copied with it */
TEST_F(security, dumpable_is_shared)
{
	for (int shares = 0; shares < 2; shares++) {
		self->shared->signals = shares;
		self->shared->count = 0;
		self->target = spawn(undumpable_child, self->shared);
		ASSERT_LT(0, self->target);
		wait_for_progress(self->shared);
		EXPECT_EQ(shares ? EPERM : 0,
			  as(ALICE, ALICE, NO_CAPS, try_seize, self->target));
		reap(self->target);
	}
	self->target = 0;
}

static int look_at_oneself(struct shared *shared)
{
	if (!become(ALICE, BOB, NO_CAPS) || prctl(PR_SET_DUMPABLE, 0))
		return 100;
	for (size_t i = 0; i < n_probes(); i++) {
		/* Files in /proc also have modes, and an undumpable process's belong to root. */
		if (probes[i].try == try_seize || probes[i].try == try_attach ||
		    probes[i].try == try_mem || probes[i].try == try_syscall)
			continue;
		if (probes[i].try(getpid()))
			return i + 1;
	}
	return 0;
}

/* __ptrace_may_access(): "Don't let security modules deny introspection" */
TEST_F(security, introspection)
{
	EXPECT_EQ(EXITED(0), next_status(spawn(look_at_oneself, self->shared)));
}

static int be_alice_and_exit(struct shared *shared)
{
	/* The change of credentials makes it undumpable. */
	if (!become(ALICE, ALICE, NO_CAPS) || prctl(PR_SET_DUMPABLE, shared->signals))
		return 1;
	return 0;
}

static void *outlive_leader(void *arg)
{
	return (void *)(long)spin(arg);
}

/* The first thread exits and has no memory any more; the process lives on. */
static int be_alice_without_leader(struct shared *shared)
{
	pthread_t thread;

	if (be_alice_and_exit(shared) || pthread_create(&thread, NULL, outlive_leader, shared))
		return 1;
	pthread_exit(NULL);
}

/*
 * task_still_dumpable(): a dying process without memory is not dumpable if it was not dumpable
 * before. Once the kernel did not check that without memory (CVE-2026-46333).
 */
TEST_F_TIMEOUT(security, dumpable_after_death, MANY_PROCESSES)
{
	siginfo_t info;

	for (int i = 0; i < 4; i++) {
		const bool dumpable = i & 1, leader = i & 2;

		self->shared->signals = dumpable;
		self->shared->quit = 0;
		self->shared->count = 0;
		self->target = spawn(leader ? be_alice_without_leader : be_alice_and_exit,
				     self->shared);
		ASSERT_LT(0, self->target);
		if (leader)
			wait_for_state(self->target, 'Z');
		else
			ASSERT_EQ(0, waitid(P_PID, self->target, &info, WEXITED | WNOWAIT));
		EXPECT_EQ(dumpable ? 0 : EPERM,
			  as(ALICE, ALICE, NO_CAPS, try_kcmp, self->target));
		EXPECT_EQ(dumpable ? 0 : EPERM,
			  as(ALICE, ALICE, NO_CAPS, try_robust_list, self->target));
		EXPECT_EQ(dumpable ? 0 : EACCES,
			  as(ALICE, ALICE, NO_CAPS, try_namespace, self->target));
		/* Only a permitted caller learns that there is no file. */
		EXPECT_EQ(dumpable ? ESRCH : EPERM,
			  as(ALICE, ALICE, NO_CAPS, try_getfd, self->target));
		EXPECT_EQ(EPERM, as(BOB, BOB, NO_CAPS, try_getfd, self->target));
		EXPECT_EQ(ESRCH, as(BOB, BOB, LOOK_CAPS, try_getfd, self->target));
		EXPECT_EQ(EPERM, as(ALICE, ALICE, NO_CAPS, try_seize, self->target));
		reap(self->target);
	}
	self->target = 0;
}

static int drop_when_told(struct shared *shared)
{
	shared->count++;
	while (!shared->quit)
		;
	if (syscall(SYS_SETRESGID, ALICE, ALICE, ALICE) ||
	    syscall(SYS_SETRESUID, ALICE, ALICE, ALICE))
		return 1;
	/* The change of credentials has cleared the parent-death signal. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	shared->signals = 1;
	for (;;)
		pause();
	return 0;
}

/*
 * __ptrace_may_access(): the barrier between credentials and dumpable. A process that is
 * about to give up root is never accessible to the user that it will become.
 */
TEST_F_TIMEOUT(security, setuid_in_the_middle, MANY_PROCESSES)
{
	for (int i = 0; i < 30; i++) {
		pid_t tracer;
		int status;

		self->shared->quit = self->shared->signals = self->shared->count = 0;
		self->target = spawn(drop_when_told, self->shared);
		while (!self->shared->count)
			sched_yield();
		tracer = fork();
		if (tracer == 0) {
			if (!become(ALICE, ALICE, NO_CAPS))
				_exit(255);
			self->shared->quit = 1;
			while (!self->shared->signals)
				if (seize(self->target) != -EPERM)
					_exit(1);
			_exit(seize(self->target) != -EPERM);
		}
		status = next_status(tracer);
		reap(self->target);
		ASSERT_EQ(EXITED(0), status);
	}
	self->target = 0;
}

/* Privileges of set-user-ID programs */

/* A copy of this program reports its ids before it would run any test. */
__attribute__((constructor)) static void report_ids(int argc, char *argv[])
{
	if (argc == 1 && !strcmp(argv[0], "report-ids"))
		_exit(geteuid() == 0 && getegid() == 0 ? 1 : geteuid() == ALICE ? 2 : 3);
}

#define SETUID_PROGRAM	"/tmp/report-ids"

static int exec_report(struct shared *shared)
{
	const bool traceme = shared->signals & 1, waits = shared->signals & 2;

	if (!become(ALICE, ALICE, NO_CAPS))
		return 100;
	if (traceme && request(PTRACE_TRACEME, 0, 0, 0))
		return 101;
	if (waits)
		sleep_on_pipe(shared);
	execl(SETUID_PROGRAM, "report-ids", NULL);
	return 102;
}

/* Resume the tracee from all its ptrace-stops; return its exit status, the report. */
static int report(pid_t pid)
{
	int status;

	while (WIFSTOPPED(status = next_status(pid)))
		cont(pid, 0);
	return status;
}

static int trace_exec_report(struct shared *shared)
{
	struct shared *own = shared_new();
	int status;

	if (!become(ALICE, ALICE, NO_CAPS))
		return 110;
	own->signals = 1;
	status = report(spawn(exec_report, own));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}

/* Mount a file system for programs, in a namespace of the test. */
static void mount_programs(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
}

/* A copy of this program. */
static void make_program(struct __test_metadata *_metadata, const char *path,
			 unsigned int owner, mode_t mode)
{
	char buffer[4096];
	int from, to;
	ssize_t n;

	from = open("/proc/self/exe", O_RDONLY);
	to = open(path, O_WRONLY | O_CREAT, 0700);
	ASSERT_LE(0, from);
	ASSERT_LE(0, to);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		ASSERT_EQ(n, write(to, buffer, n));
	ASSERT_EQ(0, fchown(to, owner, owner));
	ASSERT_EQ(0, fchmod(to, mode));
	close(from);
	close(to);
}

/* A copy with the set-user-ID and set-group-ID bits of root. */
static void make_setuid_program(struct __test_metadata *_metadata)
{
	mount_programs(_metadata);
	make_program(_metadata, SETUID_PROGRAM, 0, 06755);
}

/*
 * bprm_creds_from_file(): under a tracer without privileges, a set-user-ID program does not get
 * its privileges. With PTRACE_TRACEME, the tracee's own privileges count, since the tracee makes
 * the request. Once its parent's did (CVE-2019-13272).
 */
TEST_F_TIMEOUT(security, setuid_program, MANY_PROCESSES)
{
	make_setuid_program(_metadata);

	/* Without a tracer, it runs as root. */
	EXPECT_EQ(EXITED(1), next_status(spawn(exec_report, self->shared)));
	/* With TRACEME: the parent has the child's ids, or is root. */
	EXPECT_EQ(EXITED(2), next_status(spawn(trace_exec_report, self->shared)));
	self->shared->signals = 1;
	EXPECT_EQ(EXITED(2), report(spawn(exec_report, self->shared)));

	/* If root traces it, by either request, it keeps its privileges. */
	for (int i = 0; i < 2; i++) {
		self->shared->signals = 2;
		self->target = spawn(exec_report, self->shared);
		wait_for_state(self->target, 'S');
		ASSERT_EQ(0, i ? seize(self->target) :
			  request(PTRACE_ATTACH, self->target, 0, 0));
		ASSERT_TRUE(wake(self->shared));
		EXPECT_EQ(EXITED(1), report(self->target));
		self->target = 0;
	}
}

static struct shared *privileged;

static int attach_exec_report(pid_t pid)
{
	int status;

	if (seize(pid) || !wake(privileged))
		return 120;
	status = report(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 121;
}

/* ptracer_capable(): the tracer's CAP_SYS_PTRACE counts */
TEST_F(security, setuid_program_of_attached)
{
	make_setuid_program(_metadata);
	privileged = self->shared;
	for (int capable = 0; capable < 2; capable++) {
		self->shared->signals = 2;
		self->target = spawn(exec_report, self->shared);
		wait_for_state(self->target, 'S');
		EXPECT_EQ(capable ? 1 : 2,
			  as(ALICE, ALICE, capable ? CAP(CAP_SYS_PTRACE) : NO_CAPS,
			     attach_exec_report, self->target));
		reap(self->target);
	}
	self->target = 0;
}

/* Programs that may be executed, and not read */

#define UNREADABLE_PROGRAM	"/tmp/unreadable"
#define UNREADABLE_OF_ALICE	"/tmp/unreadable-of-alice"
#define READABLE_PROGRAM	"/tmp/readable"

/* The programs report that they run, and execute another one when told. */
__attribute__((constructor)) static void wait_and_exec(int argc, char *argv[])
{
	char byte;

	if (argc != 2 || strcmp(argv[0], "wait-and-exec"))
		return;
	if (write(1, "", 1) == 1 && read(0, &byte, 1) == 1)
		execl(argv[1], "wait-and-exec", argv[1], NULL);
	_exit(1);
}

/* The first program, its standard input, and its standard output. */
static struct {
	const char *path;
	int in[2], out[2];
} program;

static void make_programs(struct __test_metadata *_metadata)
{
	mount_programs(_metadata);
	make_program(_metadata, UNREADABLE_PROGRAM, 0, 0111);
	make_program(_metadata, UNREADABLE_OF_ALICE, ALICE, 0111);
	make_program(_metadata, READABLE_PROGRAM, 0, 0755);
	ASSERT_EQ(0, pipe2(program.in, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(program.out, O_CLOEXEC));
}

/* Execute the program. */
static int exec_program(void)
{
	dup2(program.in[0], 0);
	dup2(program.out[1], 1);
	execl(program.path, "wait-and-exec", READABLE_PROGRAM, NULL);
	return 100;
}

static bool program_is_there(void)
{
	char byte;

	return read(program.out[0], &byte, 1) == 1;
}

/* Have it execute the readable program. */
static bool next_program(void)
{
	return write(program.in[1], "", 1) == 1 && program_is_there();
}

static int exec_as_alice(struct shared *shared)
{
	return become(ALICE, ALICE, NO_CAPS) ? exec_program() : 101;
}

static int try_from_namespace(pid_t pid)
{
	return enter_user_namespace(0) ? try_seize(pid) : 102;
}

/*
 * would_dump(): the process is not dumpable until it executes a readable program. Capabilities
 * in a namespace that the tracer has made do not count in the program's namespace.
 */
TEST_F(security, unreadable_program)
{
	make_programs(_metadata);
	program.path = UNREADABLE_PROGRAM;
	self->target = spawn(exec_as_alice, self->shared);
	ASSERT_TRUE(program_is_there());
	for (size_t i = 0; i < n_probes(); i++) {
		const struct probe *probe = &probes[i];

		EXPECT_TRUE(refused(probe, as(ALICE, ALICE, NO_CAPS, probe->try, self->target))) {
			TH_LOG("%s", probe->name);
		}
	}
	EXPECT_EQ(EPERM, as(ALICE, ALICE, NO_CAPS, try_from_namespace, self->target));
	EXPECT_EQ(0, as(ALICE, ALICE, CAP(CAP_SYS_PTRACE), try_seize, self->target));
	EXPECT_EQ(0, as(BOB, BOB, CAP(CAP_SYS_PTRACE), try_seize, self->target));
	EXPECT_EQ(0, as(0, 0, CAP(CAP_SYS_PTRACE), try_seize, self->target));
	EXPECT_EQ(EPERM, as(0, 0, NO_CAPS, try_seize, self->target));

	ASSERT_TRUE(next_program());
	EXPECT_EQ(0, as(ALICE, ALICE, NO_CAPS, try_seize, self->target));
	EXPECT_EQ(0, as(ALICE, ALICE, NO_CAPS, try_kcmp, self->target));
	EXPECT_EQ(EPERM, as(ALICE, ALICE, NO_CAPS, try_from_namespace, self->target));
	EXPECT_EQ(0, as(ALICE, ALICE, NO_CAPS, try_attach, self->target));
}

/* The target and the callers are in a namespace of Alice's. */
static int look_in_namespace(struct shared *shared)
{
	static const unsigned long long caps[] = { NO_CAPS, CAP(CAP_SYS_PTRACE) };
	int denied = 0;
	pid_t pid;

	if (!become(ALICE, ALICE, NO_CAPS) || !enter_user_namespace(ALICE))
		return 103;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* With capabilities, it could read its own. */
		_exit(set_caps(NO_CAPS, NO_CAPS) ? exec_program() : 104);
	}
	if (!program_is_there())
		return 105;
	for (int next = 0; next < 2; next++) {
		for (int i = 0; i < 2; i++) {
			const int result = as(ALICE, ALICE, caps[i], try_seize, pid);

			if (result && result != EPERM)
				return 106;
			denied |= !!result << (2 * next + i);
		}
		/* From outside, as the owner of the namespace. */
		shared->signals = pid;
		while (shared->signals)
			sched_yield();
		if (!next && !next_program())
			return 107;
	}
	reap(pid);
	return denied;
}

/*
 * would_dump(): capabilities in a namespace give access to its programs if the namespace maps
 * the owner of the program's file, and otherwise not.
 */
TEST_F(security, unreadable_program_in_a_namespace)
{
	make_programs(_metadata);
	for (int own = 0; own < 2; own++) {
		program.path = own ? UNREADABLE_OF_ALICE : UNREADABLE_PROGRAM;
		self->target = spawn(look_in_namespace, self->shared);
		for (int next = 0; next < 2; next++) {
			pid_t pid;

			while (!(pid = self->shared->signals))
				ASSERT_EQ(0, waitpid(self->target, NULL, WNOHANG));
			EXPECT_EQ(own || next ? 0 : EPERM,
				  as(ALICE, ALICE, NO_CAPS, try_seize, pid));
			EXPECT_EQ(EPERM, as(BOB, BOB, NO_CAPS, try_seize, pid));
			EXPECT_EQ(0, as(BOB, BOB, CAP(CAP_SYS_PTRACE), try_seize, pid));
			self->shared->signals = 0;
		}
		/* Access to the unreadable program fails without the capability, or even with it. */
		EXPECT_EQ(EXITED(own ? 1 : 3), next_status(self->target));
		self->target = 0;
	}
}

/* A tracer that traces the task before it executes the unreadable program. */
static int trace_unreadable(struct shared *shared)
{
	unsigned long word, at = (unsigned long)&program;
	char registers[1024];
	pid_t pid;

	if (!become(ALICE, ALICE, shared->signals ? CAP(CAP_SYS_PTRACE) : NO_CAPS))
		return 100;
	program.path = READABLE_PROGRAM;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(program.in[0], 0);
		dup2(program.out[1], 1);
		execl(READABLE_PROGRAM, "wait-and-exec", UNREADABLE_PROGRAM, NULL);
		_exit(100);
	}
	if (!program_is_there() || request(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC))
		return 101;
	if (interrupt(pid) || next_status(pid) != EVENT_STOP(SIGTRAP))
		return 102;
	if (request(PTRACE_PEEKDATA, pid, at, (unsigned long)&word))
		return 103;
	if (cont(pid, 0) || write(program.in[1], "", 1) != 1 ||
	    next_status(pid) != EVENT(PTRACE_EVENT_EXEC))
		return 104;
	/* At the event, the program is the new one. Registers need no such permission. */
	for (int i = 0; i < 2; i++) {
		const long expected = shared->signals ? 0 : -EIO;

		if (request(PTRACE_PEEKDATA, pid, at, (unsigned long)&word) != expected ||
		    request(PTRACE_POKEDATA, pid, at, 0) != expected)
			return 105 + i;
		if (general_registers(PTRACE_GETREGSET, pid, registers, sizeof(registers)))
			return 107;
		if (i == 0 && (cont(pid, 0) || !program_is_there() || interrupt(pid) ||
			       next_status(pid) != EVENT_STOP(SIGTRAP)))
			return 108;
	}
	reap(pid);
	return 0;
}

/* ptracer_access_allowed(): a tracer of the old program may not read the new one's memory */
TEST_F(security, peek_unreadable_program)
{
	make_programs(_metadata);
	for (int capable = 0; capable < 2; capable++) {
		self->shared->signals = capable;
		EXPECT_EQ(EXITED(0), next_status(spawn(trace_unreadable, self->shared))) {
			TH_LOG("capable %d", capable);
		}
	}
}

/* Access after the task has become traced */

static int become_undumpable(struct shared *shared)
{
	sleep_on_pipe(shared);
	prctl(PR_SET_DUMPABLE, 0);
	return spin(shared);
}

/* Seize a task with or without the capability in effect, then change that, and peek. */
static int peek_undumpable(struct shared *shared)
{
	const unsigned long long caps = CAP(CAP_SYS_PTRACE);
	struct shared *own = shared_new();
	const bool at_attach = shared->signals;
	unsigned long word;
	pid_t child;
	int code = 0;

	if (!become(ALICE, ALICE, caps))
		return 100;
	child = spawn(become_undumpable, own);
	wait_for_state(child, 'S');
	if (!set_caps(caps, at_attach ? caps : 0) || seize(child) ||
	    !set_caps(caps, at_attach ? 0 : caps) || !wake(own))
		return 101;
	wait_for_progress(own);
	if (interrupt(child) || next_status(child) != EVENT_STOP(SIGTRAP))
		code = 102;
	else if (request(PTRACE_PEEKDATA, child, (unsigned long)&word, (unsigned long)&word))
		code = 1;
	else if (request(PTRACE_POKEDATA, child, (unsigned long)&word, 0))
		code = 2;
	reap(child);
	return code;
}

/* ptracer_access_allowed(): the tracer's capability at the time of the SEIZE counts */
TEST_F(security, peek_with_capability_at_attach)
{
	self->shared->signals = 1;
	EXPECT_EQ(EXITED(0), next_status(spawn(peek_undumpable, self->shared)));
	self->shared->signals = 0;
	EXPECT_EQ(EXITED(1), next_status(spawn(peek_undumpable, self->shared)));
}

/*
 * ptrace_freeze_traced(): requests do not touch a tracee that SIGKILL has woken
 * (CVE-2013-0871). The test sets its registers as often as it can, until it is gone.
 */
TEST_F_TIMEOUT(security, registers_of_the_killed, MANY_PROCESSES)
{
	char registers[1024];

	target_ids(ALICE);
	for (int i = 0; i < 30; i++) {
		pid_t killer;
		long ret;

		start_target(_metadata, self);
		ASSERT_EQ(0, seize(self->target));
		ASSERT_EQ(0, interrupt(self->target));
		ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->target));
		ASSERT_EQ(0, general_registers(PTRACE_GETREGSET, self->target, registers,
					       sizeof(registers)));
		killer = fork();
		if (killer == 0)
			_exit(kill(self->target, SIGKILL));
		do
			ret = general_registers(PTRACE_SETREGSET, self->target, registers,
						sizeof(registers));
		while (!ret);
		ASSERT_EQ(-ESRCH, ret);
		/* It does not come back. */
		for (int j = 0; j < 10; j++)
			ASSERT_EQ(-ESRCH, general_registers(PTRACE_SETREGSET, self->target,
							    registers, sizeof(registers)));
		ASSERT_EQ(KILLED(SIGKILL), next_status(self->target));
		self->target = 0;
		ASSERT_EQ(EXITED(0), next_status(killer));
	}
}

TEST_HARNESS_MAIN
