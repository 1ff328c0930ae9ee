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

#endif /* PTRACE_RS_UAPI_PTRACE_H */
