# SPDX-License-Identifier: GPL-2.0
# Sourced by every scenario of "make clients". What a scenario prints is its outcome, and must be
# the same on every kernel; it exits with 0 if the outcome is right, with 4 if it cannot run.
# Whoever runs it ends it after LIMIT seconds, and nothing in it waits longer than half of that.

set -eu
export LIMIT="${LIMIT:-300}"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# The programs, which scripts/clients builds.
programs=$here/../../build/clients
dir=$(mktemp -d)
target=
helper=
trap 'kill -KILL $target $helper 2>/dev/null || :; cd /; rm -rf "$dir"' EXIT
cd "$dir"
# The home of a guest's user is read-only.
export HOME="$dir"

# fail WHAT: end, with the small files that were written.
fail() {
	echo "$*"
	find . -maxdepth 1 -type f -size -64k -exec tail -n +1 {} + | tail -n 80 | cut -c1-300
	[ -z "$target" ] || grep -E '^(State|TracerPid|SigPnd|ShdPnd)' "/proc/$target/status" 2>/dev/null || :
	exit 1
}

# cannot WHY: end, since this guest lacks what the scenario needs.
cannot() {
	echo "$*"
	exit 4
}

# within COMMAND...: wait until COMMAND succeeds, but not for ever.
within() {
	tries=$((LIMIT * 5))
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# has FILE TEXT: the file has a line with that text in it.
has() {
	grep -qsF -e "$2" "$1"
}

# tasks FIELD: that field of /proc/PID/task/*/status of the target, sorted, without repeats.
tasks() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$target/task"/*/status 2>/dev/null | sort -u
}

# start PROGRAM...: the target is this program, which writes a dot at every turn.
start() {
	"$@" >dots &
	target=$!
	within test -s dots || fail 'the program did not start'
}

# start_counter: the target is a program of three threads.
start_counter() {
	start "$programs/counter"
}

more_dots_than() {
	[ "$(wc -c <dots)" -gt "$1" ]
}

# untouched: no thread of the target is traced, stopped or has a signal pending.
untouched() {
	[ "$(tasks TracerPid)$(tasks SigPnd)$(tasks ShdPnd)" = 000000000000000000000000000000000 ] &&
		! tasks State | grep -qi '^t'
}

# free: the target is untouched, and goes on.
free() {
	within untouched || fail 'a thread is still traced or stopped, or has a signal pending'
	within more_dots_than "$(wc -c <dots)" || fail 'the program does not go on'
	echo 'the program goes on, and nobody traces it'
}

# ends_with STATUS: the target ends with that status.
ends_with() {
	ended=0
	wait "$target" || ended=$?
	[ $ended = "$1" ] || fail "the program ended with $ended, not $1"
	target=
	echo "the program ended with $1"
}
