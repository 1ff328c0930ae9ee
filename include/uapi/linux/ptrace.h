/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * For programs that are built against the headers of an older kernel: those,
 * and what the series adds to them. In the kernel tree this is a change to the
 * file of the same name.
 */
#ifndef PTRACE_RS_UAPI_PTRACE_H
#define PTRACE_RS_UAPI_PTRACE_H

#include_next <linux/ptrace.h>

#ifndef PTRACE_SEIZE_DEVEL
#define PTRACE_SEIZE_DEVEL	0x80000000
#endif

#ifndef PTRACE_STOP_REASON_INTERRUPT
#define PTRACE_STOP_REASON_INTERRUPT	(1 << 4)
#define PTRACE_STOP_REASON_GROUP_STOP	(1 << 5)
#define PTRACE_STOP_REASON_NOTIFY	(1 << 6)
#define PTRACE_STOP_REASON_NEW		(1 << 7)
#endif

#ifndef PTRACE_GET_TRACEE_INFO
#define PTRACE_GET_TRACEE_INFO	0x4213

struct ptrace_tracee_info {
	__u32 state;
	__u32 flags;
	__u32 options;
	__u32 pending;
	__u32 group_stop;
	__u32 status;
	__u64 message;
};

#define PTRACE_TRACEE_RUNNING	1
#define PTRACE_TRACEE_STOPPED	2
#define PTRACE_TRACEE_LISTENING	3
#define PTRACE_TRACEE_DYING	4
#define PTRACE_TRACEE_DEAD	5

#define PTRACE_TRACEE_SEIZED	 (1 << 0)
#define PTRACE_TRACEE_UNREPORTED (1 << 1)
#define PTRACE_TRACEE_RENUMBERED (1 << 2)
#endif

#endif /* PTRACE_RS_UAPI_PTRACE_H */
