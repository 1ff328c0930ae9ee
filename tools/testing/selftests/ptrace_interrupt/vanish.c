// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the tracer that vanishes under a request: the file that is mapped there is truncated,
 * another thread unmaps it, or its page comes late, or never. The error is EFAULT, the tracee is
 * as before, and the same request succeeds when the memory is back.
 *
 * man: EFAULT; kernel/ptrace.c: each copy_to_user(), copy_from_user(), put_user().
 */
#include "ptrace_absent.h"
#include "ptrace_copies.h"

/* How often the memory is gone while a request is made again and again. */
#define ROUNDS	10

FIXTURE(vanish)
{
	struct shared *shared;
	pid_t tracee;
	/* The memory, and what is put there. */
	void *area, *prepared;
	size_t known;
};

FIXTURE_SETUP(vanish)
{
	self->shared = shared_new();
	self->prepared = private_pages(1);
	self->tracee = start_at_entry(self->shared);
	ASSERT_LT(0, self->tracee);
	self->known = copies_known(self->tracee);
	reap(self->tracee);
}

FIXTURE_TEARDOWN(vanish)
{
	reap(self->tracee);
}

/* A new tracee in a stop, and what the request needs. */
static void prepare(struct __test_metadata *_metadata, FIXTURE_DATA(vanish) *self,
		    const struct copy *copy)
{
	self->tracee = start_at_entry(self->shared);
	ASSERT_LT(0, self->tracee);
	copy_prepare(copy, self->tracee, self->prepared, self->area);
}

static void end(FIXTURE_DATA(vanish) *self)
{
	reap(self->tracee);
	self->tracee = 0;
}

/* A page whose file ends before it is mapped, but has no content. */
TEST_F(vanish, truncated)
{
	const int file = memfd_create("vanish", 0);

	self->area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_TRUE(self->area != MAP_FAILED);
	for (size_t i = 0; i < self->known; i++) {
		struct snapshot before;

		prepare(_metadata, self, &copies[i]);
		before = snapshot(self->tracee);
		ASSERT_EQ(0, ftruncate(file, 0));
		EXPECT_EQ(-EFAULT, copy_make(&copies[i], self->tracee, self->area)) {
			TH_LOG("%s", copies[i].name);
		}
		EXPECT_TRUE(is_unchanged(self->tracee, &before)) {
			TH_LOG("%s", copies[i].name);
		}
		ASSERT_EQ(0, ftruncate(file, AREA_SIZE));
		memcpy(self->area, self->prepared, AREA_SIZE);
		EXPECT_LE(0, copy_make(&copies[i], self->tracee, self->area)) {
			TH_LOG("%s", copies[i].name);
		}
		EXPECT_EQ(!copies[i].get, is_unchanged(self->tracee, &before)) {
			TH_LOG("%s", copies[i].name);
		}
		end(self);
	}
}

static _Atomic int requests_made;
static _Atomic bool unmapping;

/* Wait until a request was made from its begin to its end: the first that ends may be older. */
static void wait_for_request(void)
{
	const int before = requests_made;

	while (requests_made - before < 2)
		sched_yield();
}

/* The memory is gone for a moment, again and again. When it is there, it is complete. */
static void *unmap_often(void *arg)
{
	const FIXTURE_DATA(vanish) *self = arg;

	for (int n = 0; n < ROUNDS; n++) {
		void *next = private_pages(1);

		memcpy(next, self->prepared, AREA_SIZE);
		munmap(self->area, AREA_SIZE);
		wait_for_request();
		if (mremap(next, AREA_SIZE, AREA_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   self->area) != self->area)
			ksft_exit_fail_msg("no memory\n");
		wait_for_request();
	}
	unmapping = false;
	return NULL;
}

/* Not by a look at the tracee: of the registers, those before the fault may have been set. */
TEST_F_TIMEOUT(vanish, unmapped, 120)
{
	self->area = private_pages(1);
	for (size_t i = 0; i < self->known; i++) {
		int made = 0, failed = 0;
		pthread_t thread;

		prepare(_metadata, self, &copies[i]);
		memcpy(self->area, self->prepared, AREA_SIZE);
		unmapping = true;
		ASSERT_EQ(0, pthread_create(&thread, NULL, unmap_often, self));
		while (unmapping) {
			const long ret = copy_make(&copies[i], self->tracee, self->area);

			requests_made++;
			made += ret >= 0;
			failed += ret == -EFAULT;
			EXPECT_TRUE(ret >= 0 || ret == -EFAULT) {
				TH_LOG("%s: %ld", copies[i].name, ret);
			}
			sched_yield();
		}
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_LE(ROUNDS, made) {
			TH_LOG("%s", copies[i].name);
		}
		EXPECT_LE(ROUNDS, failed) {
			TH_LOG("%s", copies[i].name);
		}
		memcpy(self->area, self->prepared, AREA_SIZE);
		EXPECT_LE(0, copy_make(&copies[i], self->tracee, self->area)) {
			TH_LOG("%s", copies[i].name);
		}
		end(self);
	}
}

/* What a thread does when a request waits for the page, with its tracee in a stop. */
struct waiting {
	const FIXTURE_DATA(vanish) *self;
	int userfaultfd;
	bool never;
	/* Whether all that worked. */
	bool done;
};

/* It comes when the tracee has been killed, but cannot end before the request. */
static bool put_page(const struct waiting *waiting)
{
	struct uffdio_copy put = {
		.dst = (unsigned long)waiting->self->area,
		.src = (unsigned long)waiting->self->prepared, .len = AREA_SIZE,
	};

	return !kill(waiting->self->tracee, SIGKILL) &&
	       !ioctl(waiting->userfaultfd, UFFDIO_COPY, &put);
}

static bool remove_page(const struct waiting *waiting)
{
	struct uffdio_range range = { (unsigned long)waiting->self->area, AREA_SIZE };

	return !munmap(waiting->self->area, AREA_SIZE) &&
	       !ioctl(waiting->userfaultfd, UFFDIO_WAKE, &range);
}

static void *meanwhile(void *arg)
{
	struct waiting *waiting = arg;
	struct uffd_msg message;

	waiting->done = read(waiting->userfaultfd, &message, sizeof(message)) == sizeof(message) &&
			(waiting->never ? remove_page(waiting) : put_page(waiting));
	return NULL;
}

/* Make each request with an absent page, and return what came of it. */
static long make_and_wait(struct __test_metadata *_metadata, FIXTURE_DATA(vanish) *self,
			  const struct copy *copy, bool never)
{
	struct waiting waiting = { .self = self, .never = never };
	pthread_t thread;
	long ret;

	self->area = absent_page(&waiting.userfaultfd);
	ASSERT_TRUE(self->area != NULL);
	prepare(_metadata, self, copy);
	ASSERT_EQ(0, pthread_create(&thread, NULL, meanwhile, &waiting));
	ret = copy_make(copy, self->tracee, self->area);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_TRUE(waiting.done);
	close(waiting.userfaultfd);
	return ret;
}

/* ptrace_freeze_traced(): the tracee that SIGKILL wakes keeps still for the request. */
TEST_F(vanish, late)
{
	for (size_t i = 0; i < self->known; i++) {
		EXPECT_LE(0, make_and_wait(_metadata, self, &copies[i], false)) {
			TH_LOG("%s", copies[i].name);
		}
		EXPECT_EQ(KILLED(SIGKILL), next_status(self->tracee));
		self->tracee = 0;
		munmap(self->area, AREA_SIZE);
	}
}

TEST_F(vanish, never)
{
	for (size_t i = 0; i < self->known; i++) {
		EXPECT_EQ(-EFAULT, make_and_wait(_metadata, self, &copies[i], true)) {
			TH_LOG("%s", copies[i].name);
		}
		EXPECT_EQ('t', proc_state(self->tracee));
		end(self);
	}
}

TEST_HARNESS_MAIN
