# SPDX-License-Identifier: GPL-2.0
# Sourced by every script here: where things are, how to stop, how to show progress.

set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# BUILD_DIR= is for scripts that have a tree and kernels of their own.
build=${BUILD_DIR:-$top/build}
log=$build/log
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ptrace-rust

# The kernels, as K= names them.
kernels='rust fallback pristine'

# The series, each of which is based on the one before.
all_series='a b c'

# The machine that the kernels are for, as ARCH= names it: x86_64, which the environment is of, or
# another. For each: the emulator and its arguments under TCG; those for a guest that counts, which
# has no random numbers, and what the kernel is told of its console and of its clock there; the file
# of the kernel's image, and the machine's name for the kernel's make, if that is another; the prefix
# of the compiler of 64-bit and 32-bit programs, if there are these, and the arguments of rustc; and
# the packages of all that.
arch=${ARCH:-x86_64}
kernel_arch=
case $arch in
x86_64)
	emulator=qemu-system-x86_64 emulated='-cpu max'
	counting='-cpu max,-rdrand,-rdseed'
	console_there='ttyS0' clock_there='tsc_early_khz=1000000 tsc=reliable'
	image_file=arch/x86/boot/bzImage
	cross='' cross_32='' rust_target=
	;;
arm64)
	emulator=qemu-system-aarch64
	tools_packages='qemu-system-arm gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf libc6-dev-armhf-cross'
	# The algorithm of pointer authentication that costs least.
	emulated='-machine mte=on -cpu max,pauth-impdef=on'
	# The processor's random numbers cannot be left out, but are the same each time.
	counting='-machine virt,dtb-randomness=off -cpu max,pauth-impdef=on -seed 1'
	console_there='ttyAMA0' clock_there=
	image_file=arch/arm64/boot/Image
	cross=aarch64-linux-gnu- cross_32=arm-linux-gnueabihf-
	rust_target="--target aarch64-unknown-linux-gnu -C linker=${cross}gcc
		-C link-arg=--sysroot=$build/arm64-root"
	;;
riscv64)
	emulator=qemu-system-riscv64
	tools_packages='qemu-system-riscv gcc-riscv64-linux-gnu'
	emulated='-cpu max'
	# The kernel's seed, which comes with the tree of devices, is the same each time.
	counting='-machine virt -cpu max -seed 1'
	# Programs may read how many instructions there were.
	console_there='ttyS0' clock_there='sysctl.kernel.perf_user_access=2'
	image_file=arch/riscv/boot/Image
	kernel_arch=riscv
	# Debian has no library for 32-bit programs.
	cross=riscv64-linux-gnu- cross_32=
	rust_target="--target riscv64gc-unknown-linux-gnu -C linker=${cross}gcc
		-C link-arg=--sysroot=$build/riscv64-root"
	;;
*)
	echo "error: ARCH=$arch is unknown; ARCH is x86_64, arm64 or riscv64" >&2
	exit 1
	;;
esac
# What the names of another machine's files begin with.
machine=
[ "$arch" = x86_64 ] || machine=$arch-
# Where the selftests are built, and where the guest, in the repository, finds them.
selftests=$build/${machine}selftests
installed=build/${machine}selftests/install

die() {
	echo "error: $*" >&2
	exit 1
}

# for_the_kernels_make: from here on, ARCH= is the name that the kernel's make has for the machine.
for_the_kernels_make() {
	[ -z "$kernel_arch" ] || export ARCH="$kernel_arch"
}

# x86_64_only WHAT: stop if WHAT is asked of another machine.
x86_64_only() {
	[ -z "$machine" ] || die "$1 is for x86-64 only; leave out ARCH=$arch"
}

# step NAME WHAT COMMAND...: run COMMAND with its output in build/log/NAME.log,
# showing one line with the elapsed time; on failure show the end of the log.
step() {
	step_name=$1 step_what=$2
	shift 2
	mkdir -p "$log"
	step_log=$log/$step_name.log
	step_start=$(date +%s)
	step_rc=0
	if [ -t 2 ]; then
		while :; do
			printf '\r%-52s %4ds ' "$step_what" $(($(date +%s) - step_start)) >&2
			sleep 1
		done &
		step_ticker=$!
		trap 'kill $step_ticker 2>/dev/null' EXIT
	fi
	# In the background, since "set -e" has no effect left of a "||".
	("$@") >"$step_log" 2>&1 </dev/null &
	wait $! || step_rc=$?
	if [ -t 2 ]; then
		kill $step_ticker 2>/dev/null || :
		wait $step_ticker 2>/dev/null || :
		trap - EXIT
		printf '\r' >&2
	fi
	step_verdict=done
	[ $step_rc = 0 ] || step_verdict=failed
	printf '%-52s %4ds %s\n' "$step_what" $(($(date +%s) - step_start)) $step_verdict >&2
	if [ $step_rc != 0 ]; then
		# The cause, which need not be near the end, and the end.
		grep -n -m 20 -E '^error|: error:|\*\*\*' "$step_log" >&2 || :
		tail -n 10 "$step_log" >&2
		die "$step_what failed; the whole log is $step_log"
	fi
}

# lock NAME: wait until no other script holds the lock, and hold it to the end.
lock() {
	mkdir -p "$build"
	exec 9>"$build/.lock-$1"
	flock 9
}

# kernel_paths K: set tree (source), out (build directory), image and name for kernel K
# of the machine ARCH, with what PROFILE changes, if that is set.
kernel_paths() {
	case " $kernels " in
	*" $1 "*) ;;
	*) die "K=$1 is unknown; K is one of: $kernels" ;;
	esac
	tree=$build/linux
	[ "$1" != pristine ] || tree=$build/linux-pristine
	name=$1
	if [ -n "${PROFILE:-}" ]; then
		profile=$top/scripts/profiles/$PROFILE.config
		[ -e "$profile" ] || die "PROFILE=$PROFILE is unknown; PROFILE is one of: $(cd "$top/scripts/profiles" && echo *.config | sed 's/\.config//g')"
		name=$1-$PROFILE
	fi
	name=$machine$name
	out=$build/$name
	image=$out/$image_file
}

# tcg_clock: print parameters that tell an x86-64 kernel the rate of its time stamp counter,
# which it cannot find out there. Without them, it would have no timer below a tick.
tcg_clock() {
	[ -z "$machine" ] || return 0
	program=$build/tsc-khz
	[ "$program" -nt "$top/scripts/tsc-khz.rs" ] || rustc -O -o "$program" "$top/scripts/tsc-khz.rs"
	# On a busy machine, the kernel's check of the timer may take it for broken.
	echo "tsc_early_khz=$("$program") tsc=reliable no_timer_check"
}

# series_start SERIES: print what a series is based on, in build/linux.
series_start() {
	case $1 in
	a) echo base ;;
	b) echo series-a ;;
	c) echo series-b ;;
	*) die "SERIES=$1 is unknown; SERIES is a, b or c" ;;
	esac
}

# id_of FILE...: print an id of what the files make, which a change of their comments does not change.
id_of() {
	sed '/^[[:space:]]*#/d' "$@" | sha256sum | cut -c1-16
}

# suite_sources: print where the environment has packages from, but for the backports, which only the
# kernel's source is from, and which a mirror need not have for each machine.
suite_sources() {
	grep -v -e -backports "$build/env/etc/apt/sources.list"
}

# download DIR PACKAGE...: get Debian packages to DIR: with what they need and the environment
# lacks, or, of another machine, PACKAGE:MACHINE alone.
download() {
	download_dir=$1
	shift
	rm -rf "$download_dir.tmp"
	mkdir -p "$download_dir.tmp/lists/partial" "$download_dir.tmp/archives/partial"
	suite_sources >"$download_dir.tmp/sources"
	download_here=$(echo "$*" | tr ' ' '\n' | grep -v : | paste -sd' ')
	download_there=$(echo "$*" | tr ' ' '\n' | grep : | paste -sd' ')
	for download_verb in update "install --download-only --yes --no-install-recommends $download_here" \
		${download_there:+"download $download_there"}; do
		# shellcheck disable=SC2016,SC2086 # The shell inside; words.
		"$top/scripts/in-env" sh -c 'cd "$0" && exec apt-get "$@"' "$download_dir.tmp/archives" \
			-o Dir::Etc::SourceList="$download_dir.tmp/sources" \
			-o Dir::State::Lists="$download_dir.tmp/lists" -o Dir::Cache="$download_dir.tmp" \
			-o APT::Architectures="amd64${machine:+,$arch}" -o APT::Sandbox::User=root \
			-o Debug::NoLocking=1 $download_verb
	done
	mv "$download_dir.tmp/archives" "$download_dir"
	rm -rf "$download_dir.tmp"
}

# unpack_packages FROM TO: unpack the packages in FROM to the root TO. They are not set up.
unpack_packages() {
	for package in "$1"/*.deb; do
		dpkg-deb -x "$package" "$2"
	done
}
