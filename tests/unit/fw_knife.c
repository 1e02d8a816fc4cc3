/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_knife.h"

#include <stdlib.h>
#include <string.h>

#include "store_log.h" /* to know when it will tidy up */

/* Ways to cut one operation: not begun, no bit changed yet, all changed, for
 * an erasure the same but weak, and so many times any subset of its bits. */
#define SUBSETS_CNT 3
#define TIDY_OPS 16   /* a plain write takes fewer */
#define COMMIT_LEN 24 /* of a counter: head, value, end */
#define REBOOT_OPS 10 /* the power-up after it is cut somewhere in these */

struct knife knife;
unsigned long knife_cuts;

static uint8_t flash[MEMBOARD_FLASH_LEN];
static bool weak[MEMBOARD_PAGE_MAX], begun[MEMBOARD_UNIT_CNT];
static struct knife kept;
static struct view state[KNIFE_STATES_MAX];
static size_t state_cnt;
static unsigned int status;
static uint64_t seed;
static bool is_full; /* each command finds the flash full */
static unsigned int spare_commits;
static long erased; /* pages, by the command until it was cut */
static bool tidied; /* the uncut command tidied up the flash */

static void
flash_keep(void)
{
	memcpy(flash, memboard.flash, sizeof(flash));
	memcpy(weak, memboard.weak, sizeof(weak));
	memcpy(begun, memboard.begun, sizeof(begun));
	kept = knife;
}

static void
flash_restore(void)
{
	memcpy(memboard.flash, flash, sizeof(flash));
	memcpy(memboard.weak, weak, sizeof(weak));
	memcpy(memboard.begun, begun, sizeof(begun));
	knife = kept;
	memboard.cut_seed = ++seed;
	memboard.noise_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static unsigned int
times(void)
{
	const char *s = getenv("TS_CUTS");
	int n = s != NULL ? atoi(s) : 1;

	return n > 0 ? (unsigned int)n : 1;
}

static void
do_act(void *arg)
{
	const struct scene *scene = arg;

	status = RIG_SILENT;
	rig.answered = false;
	status = scene->act();
}

/* Write a value that is in force once more: one short commit. */
static void
write_again(void)
{
	struct fw_store *s = &rig.t.ctap2.store;
	uint8_t value[FW_STORE_VALUE_MAX];
	int len = fw_store_get(s, value, sizeof(value), FW_STORE_COUNTER);

	assert_int_equal(len, 4);
	assert_int_equal(fw_store_put(s, FW_STORE_COUNTER, value, 4), FW_OK);
}

/* So few pages are free that the power-up just does without tidying up, and
 * the next page that is begun cannot. */
static void
fill_pages(void)
{
	const struct fw_store *s = &rig.t.ctap2.store;

	while (fw_gc_free_cnt(s) > FW_STORE_GC_FREE(s->page_cnt))
		write_again();
}

/* The rest of the page holds spare_commits short ones and no more. */
static void
fill_page(void)
{
	const struct fw_store *s = &rig.t.ctap2.store;

	while (s->end + COMMIT_LEN * (spare_commits + 1) <= s->page_len)
		write_again();
}

/* The flash as it was kept, powered up and ready for the command. */
static void
ready(const struct scene *scene)
{
	flash_restore();
	rig_plug();
	if (scene->arm != NULL)
		scene->arm();
	if (is_full)
		fill_page();
}

static void
do_plug(void *arg)
{
	(void)arg;
	rig_plug();
}

/* Power up after a cut; no cut may make the token halt. */
static void
plug(const struct scene *scene, long cut_at)
{
	enum memboard_end end =
	    memboard_run(do_plug, NULL, cut_at, MEMBOARD_CUT_PART);

	if (end == MEMBOARD_HALTED)
		fail_msg("%s: halted at power-up", scene->name);
	if (rig.t.ctap2.fault != FW_FAULT_NONE && end == MEMBOARD_DONE)
		fail_msg("%s: fault %d at power-up", scene->name,
		    (int)rig.t.ctap2.fault);
}

/* The uncut run: how many operations, and the last state is what it gives. */
static long
whole_run(const struct scene *scene)
{
	struct scene it = *scene;
	struct view v;
	uint32_t room;
	long ops;

	ready(scene);
	room = fw_gc_free_cnt(&rig.t.ctap2.store);
	assert_int_equal(memboard_run(do_act, &it, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_DONE);
	ops = memboard.ops;
	tidied = fw_gc_free_cnt(&rig.t.ctap2.store) > room;
	rig_plug();
	view_read(&v, &state[state_cnt - 1]);
	if (view_differs(&v, &state[state_cnt - 1]) != NULL)
		fail_msg("%s: uncut, %s is wrong", scene->name,
		    view_differs(&v, &state[state_cnt - 1]));
	if (scene->prove != NULL)
		scene->prove(state_cnt - 1, true);
	return ops;
}

/* First state from the one numbered base on that fits, or state_cnt. */
static size_t
fits(const struct view *v, size_t base)
{
	size_t i;

	for (i = base; i < state_cnt; i++)
		if (view_differs(v, &state[i]) == NULL)
			break;
	return i;
}

static bool
fits_last(const struct view *v)
{
	return view_differs(v, &state[state_cnt - 1]) == NULL;
}

/* The counter of a login now is higher than any that left before. */
static void
counter_rises(const char *name)
{
	uint32_t last = knife.counter;

	if (knife_login("probe", knife.probe) != FW_CTAP_OK)
		return; /* after a reset; the scene looks itself */
	if (knife.counter <= last)
		fail_msg("%s: counter %u after %u", name, knife.counter, last);
}

/* Which state the token is in after this cut; base: it was there before. */
static size_t
cut_once(const struct scene *scene, long op, enum memboard_cut cut, size_t base)
{
	struct scene it = *scene;
	struct view v;
	bool left;
	size_t i;

	ready(scene);
	assert_int_equal(memboard_run(do_act, &it, op, cut),
	    MEMBOARD_POWER_CUT);
	knife_cuts++;
	erased = memboard.erases;
	left = rig_reply_left();
	if (seed % 2 == 0)
		plug(scene, 1 + (long)(seed / 2 % REBOOT_OPS));
	plug(scene, 0);
	view_read(&v, &state[state_cnt - 1]);
	i = fits(&v, base);
	if (i == state_cnt)
		fail_msg("%s: cut %d at operation %ld: %s: %s", scene->name,
		    (int)cut, op,
		    fits(&v, 0) < state_cnt ? "went back" : "a third state",
		    view_differs(&v, &state[base]));
	if (left && !fits_last(&v))
		fail_msg("%s: cut at operation %ld: answered before it was so",
		    scene->name, op);
	if (scene->prove != NULL)
		scene->prove(i, left);
	counter_rises(scene->name);
	return i;
}

static void
cut_everywhere(const struct scene *scene)
{
	unsigned int n, subsets = SUBSETS_CNT * times();
	size_t base = 0;
	long op, ops, before;

	flash_keep();
	ready(scene);
	rig_plug();
	view_read(&state[0], &knife.known);
	state_cnt = 1;
	if (scene->then != NULL)
		state_cnt += scene->then(state);
	ops = whole_run(scene);
	assert_true(ops > 0);
	erased = 0;
	for (op = 1; op <= ops; op++) {
		before = erased;
		base = cut_once(scene, op, MEMBOARD_CUT_NOTHING, base);
		(void)cut_once(scene, op, MEMBOARD_CUT_BEGUN, base);
		for (n = 0; n < subsets; n++)
			(void)cut_once(scene, op, MEMBOARD_CUT_PART, base);
		(void)cut_once(scene, op, MEMBOARD_CUT_ALL, base);
		if (erased > before)
			(void)cut_once(scene, op, MEMBOARD_CUT_WEAK, base);
	}
}

static void
begin(const struct scene *scene)
{
	rig_new();
	memset(&knife, 0, sizeof(knife));
	if (scene->prepare != NULL)
		scene->prepare();
}

void
knife_run(const struct scene *scene)
{
	begin(scene);
	cut_everywhere(scene);
}

void
knife_run_full(const struct scene *scene, unsigned int commits)
{
	begin(scene);
	rig_plug();
	fill_pages();
	is_full = true;
	spare_commits = commits;
	cut_everywhere(scene);
	is_full = false;
	assert_true(tidied);
}

unsigned int
knife_login(const char *rp, const uint8_t id[FW_CRED_ID_LEN])
{
	struct ctapclient_cmd cmd = {.rp = rp, .list_id = {id, FW_CRED_ID_LEN}};
	uint8_t used[FW_CRED_ID_LEN], flags;
	unsigned int st = ctapclient_assert(&rig.client, &cmd);

	if (st == FW_CTAP_OK)
		ctapclient_assertion(&rig.client, used, &flags, &knife.counter);
	return st;
}

unsigned int
knife_token(const char *pin, const char *rp)
{
	return ctapclient_token(&rig.client, knife.token, FW_PINPROTO_TWO, pin,
	    rp);
}

void
knife_settle_in(void)
{
	struct ctapclient_cmd cmd = {.rp = "probe",
	    .user = "p",
	    .alg = FW_COSE_EDDSA}; /* it is faster */

	assert_int_equal(ctapclient_make(&rig.client, knife.probe, &cmd),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO,
			     KNIFE_PIN),
	    FW_CTAP_OK);
}
