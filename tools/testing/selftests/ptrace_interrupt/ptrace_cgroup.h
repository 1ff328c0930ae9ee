/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by tests that freeze tasks: cgroups of version 2, in a mount namespace of the test.
 */
#ifndef PTRACE_CGROUP_H
#define PTRACE_CGROUP_H

#include <linux/limits.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "ptrace_test.h"

/*
 * Mount the cgroups at a new directory, whose name goes to @root and has that of the test, and
 * where no other process sees them. Returns whether that could be done; if not, nothing is left
 * behind.
 */
static inline bool cgroup_mount(char root[64], const char *test)
{
	snprintf(root, 64, "/tmp/ptrace_%s.XXXXXX", test);
	if (geteuid() || !mkdtemp(root))
		return false;
	if (!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	    !mount("none", root, "cgroup2", 0, NULL))
		return true;
	rmdir(root);
	return false;
}

static inline void cgroup_unmount(const char *root)
{
	umount2(root, MNT_DETACH);
	rmdir(root);
}

/* Remove @cgroup once its last task, which may still be exiting, has left it. */
static inline void cgroup_remove(const char *cgroup)
{
	while (rmdir(cgroup) && errno == EBUSY)
		sched_yield();
}

/* Write @text to the file @name of @cgroup. */
static inline bool cgroup_write(const char *cgroup, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	return write_file(path, text);
}

static inline bool cgroup_move(const char *cgroup, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return cgroup_write(cgroup, "cgroup.procs", text);
}

static inline bool cgroup_freeze(const char *cgroup, bool freeze)
{
	return cgroup_write(cgroup, "cgroup.freeze", freeze ? "1" : "0");
}

#endif /* PTRACE_CGROUP_H */
