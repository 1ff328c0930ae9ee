# SPDX-License-Identifier: GPL-2.0
# ptrace(2) in Rust for Linux: build the series into a kernel and try it.

# Which kernel: rust, fallback (the series, PTRACE_RUST=n) or pristine.
K := rust

ifeq ($(filter rust fallback pristine,$(K)),)
$(error K=$(K) is unknown; K is rust, fallback or pristine)
endif
ifneq ($(LINUX),)
override LINUX := $(abspath $(LINUX))
endif
export ENV LINUX PROFILE ACCEL CPUS MEMORY TIMEOUT APPEND

in_env := scripts/in-env

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## This list
	@echo 'Targets; K=rust (default), K=fallback or K=pristine chooses the kernel:'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 20 | sed 's/^/  /'
	@echo 'Settings: K=, PROFILE=debug|kasan, LINUX= (a 7.3 source), ENV=host, ACCEL=kvm|tcg, CPUS=, MEMORY=, TIMEOUT='

.PHONY: run
run: kernel selftests ## Boot the kernel and show the demonstration of PTRACE_INTERRUPT
	@$(in_env) scripts/run $(K)

.PHONY: check
check: kernel selftests ## Run the tests in a guest
	@$(in_env) scripts/check $(K)

.PHONY: compare
compare: selftests ## Compare the kernel's own selftests on the three kernels
	@for k in pristine fallback rust; do $(in_env) scripts/kernel $$k || exit; done
	@$(in_env) scripts/compare

.PHONY: guest
guest: kernel selftests ## Run CMD='...' in a guest and exit with its status
	@$(if $(CMD),,echo "error: name a command: make guest CMD='...'" >&2; exit 1;) \
	$(in_env) scripts/guest $(K) $(call quote,$(value CMD))

.PHONY: shell
shell: kernel selftests ## A shell in a guest
	@$(in_env) scripts/guest $(K)

.PHONY: kernel
kernel: tree ## Build the kernel
	@$(in_env) scripts/kernel $(K)

.PHONY: selftests
selftests: tree
	@$(in_env) scripts/selftests

.PHONY: linux-menuconfig
linux-menuconfig: tree ## Open the kernel's own menu on its configuration
	@$(in_env) scripts/kernel $(K) menuconfig

.PHONY: tree
tree: env ## Make or update build/linux, the kernel's source with the series
	@$(in_env) scripts/tree

.PHONY: env
env: ## Make build/env, the environment that everything runs in
	@scripts/env

.PHONY: versions
versions: env ## The version of every package in the environment
	@cat build/env.versions

.PHONY: clean
clean: ## Remove build/
	rm -rf build

# An argument for the shell, whatever is in it.
quote = '$(subst ','\'',$1)'
