// SPDX-License-Identifier: GPL-2.0
/*
 * Who else is told of a tracer: listeners of the process connector, and the audit log.
 *
 * kernel/ptrace.c: proc_ptrace_connector(), audit_ptrace(); include/linux/ptrace.h:
 * PTRACE_MODE_NOAUDIT.
 */
#include <linux/audit.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ptrace_group.h"

#ifndef AUDIT_LANDLOCK_ACCESS
#define AUDIT_LANDLOCK_ACCESS	1423
#endif

FIXTURE(notices)
{
	struct shared *shared;
	struct tracer tracer;
	pid_t tracee;
	int socket;
	/* Whether the kernel writes audit records to the socket. */
	bool audits;
};

static bool send_to_kernel(int socket, int type, const void *data, size_t size)
{
	static unsigned int sequence;
	char message[1200] __attribute__((aligned(4))) = {};
	struct nlmsghdr *header = (struct nlmsghdr *)message;

	header->nlmsg_len = NLMSG_LENGTH(size);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST;
	header->nlmsg_seq = ++sequence;
	memcpy(NLMSG_DATA(header), data, size);
	return send(socket, message, header->nlmsg_len, 0) == (ssize_t)header->nlmsg_len;
}

static int netlink(int protocol, int groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : fd;
}

static bool set_audit(int socket, bool on)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID,
		.enabled = on, .pid = on ? getpid() : 0,
	};

	return send_to_kernel(socket, AUDIT_SET, &status, sizeof(status));
}

/* Add or delete the rule: audit ptrace(2) of children. */
static bool set_rule(int socket, int type)
{
	struct audit_rule_data rule = {
		.flags = AUDIT_FILTER_EXIT, .action = AUDIT_ALWAYS, .field_count = 1,
		.fields = { AUDIT_PPID }, .values = { getpid() }, .fieldflags = { AUDIT_EQUAL },
	};

	rule.mask[AUDIT_WORD(SYS_ptrace)] = AUDIT_BIT(SYS_ptrace);
	return send_to_kernel(socket, type, &rule, sizeof(rule));
}

FIXTURE_SETUP(notices)
{
	self->shared = shared_new();
	self->socket = -1;
}

FIXTURE_TEARDOWN(notices)
{
	tracer_end(&self->tracer);
	reap(self->tracee);
	if (self->audits) {
		set_rule(self->socket, AUDIT_DEL_RULE);
		set_audit(self->socket, false);
	}
	close(self->socket);
}

/* The process connector */

static bool listen_to(int socket, int operation)
{
	struct {
		struct cn_msg header;
		__u32 operation;
	} message = {
		.header = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .len = sizeof(__u32) },
		.operation = operation,
	};

	return send_to_kernel(socket, NLMSG_DONE, &message, sizeof(message));
}

/* The tracer in the next event of the connector about @pid; -1 for its exit. */
static pid_t next_tracer(int socket, pid_t pid)
{
	char message[4096] __attribute__((aligned(8)));

	while (recv(socket, message, sizeof(message), 0) > 0) {
		struct cn_msg *connector = NLMSG_DATA((struct nlmsghdr *)message);
		struct proc_event event;

		memcpy(&event, connector->data, sizeof(event));
		if (event.what == PROC_EVENT_PTRACE && event.event_data.ptrace.process_pid == pid)
			return event.event_data.ptrace.tracer_pid;
		if (event.what == PROC_EVENT_EXIT && event.event_data.exit.process_pid == pid)
			return -1;
	}
	return -2;
}

static int ask_to_be_traced(struct shared *shared)
{
	return request(PTRACE_TRACEME, 0, 0, 0) ? 1 : spin(shared);
}

/*
 * proc_ptrace_connector(): ATTACH, SEIZE and DETACH are told of. TRACEME is not, nor the end of a
 * tracer, nor a request that fails.
 */
TEST_F(notices, connector)
{
	self->socket = netlink(NETLINK_CONNECTOR, CN_IDX_PROC);
	if (self->socket < 0 || !listen_to(self->socket, PROC_CN_MCAST_LISTEN))
		SKIP(return, "no process connector");
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	EXPECT_EQ(-EIO, request(PTRACE_SEIZE, self->tracee, 1, 0));
	ASSERT_EQ(0, seize(self->tracee));
	EXPECT_EQ(-EPERM, seize(self->tracee));
	ASSERT_EQ(0, interrupt(self->tracee));
	ASSERT_EQ(EVENT_STOP(SIGTRAP), next_status(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	ASSERT_EQ(0, attach(self->tracee));
	ASSERT_EQ(SIGNAL_STOP(SIGSTOP), next_status(self->tracee));
	ASSERT_EQ(0, detach(self->tracee, 0));
	/* The tracer exits. */
	tracer_start(&self->tracer);
	ASSERT_EQ(0, TELL(PTRACE_SEIZE, self->tracee, 0));
	ASSERT_EQ(EXITED(0), tracer_exit(&self->tracer));
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));

	EXPECT_EQ(getpid(), next_tracer(self->socket, self->tracee));
	EXPECT_EQ(0, next_tracer(self->socket, self->tracee));
	EXPECT_EQ(getpid(), next_tracer(self->socket, self->tracee));
	EXPECT_EQ(0, next_tracer(self->socket, self->tracee));
	/* The tracer has a number of its own, which is gone. */
	EXPECT_LT(0, next_tracer(self->socket, self->tracee));
	EXPECT_EQ(-1, next_tracer(self->socket, self->tracee));

	self->shared->quit = 0;
	self->tracee = spawn(ask_to_be_traced, self->shared);
	wait_for_progress(self->shared);
	self->shared->quit = 1;
	ASSERT_EQ(EXITED(0), next_status(self->tracee));
	EXPECT_EQ(-1, next_tracer(self->socket, self->tracee));
	self->tracee = 0;
	listen_to(self->socket, PROC_CN_MCAST_IGNORE);
}

/* Audit */

static void start_audit(FIXTURE_DATA(notices) *self)
{
	char message[4096] __attribute__((aligned(4)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)message;

	self->socket = netlink(NETLINK_AUDIT, 0);
	/* The kernel says no if there is a daemon already, or in a namespace. */
	if (self->socket < 0 || !send_to_kernel(self->socket, AUDIT_GET, "", 0) ||
	    recv(self->socket, message, sizeof(message), 0) < 0 || header->nlmsg_type != AUDIT_GET)
		return;
	self->audits = set_audit(self->socket, true) && set_rule(self->socket, AUDIT_ADD_RULE);
}

/* How many records of @type there are that have @text, since the last call. */
static int count_records(int socket, int type, const char *text)
{
	char message[9000] __attribute__((aligned(4)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)message;
	ssize_t size;
	int count = 0;

	/* Comes back after all records that were made before. */
	if (!send_to_kernel(socket, AUDIT_FIRST_USER_MSG, "end", 4))
		return -1;
	while ((size = recv(socket, message, sizeof(message) - 1, 0)) > 0) {
		message[size] = 0;
		if (header->nlmsg_type == AUDIT_FIRST_USER_MSG)
			return count;
		if (header->nlmsg_type == type && strstr((char *)NLMSG_DATA(header), text))
			count++;
	}
	return -1;
}

/* A child makes the request. The system call itself has a record in any case. */
static int try_in_child(long nr, pid_t pid, unsigned long addr)
{
	pid_t child = fork();

	if (child == 0)
		_exit(-request(nr, pid, addr, 0));
	return next_status(child) >> 8;
}

/* audit_ptrace(): after the check of the arguments, and before that of the task */
TEST_F(notices, audit)
{
	char object[32];

	start_audit(self);
	if (!self->audits)
		SKIP(return, "no audit for the test");
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	wait_for_progress(self->shared);
	snprintf(object, sizeof(object), "opid=%d ", self->tracee);
	EXPECT_EQ(0, count_records(self->socket, AUDIT_OBJ_PID, object));

	EXPECT_EQ(0, try_in_child(PTRACE_SEIZE, self->tracee, 0));
	EXPECT_EQ(1, count_records(self->socket, AUDIT_OBJ_PID, object));
	EXPECT_EQ(0, try_in_child(PTRACE_ATTACH, self->tracee, 0));
	EXPECT_EQ(1, count_records(self->socket, AUDIT_OBJ_PID, object));
	EXPECT_EQ(EIO, try_in_child(PTRACE_SEIZE, self->tracee, 1));
	EXPECT_EQ(0, count_records(self->socket, AUDIT_OBJ_PID, object));
	ASSERT_EQ(0, seize(self->tracee));
	EXPECT_EQ(EPERM, try_in_child(PTRACE_ATTACH, self->tracee, 0));
	EXPECT_EQ(1, count_records(self->socket, AUDIT_OBJ_PID, object));
	/* Requests to a tracee have none. */
	EXPECT_EQ(ESRCH, try_in_child(PTRACE_INTERRUPT, self->tracee, 0));
	EXPECT_EQ(0, count_records(self->socket, AUDIT_OBJ_PID, object));
}

/* A confined child looks at the tracee: by a system call, or in /proc. */
static int look_confined(pid_t pid, bool in_proc)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	pid_t child = fork();
	int ruleset;

	if (child)
		return next_status(child) >> 8;
	ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		_exit(100);
	if (in_proc) {
		char path[64], line[1024];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "r");
		_exit(file && fgets(line, sizeof(line), file) ? 0 : 101);
	}
	_exit(-seize(pid));
}

/* PTRACE_MODE_NOAUDIT: /proc/PID/stat shows less to who may not look, and logs nothing. */
TEST_F(notices, no_audit)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 7)
		SKIP(return, "no Landlock that logs what it denies");
	start_audit(self);
	if (!self->audits)
		SKIP(return, "no audit for the test");
	self->tracee = spawn(spin, self->shared);
	ASSERT_LT(0, self->tracee);
	EXPECT_EQ(EPERM, look_confined(self->tracee, false));
	EXPECT_EQ(1, count_records(self->socket, AUDIT_LANDLOCK_ACCESS, "blockers=ptrace"));
	EXPECT_EQ(0, look_confined(self->tracee, true));
	EXPECT_EQ(0, count_records(self->socket, AUDIT_LANDLOCK_ACCESS, "blockers=ptrace"));
}

TEST_HARNESS_MAIN
