# SPDX-License-Identifier: GPL-2.0
# ptrace(2) in Rust for Linux: build the series into a kernel and try it.

# The choices of the menu, if it was used; the command line wins over them.
-include .config
chosen = $(firstword $(foreach one,$(2),$(if $(CONFIG_$(1)_$(call upper,$(one))),$(one))))
upper = $(shell echo $(1) | tr a-z A-Z)
text = $(subst ",,$(CONFIG_$(1)))

# Which kernel: rust, fallback (the series, PTRACE_RUST=n) or pristine.
K := $(or $(call chosen,KERNEL,rust fallback pristine),rust)
ARCH ?= $(call chosen,ARCH,arm64 riscv64)
profiles := $(patsubst scripts/profiles/%.config,%,$(wildcard scripts/profiles/*.config))
PROFILE ?= $(call chosen,PROFILE,$(profiles))
SEIZE_DEVEL ?= $(if $(CONFIG_KERNEL_RUST)$(CONFIG_KERNEL_FALLBACK)$(CONFIG_KERNEL_PRISTINE),$(or $(CONFIG_SEIZE_DEVEL),n))
LINUX ?= $(call text,LINUX)
ACCEL ?= $(call chosen,ACCEL,kvm tcg)
CPUS ?= $(CONFIG_CPUS)
MEMORY ?= $(call text,MEMORY)

ifeq ($(filter rust fallback pristine,$(K)),)
$(error K=$(K) is unknown; K is rust, fallback or pristine)
endif
ifneq ($(LINUX),)
override LINUX := $(abspath $(LINUX))
endif
ifneq ($(PREVIOUS),)
override PREVIOUS := $(abspath $(PREVIOUS))
endif
export ENV LINUX PREVIOUS PROFILE SEIZE_DEVEL ACCEL CPUS MEMORY TIMEOUT APPEND

# The kernel's make takes an empty ARCH for a machine's name. Where it has another name for a machine,
# scripts/lib.sh knows that.
ifneq ($(ARCH),)
export ARCH
endif

in_env := scripts/in-env

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## This list
	@echo 'Targets; K=rust (default), K=fallback or K=pristine chooses the kernel:'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20 | sed 's/^/  /'
	@echo 'Settings: K=, ARCH=arm64|riscv64, PROFILE= (one of: $(profiles)), LINUX= (a 7.3 source), ENV=host, ACCEL=kvm|tcg, CPUS=, MEMORY=, TIMEOUT=, SEEDS=a..b, KERNELS=, OPERATIONS=, SEED='

.PHONY: run
run: kernel selftests ## Boot the kernel and show the demonstration of PTRACE_INTERRUPT
	@$(in_env) scripts/run $(K)

.PHONY: check
check: floors soundness order mutants-check kernel selftests ## Run the tests in a guest
ifeq ($(K)$(PROFILE)$(ARCH),rust)
	@$(in_env) scripts/misuse
	@$(in_env) scripts/model
endif
	@$(in_env) scripts/check $(K)
ifeq ($(K)$(PROFILE),rust)
	@$(in_env) scripts/kernel fallback
	@KERNELS='fallback rust' $(in_env) scripts/diff $(FEW_SEEDS)
endif

# Which kernels "make check-all" is about, as KERNEL:PROFILE; empty for all that it knows.
CHECKED :=

.PHONY: check-all
check-all: tree selftests ## Run the tests on the kernels with each profile, and show a table
	@$(in_env) scripts/check-all $(CHECKED)

# Which machines "make check-arch" is about.
MACHINES := x86_64 arm64 riscv64

.PHONY: check-arch
check-arch: ## Run the tests on rust and fallback of each machine, and show a table (MACHINES=)
	@for arch in $(MACHINES); do $(MAKE) selftests ARCH=$$arch || exit; done
	@$(in_env) scripts/check-all $(foreach arch,$(MACHINES),$(arch)/rust $(arch)/fallback)

.PHONY: stress
stress: kernel selftests ## Run a million random operations of tracers and tracees (OPERATIONS=, SEED=)
	@$(in_env) scripts/stress $(K) $(or $(OPERATIONS),1000000) $(SEED)

.PHONY: clients
clients: kernels env-clients ## Run debuggers and other real tracers on the three kernels (SCENARIOS=)
	@LAYER=clients $(in_env) scripts/clients $(SCENARIOS)

.PHONY: fuzz
fuzz: kernel env-clients ## Have trinity make random calls of ptrace and its like (CALLS=, SEED=)
	@LAYER=clients $(in_env) scripts/fuzz $(K) $(or $(CALLS),100000) $(SEED)

.PHONY: faults
faults: tree selftests ## Compare what faults do to each request of fallback and of rust
	@for k in fallback rust; do PROFILE=kasan $(in_env) scripts/kernel $$k || exit; done
	@$(in_env) scripts/faults

.PHONY: compare
compare: kernels selftests ## Run every selftest on the three kernels, compare, and write build/report
	@rc=0; $(in_env) scripts/compare || rc=$$?; $(in_env) scripts/report; exit $$rc

.PHONY: report
report: tree ## Write build/report/index.html from the results there are
	@$(in_env) scripts/report

# Which sequences "make diff" runs, each in 64 and in 32 bits; and those of "make check".
SEEDS := 0..4999
FEW_SEEDS := 0..249

.PHONY: diff
diff: kernels ## Compare random sequences of requests on the three kernels
	@$(in_env) scripts/diff $(SEEDS)

.PHONY: mutants
mutants: kernel selftests ## Put faults into the Rust kernel, and see whether the tests notice (MUTANTS=)
	@$(in_env) scripts/mutants $(MUTANTS)

.PHONY: mutants-check
mutants-check: tree
	@$(in_env) scripts/mutants --check

.PHONY: misuse
misuse: kernel ## See that the compiler refuses what the types of the Rust code rule out
	@$(in_env) scripts/misuse $(NAMES)

.PHONY: model
model: tree ## Check models of the protocol of tracers and tracees, and that faults are found
	@$(in_env) scripts/model

# What "make bench", "make scale" and "make clients" compare: "fallback rust" leaves out the
# pristine kernel.
KERNELS ?= pristine fallback rust
export KERNELS

.PHONY: bench
bench: kernels ## Count the instructions of each request on the three kernels
	@$(in_env) scripts/bench

.PHONY: scale
scale: kernels ## Measure tracers beside each other on two and four CPUs on the three kernels
	@$(in_env) scripts/scale

.PHONY: bench-calls
bench-calls: kernels selftests ## Show in which functions a request takes more instructions in Rust
	@$(in_env) scripts/bench --calls

.PHONY: check-um
check-um: tree ## Run the crate's KUnit suites in User Mode Linux
	@$(in_env) scripts/check-um

.PHONY: build-matrix
build-matrix: tree ## Build the crate in the configurations that break wrappers
	@$(in_env) scripts/build-matrix $(NAMES)

.PHONY: series
series: tree ## Write the three series to build/series/a, b and c (SERIES=, VERSION=, PREVIOUS=)
	@AUTHOR="$${AUTHOR:-$$(git config user.name) <$$(git config user.email)>}" \
		$(in_env) scripts/series

.PHONY: series-check
series-check: selftests series ## Apply the series patch by patch, and check each state (SERIES=, CHECKS=, FROM=)
	@$(in_env) scripts/series-check

.PHONY: kernels
kernels: tree
	@for k in $(KERNELS); do $(in_env) scripts/kernel $$k || exit; done

.PHONY: guest
guest: kernel selftests ## Run CMD='...' in a guest; fail if it does
	@$(if $(CMD),,echo "error: name a command: make guest CMD='...'" >&2; exit 1;) \
	$(in_env) scripts/guest $(K) $(call quote,$(value CMD))

.PHONY: shell
shell: kernel selftests ## A shell in a guest
	@$(in_env) scripts/guest $(K)

.PHONY: kernel
kernel: tree ## Build the kernel
	@$(in_env) scripts/kernel $(K)

.PHONY: floors
floors: env
	@$(in_env) scripts/floors

.PHONY: order
order: tree
	@$(in_env) scripts/order

.PHONY: soundness
soundness: env ## Write build/soundness.html: what the unsafe code needs, and what would notice
	@$(in_env) scripts/soundness

.PHONY: selftests
selftests: tree
	@$(in_env) scripts/selftests

.PHONY: docs
docs: tree ## Build the pages of Documentation/ as HTML in build/docs
	@$(in_env) scripts/docs

.PHONY: rustdoc
rustdoc: kernel ## Write the pages of the crate, private items too, to build/docs/rust
	@$(in_env) scripts/rustdoc

.PHONY: rust-analyzer
rust-analyzer: kernel ## Write rust-project.json, which gives an editor the crate
	@$(in_env) scripts/rust-analyzer

.PHONY: menuconfig
menuconfig: tree ## Open the menu of what the commands here build and run
	@$(in_env) scripts/menuconfig

.PHONY: linux-menuconfig
linux-menuconfig: tree ## Open the kernel's own menu on its configuration
	@$(in_env) scripts/kernel $(K) menuconfig

.PHONY: tree
tree: env ## Make or update build/linux, the kernel's source with the series
	@$(in_env) scripts/tree

.PHONY: env
env: ## Make build/env, the environment that everything runs in
	@scripts/env
	@scripts/env-machine

.PHONY: env-clients
env-clients: env
	@scripts/env-clients

.PHONY: versions
versions: env ## The version of every package in the environment
	@cat build/env.versions

.PHONY: clean
clean: ## Remove build/
	rm -rf build

# An argument for the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
