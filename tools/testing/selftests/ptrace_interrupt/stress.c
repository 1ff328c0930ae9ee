// SPDX-License-Identifier: GPL-2.0
/*
 * Many tracers and tracees do at random what they can do to each other, on all CPUs, until they
 * have done a number of operations. Nothing that has to happen takes for ever: each INTERRUPT is
 * followed by a stop or the end of the tracee, each SIGKILL kills. Afterwards no task is in a stop
 * without a tracer, all can be killed and collected, and the kernel has as many tasks,
 * credentials and the like as before.
 *
 * The environment may set STRESS_OPERATIONS and STRESS_SEED. A seed repeats what each process
 * chooses, as far as the processes start in the same order; it does not repeat how they are
 * scheduled.
 *
 * They are in a pid namespace, whose first process supervises the others, and is the parent of
 * all that lose theirs. Tracees are in a cgroup, which it freezes at times.
 *
 * A kernel where an exiting task waits for a tracer that exits as well cannot end tracers that
 * trace each other: there, without PTRACE_EXIT_CYCLE, no task has PTRACE_O_TRACEEXIT.
 */
#include <dirent.h>
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#ifdef __x86_64__
#include <asm/prctl.h>
#endif

#include "ptrace_cgroup.h"
#include "ptrace_group.h"

/* Of <linux/pidfd.h>, which contradicts <fcntl.h>. */
#define PIDFD_THREAD	O_EXCL

#define TRACERS		6
/* Tracees to have always; and, with their threads and children, at most. */
#define PROCESSES	12
#define TRACEES		48
/* Tasks that got SIGKILL and have not been seen to end, at most. */
#define VICTIMS		64
#define OPERATIONS	10000
/* What the slowest guest does in a second. */
#define RATE		100
/* How long anything may take that has to happen, in milliseconds. */
#define BOUND		60000
/* How long the tracers may do nothing, since they have stopped each other. */
#define STUCK		300
/* Objects of a kind that the kernel may have more than before: see leaked(). */
#define TOLERANCE	8

static struct state {
	/*
	 * Numbers in the namespace. 0 is a free slot. The namespace gives out numbers in turn, up
	 * to millions, so none is given out twice.
	 */
	_Atomic pid_t tracers[TRACERS], tracees[TRACEES], killed[VICTIMS];
	_Atomic unsigned long operations, attached, interrupts, stops, kills, ends, freezes;
	/* Goes up with whatever a tracer does, and while it waits for what has to happen. */
	_Atomic unsigned long steps;
	/* The order in which the tasks start is what their choices depend on. */
	_Atomic unsigned long started;
	_Atomic int quit;
	/* When the supervisor had nothing to do any more but to exit. */
	_Atomic long over;
	/* The line where something was wrong, and a number that tells more. */
	_Atomic int failed_line, failed_with;
	unsigned long seed, options;
} *state;

/* A tracee that is executed finds the state behind this file descriptor. */
#define STATE_FD	99
#define TRACEE_NAME	"stress-tracee"

/* Replace @old by @new at @value, which other processes may do at the same time. */
static bool replace(_Atomic int *value, int old, int new)
{
	return __atomic_compare_exchange_n((int *)value, &old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Remember the first thing that was wrong. */
#define FAIL(with) do {						\
	if (replace(&state->failed_line, 0, __LINE__))		\
		state->failed_with = (with);			\
} while (0)

/* A tracer that is traced may be made to skip calls. */
static long milliseconds(void)
{
	struct timespec now;

	while (clock_gettime(CLOCK_MONOTONIC, &now))
		;
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Random numbers, of each task its own. */

static __thread unsigned long long random_state;

static void start_random(void)
{
	random_state = (state->seed << 20) + ++state->started;
	random_state = random_state * 0x9e3779b97f4a7c15ULL | 1;
}

static unsigned int below(unsigned int bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 33) % bound;
}

static bool one_in(unsigned int number)
{
	return below(number) == 0;
}

/* Something to do to @pid, and how often it is chosen. */
struct move {
	unsigned int weight;
	void (*make)(pid_t pid);
};

static void make_any(const struct move *moves, unsigned int count, pid_t pid)
{
	unsigned int sum = 0, choice;

	for (unsigned int i = 0; i < count; i++)
		sum += moves[i].weight;
	choice = below(sum);
	while (choice >= moves->weight)
		choice -= moves++->weight;
	moves->make(pid);
}

/* Slots for those that can be found by others */

/* A task that is made to skip the call that tells its number has none. */
static bool note(_Atomic pid_t *slots, unsigned int count, pid_t pid)
{
	for (unsigned int i = 0; i < count && pid > 0; i++)
		if (replace(&slots[i], 0, pid))
			return true;
	return false;
}

static bool note_tracee(pid_t pid)
{
	return note(state->tracees, TRACEES, pid);
}

/* Have the supervisor see that @pid, which got SIGKILL, ends. */
static void note_killed(pid_t pid)
{
	state->kills += note(state->killed, VICTIMS, pid);
}

static bool is_full(void)
{
	for (int i = 0; i < TRACEES; i++)
		if (!state->tracees[i])
			return false;
	return true;
}

/* 0, or what may be signalled and traced: never the supervisor, a group or all. */
static pid_t one_of(_Atomic pid_t *slots, unsigned int count)
{
	pid_t pid = slots[below(count)];

	return pid > 1 ? pid : 0;
}

/* What a tracee does */

static void behave(void);

static void compute(pid_t unused)
{
	for (volatile unsigned int i = below(20000); i; i--)
		;
}

static void nap(pid_t unused)
{
	const struct timespec moment = { .tv_nsec = below(2000000) };

	nanosleep(&moment, NULL);
}

static void sleep_for_ever(pid_t unused)
{
	pause();
}

static void have_a_child(pid_t unused)
{
	if (is_full() || fork())
		return;
	start_random();
	if (!note_tracee(getpid()))
		_exit(0);
}

/* In it, the parent sleeps uninterruptibly. */
static void have_a_short_child(pid_t unused)
{
	if (vfork() == 0) {
		nap(0);
		_exit(0);
	}
}

static void *be_a_thread(void *unused)
{
	start_random();
	if (note_tracee(thread_id()))
		behave();
	return NULL;
}

static void have_a_thread(pid_t unused)
{
	pthread_t thread;

	if (!is_full() && !pthread_create(&thread, NULL, be_a_thread, NULL))
		pthread_detach(thread);
}

static void execute(pid_t unused)
{
	exec_as(TRACEE_NAME);
}

static void end_thread(pid_t unused)
{
	syscall(SYS_exit, 0);
}

static void end_process(pid_t unused)
{
	_exit(0);
}

static void stop_itself(pid_t unused)
{
	if (!state->quit)
		raise(SIGSTOP);
}

static void signal_itself(pid_t unused)
{
	raise(SIGUSR1);
}

/* One filter is enough: it is inherited. Without a tracer that wants the event, the call fails. */
static void ask_tracer(pid_t unused)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(filter), filter };

	if (!prctl(PR_GET_SECCOMP) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	syscall(SYS_getppid);
}

static void collect_child(pid_t unused)
{
	waitpid(-1, NULL, WNOHANG | __WALL);
}

static void behave(void)
{
	static const struct move moves[] = {
		{ 20, compute }, { 60, nap }, { 1, sleep_for_ever }, { 3, have_a_child },
		{ 3, have_a_short_child }, { 4, have_a_thread }, { 2, execute },
		{ 2, end_thread }, { 2, end_process }, { 2, stop_itself }, { 4, signal_itself },
		{ 20, ask_tracer }, { 12, collect_child },
	};

	for (;;)
		make_any(moves, ARRAY_SIZE(moves), 0);
}

static void handle(int sig)
{
}

static void be_tracee(void)
{
	signal(SIGUSR1, handle);
	behave();
}

__attribute__((constructor)) static void be_executed(int argc, char **argv)
{
	if (argc != 1 || strcmp(argv[0], TRACEE_NAME))
		return;
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, STATE_FD, 0);
	if (state == MAP_FAILED)
		_exit(1);
	start_random();
	be_tracee();
}

/* What a tracer does */

/* The last that it attached to, or that stopped for it. */
static pid_t mine;
/* Whose stop or end has to follow an INTERRUPT, and has not been seen, or 0. */
static pid_t interrupted;

static unsigned long any_options(void)
{
	unsigned long options = 0;

	for (unsigned long bit = 1; bit <= PTRACE_O_EXITKILL; bit <<= 1)
		if (state->options & bit && !one_in(4))
			options |= bit;
	return options;
}

static int any_signal(void)
{
	static const int signals[] = { 0, 0, 0, SIGUSR1, SIGSTOP, SIGCONT, SIGCONT, SIGTSTP };

	return signals[below(ARRAY_SIZE(signals))];
}

static void attach_by(int nr, pid_t pid)
{
	if (request(nr, pid, 0, nr == PTRACE_SEIZE ? any_options() : 0))
		return;
	state->attached++;
	mine = pid;
}

static void seize_it(pid_t pid)
{
	attach_by(PTRACE_SEIZE, pid);
}

static void attach_it(pid_t pid)
{
	attach_by(PTRACE_ATTACH, pid);
}

/*
 * An INTERRUPT that succeeded is followed by a stop, or by the end of the tracee. There may be a
 * stop already, or the tracee sleeps uninterruptibly, in vfork(), until its child has released it.
 */
static void see_interrupted(void)
{
	const long end = milliseconds() + BOUND;
	const pid_t pid = interrupted;
	pid_t seen;
	int status;

	interrupted = 0;
	while ((seen = waitpid(pid, &status, __WALL | WNOHANG)) == 0) {
		if (!strchr("RST", proc_state(pid)))
			return;
		if (milliseconds() > end) {
			FAIL(pid);
			return;
		}
		state->steps++;
		sched_yield();
	}
	state->stops += seen == pid && WIFSTOPPED(status);
}

/* What follows is seen at once, or before the next INTERRUPT, after whatever else is done. */
static void interrupt_it(pid_t pid)
{
	if (interrupted)
		see_interrupted();
	if (interrupt(pid))
		return;
	state->interrupts++;
	interrupted = pid;
	if (one_in(4))
		see_interrupted();
}

/* A request that reads, and one that writes the same back, if there is one. */
static void look_at(pid_t pid)
{
	static const struct { int get, set; } pairs[] = {
		{ PTRACE_PEEKDATA, PTRACE_POKEDATA },
#if defined(__x86_64__) || defined(__i386__)
		{ PTRACE_PEEKUSR, PTRACE_POKEUSR },
		{ PTRACE_GETREGS, PTRACE_SETREGS }, { PTRACE_GETFPREGS, PTRACE_SETFPREGS },
		{ PTRACE_GET_THREAD_AREA, PTRACE_SET_THREAD_AREA },
#endif
#ifdef __x86_64__
		{ PTRACE_ARCH_PRCTL, PTRACE_ARCH_PRCTL },
#endif
		{ PTRACE_GETREGSET, PTRACE_SETREGSET }, { PTRACE_GETSIGINFO, PTRACE_SETSIGINFO },
		{ PTRACE_GETSIGMASK, PTRACE_SETSIGMASK }, { PTRACE_PEEKSIGINFO, 0 },
		{ PTRACE_GETEVENTMSG, 0 }, { PTRACE_GET_SYSCALL_INFO, PTRACE_SET_SYSCALL_INFO },
		{ PTRACE_GET_RSEQ_CONFIGURATION, 0 }, { PTRACE_SECCOMP_GET_FILTER, 0 },
		{ PTRACE_SECCOMP_GET_METADATA, 0 }, { PTRACE_GET_TRACEE_INFO, 0 },
		{ PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG,
		  PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG },
	};
	const unsigned int i = below(ARRAY_SIZE(pairs));
	struct ptrace_peeksiginfo_args queue = { .nr = 2 };
	unsigned long words[128] = {}, addr = 0, data = (unsigned long)words;
	struct iovec iov = { words, sizeof(words) };

	switch (pairs[i].get) {
	case PTRACE_PEEKDATA:
		/* The same in each of them, but for those that are executed. */
		addr = (unsigned long)&state;
		break;
	case PTRACE_GETREGSET:
		addr = NT_PRSTATUS;
		data = (unsigned long)&iov;
		break;
	case PTRACE_GETSIGMASK:
		addr = 8;
		break;
	case PTRACE_PEEKSIGINFO:
		addr = (unsigned long)&queue;
		break;
	case PTRACE_GET_SYSCALL_INFO:
	case PTRACE_GET_RSEQ_CONFIGURATION:
	case PTRACE_SECCOMP_GET_METADATA:
	case PTRACE_GET_TRACEE_INFO:
		addr = sizeof(words);
		break;
	case PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG:
		addr = sizeof(struct ptrace_sud_config);
		break;
#if defined(__x86_64__) || defined(__i386__)
	case PTRACE_GET_THREAD_AREA:
		/* The first of the table for threads, on 64-bit kernels. */
		addr = 12;
		break;
#endif
#ifdef __x86_64__
	case PTRACE_ARCH_PRCTL:
		addr = data;
		data = ARCH_GET_FS;
#endif
	}
	if (request(pairs[i].get, pid, addr, data) < 0 || !pairs[i].set)
		return;
	switch (pairs[i].set) {
	case PTRACE_POKEDATA:
	case PTRACE_POKEUSR:
		data = words[0];
		break;
#ifdef __x86_64__
	case PTRACE_ARCH_PRCTL:
		addr = words[0];
		data = ARCH_SET_FS;
#endif
	}
	request(pairs[i].set, pid, addr, data);
}

static void set_options(pid_t pid)
{
	request(PTRACE_SETOPTIONS, pid, 0, any_options());
}

/* Not each architecture has all of these. When one fails, CONT is what is left. */
static void resume_it(pid_t pid)
{
	static const int ways[] = {
		PTRACE_CONT, PTRACE_CONT, PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP,
		SINGLEBLOCK, SYSEMU, SYSEMU_SINGLESTEP, PTRACE_LISTEN, PTRACE_LISTEN,
		PTRACE_DETACH,
	};
	const int how = ways[below(ARRAY_SIZE(ways))];

	if (request(how, pid, 0, any_signal()))
		cont(pid, 0);
	else if (how == PTRACE_DETACH && pid == interrupted)
		interrupted = 0;
}

/* Mostly, a stop is taken, looked at, and ended. */
static void take_a_stop(pid_t unused)
{
	int status;
	pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);

	if (pid == interrupted)
		interrupted = 0;
	if (pid <= 0 || !WIFSTOPPED(status))
		return;
	state->stops++;
	mine = pid;
	look_at(pid);
	if (!one_in(16))
		resume_it(pid);
}

static void signal_process(pid_t pid)
{
	kill(pid, any_signal());
}

static void signal_one_thread(pid_t pid)
{
	signal_thread(pid, pid, any_signal());
}

static void kill_it(pid_t pid)
{
	if (!(one_in(2) ? request(PTRACE_KILL, pid, 0, 0) : kill(pid, SIGKILL)))
		note_killed(pid);
}

/* A tracee that asks for it, of its real parent. */
static void make_a_tracee(pid_t unused)
{
	if (is_full() || fork())
		return;
	start_random();
	if (!note_tracee(getpid()))
		_exit(0);
	request(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	be_tracee();
}

static void trace_a_tracer(pid_t unused)
{
	const pid_t pid = one_of(state->tracers, TRACERS);

	if (pid && !request(PTRACE_SEIZE, pid, 0, any_options()))
		interrupt(pid);
}

static void leave(pid_t unused)
{
	if (one_in(2))
		kill(getpid(), SIGKILL);
	_exit(0);
}

static void be_tracer(void)
{
	static const struct move moves[] = {
		{ 12, seize_it }, { 4, attach_it }, { 16, interrupt_it }, { 10, look_at },
		{ 2, set_options }, { 8, resume_it }, { 48, take_a_stop }, { 6, signal_process },
		{ 6, signal_one_thread }, { 2, kill_it }, { 1, make_a_tracee },
		{ 6, trace_a_tracer }, { 1, leave },
	};

	for (;;) {
		const pid_t pid = mine && one_in(2) ? mine : one_of(state->tracees, TRACEES);

		if (pid) {
			state->operations++;
			make_any(moves, ARRAY_SIZE(moves), pid);
		}
		state->steps++;
	}
}

/* The supervisor, the first process of the namespace */

static const char *cgroup;
static int cgroup_fd;

/* Those in killed[], in the same order. One that is new there has no end. */
static struct victim {
	int pidfd;
	long end;
} victims[VICTIMS];

/* The supervisor runs before all others. */
static void start_life(void)
{
	setpriority(PRIO_PROCESS, 0, 0);
	start_random();
}

static void start_tracer(_Atomic pid_t *slot)
{
	const pid_t pid = fork();

	if (pid == 0) {
		start_life();
		be_tracer();
	}
	*slot = pid;
}

/* To be born in the cgroup costs less than to be moved there. */
static void start_tracee(void)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = cgroup_fd,
	};
	const pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		start_life();
		/* Of a process group that job control is for, and one that it is not for. */
		if (one_in(2))
			setpgid(0, 0);
		be_tracee();
	}
	if (pid > 0)
		note_tracee(pid);
}

static void free_slots(_Atomic pid_t *slots, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (slots[i] > 1 && kill(slots[i], 0) && errno == ESRCH)
			slots[i] = 0;
}

/*
 * Collect who has ended. Whose real parent ended before PTRACE_TRACEME, is a tracee of the
 * supervisor.
 */
static void collect(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (WIFSTOPPED(status))
			detach(pid, 0);
		else
			state->ends++;
	}
}

/* Have tracers and tracees in the place of those that have ended. */
static void start_missing(void)
{
	unsigned int tracees = 0;

	collect();
	free_slots(state->tracers, TRACERS);
	free_slots(state->tracees, TRACEES);
	for (int i = 0; i < TRACERS; i++)
		if (!state->tracers[i])
			start_tracer(&state->tracers[i]);
	for (int i = 0; i < TRACEES; i++)
		tracees += state->tracees[i] != 0;
	while (tracees++ < PROCESSES)
		start_tracee();
}

static void kill_tracers(void)
{
	for (int i = 0; i < TRACERS; i++)
		if (state->tracers[i] > 1)
			kill(state->tracers[i], SIGKILL);
}

/*
 * SIGKILL kills. The only thing that holds up who is killed is PTRACE_EVENT_EXIT, which the
 * tracer ends, or its end does; in half of the time all tracers are told to.
 */
static void watch_victims(void)
{
	for (unsigned int i = 0; i < VICTIMS; i++) {
		struct victim *victim = &victims[i];
		struct pollfd ended = { .events = POLLIN };

		if (!state->killed[i])
			continue;
		if (!victim->end) {
			victim->pidfd = syscall(SYS_pidfd_open, state->killed[i], PIDFD_THREAD);
			victim->end = milliseconds() + BOUND;
		}
		ended.fd = victim->pidfd;
		/* Without a file descriptor, it has been collected already. */
		if (victim->pidfd < 0 || poll(&ended, 1, 0) == 1) {
			close(victim->pidfd);
			victim->end = 0;
			state->killed[i] = 0;
		} else if (milliseconds() > victim->end) {
			FAIL(i);
		} else if (milliseconds() > victim->end - BOUND / 2 && one_in(1000)) {
			kill_tracers();
		}
	}
}

/* Group stops, freezing and SIGKILL, from who is no tracer. */
static void disturb(void)
{
	static bool frozen;
	const pid_t pid = one_in(8) ? one_of(state->tracers, TRACERS) :
				      one_of(state->tracees, TRACEES);

	if (one_in(frozen ? 4 : 16)) {
		frozen = !frozen;
		state->freezes += frozen;
		if (!cgroup_freeze(cgroup, frozen))
			FAIL(errno);
	}
	if (!pid)
		return;
	switch (below(8)) {
	case 0:
		kill(pid, SIGSTOP);
		break;
	case 1 ... 2:
		kill(pid, SIGCONT);
		break;
	case 3:
		if (!kill(pid, SIGKILL))
			note_killed(pid);
	}
}

/* Tracers may all be in stops that they would have to end for each other. */
static void end_deadlock(void)
{
	static unsigned long steps;
	static long since;

	if (state->steps != steps) {
		steps = state->steps;
		since = milliseconds();
	} else if (milliseconds() > since + STUCK) {
		kill_tracers();
		since = milliseconds();
	}
}

/* Signal all processes of the namespace; return how many tasks are in one of these states. */
static int tasks_in(const char *states, int sig)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while ((entry = readdir(processes))) {
		const pid_t pid = atoi(entry->d_name);
		char path[64];
		DIR *threads;

		if (pid <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		threads = opendir(path);
		while (threads && (entry = readdir(threads))) {
			const pid_t tid = atoi(entry->d_name);
			const char is = tid ? proc_state(tid) : 0;

			found += is && strchr(states, is);
		}
		if (threads)
			closedir(threads);
		kill(pid, sig);
	}
	closedir(processes);
	return found;
}

/* Have @sig sent until no task is in one of these states. */
static void wait_for_none_in(const char *states, int sig)
{
	const long end = milliseconds() + BOUND;
	int found;

	while ((found = tasks_in(states, sig))) {
		if (milliseconds() > end) {
			FAIL(states[0] << 16 | found);
			return;
		}
		collect();
		usleep(1000);
	}
}

static bool tracer_is_left(void)
{
	collect();
	free_slots(state->tracers, TRACERS);
	for (int i = 0; i < TRACERS; i++)
		if (state->tracers[i])
			return true;
	return false;
}

static void end_all(void)
{
	const long end = milliseconds() + BOUND;

	state->quit = 1;
	kill_tracers();
	while (tracer_is_left() && milliseconds() < end)
		usleep(1000);
	if (tracer_is_left())
		FAIL(0);
	/* Without tracers no ptrace-stop, and without SIGSTOP no group stop after SIGCONT. */
	wait_for_none_in("t", 0);
	cgroup_freeze(cgroup, false);
	wait_for_none_in("tT", SIGCONT);
	/* Nor a zombie that its parent, this process, cannot collect. */
	wait_for_none_in("RSDTtZX", SIGKILL);
}

static int supervise(unsigned long operations)
{
	const long end = milliseconds() + BOUND + 1000 / RATE * operations;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS) || mount("proc", "/proc", "proc", 0, NULL))
		return __LINE__;
	/* Where the C library tells of calls that PTRACE_SYSEMU had skipped. */
	if (!freopen("/dev/null", "w", stderr))
		return __LINE__;
	setsid();
	setpriority(PRIO_PROCESS, 0, -20);
	signal(SIGUSR1, handle);
	start_random();
	while (state->operations < operations && !state->failed_line) {
		start_missing();
		disturb();
		watch_victims();
		end_deadlock();
		if (milliseconds() > end)
			FAIL(state->operations);
		usleep(500);
	}
	end_all();
	state->over = milliseconds();
	return 0;
}

/* What the kernel has */

static const char *const caches[] = {
	"task_struct", "signal_cache", "sighand_cache", "cred", "pid", "pid_2",
};

struct usage {
	long objects[ARRAY_SIZE(caches)], tasks;
};

/* How many objects of a cache are in use, once it has given back what it keeps for itself. */
static long objects(const char *cache)
{
	char path[64];
	long number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	file = fopen(path, "w");
	if (file) {
		fputs("1", file);
		fclose(file);
	}
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/objects", cache);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%ld", &number) != 1)
			number = 0;
		fclose(file);
	}
	return number;
}

static struct usage usage(void)
{
	struct usage now = {};
	FILE *file = fopen("/proc/loadavg", "r");

	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
		now.objects[i] = objects(caches[i]);
	if (file) {
		if (fscanf(file, "%*s %*s %*s %*d/%ld", &now.tasks) != 1)
			now.tasks = 0;
		fclose(file);
	}
	return now;
}

/*
 * The most objects of a kind that are there now and were not before, beyond those of tasks that
 * the kernel or others have started. The few that are tolerated are of such tasks as well: they
 * come and go while one kind is counted after the other.
 */
static long leaked(const struct usage *before, const struct usage *now)
{
	const long started = now->tasks > before->tasks ? now->tasks - before->tasks : 0;
	long most = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++) {
		const long more = now->objects[i] - before->objects[i] - started;

		if (more > most)
			most = more;
	}
	return most;
}

static unsigned long number_of(const char *variable, unsigned long otherwise)
{
	const char *value = getenv(variable);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

FIXTURE(stress)
{
	pid_t supervisor;
	char root[64], cgroup[96];
};

FIXTURE_SETUP(stress)
{
	int fd;

	if (!cgroup_mount(self->root, "stress"))
		SKIP(return, "there is no cgroup2, or it may not be mounted");
	if (access("/sys/kernel/slab/task_struct/objects", R_OK))
		SKIP(return, "the kernel does not tell how many objects it has");
	snprintf(self->cgroup, sizeof(self->cgroup), "%s/ptrace_%d", self->root, getpid());
	ASSERT_EQ(0, mkdir(self->cgroup, 0755));
	cgroup = self->cgroup;
	cgroup_fd = open(cgroup, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, cgroup_fd);

	fd = memfd_create("stress", 0);
	ASSERT_EQ(STATE_FD, dup2(fd, STATE_FD));
	close(fd);
	ASSERT_EQ(0, ftruncate(STATE_FD, sizeof(*state)));
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, STATE_FD, 0);
	ASSERT_TRUE(state != MAP_FAILED);
	state->seed = number_of("STRESS_SEED", 1);
	state->options = PTRACE_O_MASK & ~(PTRACE_O_TRACEEXIT | PTRACE_O_SUSPEND_SECCOMP);
	if (getenv("PTRACE_EXIT_CYCLE"))
		state->options |= PTRACE_O_TRACEEXIT;
}

FIXTURE_TEARDOWN(stress)
{
	reap(self->supervisor);
	cgroup_remove(self->cgroup);
	cgroup_unmount(self->root);
}

TEST_F_TIMEOUT(stress, random, 36000)
{
	const unsigned long operations = number_of("STRESS_OPERATIONS", OPERATIONS);
	const struct usage before = usage();
	const long begin = milliseconds();
	struct usage now;
	int status;
	long end;

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	self->supervisor = fork();
	if (self->supervisor == 0)
		_exit(supervise(operations));
	ASSERT_LT(0, self->supervisor);
	while (waitpid(self->supervisor, &status, WNOHANG) == 0) {
		if (state->over && milliseconds() > state->over + BOUND)
			ksft_exit_fail_msg("line %d: processes are left that cannot be killed\n",
					   state->failed_line);
		usleep(10000);
	}
	EXPECT_EQ(EXITED(0), status);
	self->supervisor = 0;
	EXPECT_EQ(0, (int)state->failed_line) {
		TH_LOG("what was wrong there: %#x", (int)state->failed_with);
	}
	TH_LOG("%lu operations in %ld ms: %lu attached, %lu interrupted, %lu stops",
	       state->operations, milliseconds() - begin, state->attached, state->interrupts,
	       state->stops);
	TH_LOG("%lu ends; %lu killed, one by one; %lu times frozen",
	       state->ends, state->kills, state->freezes);
	EXPECT_LE(operations, (unsigned long)state->operations);
	/* Not a test of nothing. */
	EXPECT_LT(operations / 500, (unsigned long)state->attached);
	EXPECT_LT(operations / 500, (unsigned long)state->interrupts);
	EXPECT_LT(operations / 500, (unsigned long)state->stops);
	EXPECT_LT(operations / 5000, (unsigned long)state->kills);
	EXPECT_LT(operations / 5000, (unsigned long)state->freezes);

	/* Some are freed only when RCU has passed. */
	end = milliseconds() + BOUND;
	while (now = usage(), leaked(&before, &now) > TOLERANCE && milliseconds() < end)
		usleep(100000);
	EXPECT_GE(TOLERANCE, leaked(&before, &now));
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
		TH_LOG("%s: %ld before, %ld now", caches[i], before.objects[i], now.objects[i]);
	TH_LOG("tasks: %ld before, %ld now", before.tasks, now.tasks);
}

TEST_HARNESS_MAIN
