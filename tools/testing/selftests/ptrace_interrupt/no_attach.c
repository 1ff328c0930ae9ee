// SPDX-License-Identifier: GPL-2.0
/*
 * Yama's scope 3, in which no process may attach to any other. Only a reboot ends it, so this
 * program does not run with the others.
 *
 * "Yama:" before a test quotes Documentation/admin-guide/LSM/Yama.rst.
 */
#include "ptrace_cred.h"

#define SCOPE	"/proc/sys/kernel/yama/ptrace_scope"

static bool set_scope(char scope)
{
	char text[] = { scope, '\0' };

	return write_file(SCOPE, text);
}

FIXTURE(no_attach)
{
	struct shared *shared;
	pid_t target;
};

FIXTURE_SETUP(no_attach)
{
	if (getuid())
		SKIP(return, "only root can set Yama's scope");
	if (access(SCOPE, F_OK))
		SKIP(return, "no Yama");
	ASSERT_TRUE(set_scope('3'));
	self->shared = shared_new();
}

FIXTURE_TEARDOWN(no_attach)
{
	reap(self->target);
}

/* Yama: "no processes may use ptrace with PTRACE_ATTACH": not even root, on its child */
TEST_F(no_attach, whoever_asks)
{
	self->target = spawn(spin, self->shared);
	wait_for_progress(self->shared);
	for (size_t i = 0; i < n_probes(); i++) {
		pid_t caller = fork();
		int status;

		if (caller == 0)
			_exit(probes[i].try(self->target));
		status = next_status(caller);
		ASSERT_TRUE(WIFEXITED(status));
		EXPECT_EQ(probes[i].attaches ? probes[i].error : 0, WEXITSTATUS(status)) {
			TH_LOG("%s", probes[i].name);
		}
	}
}

static int trace_me(struct shared *shared)
{
	return -request(PTRACE_TRACEME, 0, 0, 0);
}

/* Yama: "nor via PTRACE_TRACEME" */
TEST_F(no_attach, traceme)
{
	EXPECT_EQ(EXITED(EPERM), next_status(spawn(trace_me, self->shared)));
}

/* Yama: "Once set, this sysctl value cannot be changed." */
TEST_F(no_attach, for_good)
{
	for (char scope = '0'; scope <= '2'; scope++)
		EXPECT_FALSE(set_scope(scope));
	EXPECT_TRUE(set_scope('3'));
}

TEST_HARNESS_MAIN
