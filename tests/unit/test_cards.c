/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers as the watching helper tells them, and cards among the devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/device.h"

static struct ts_loop loop;
static struct ts_cards cards;
static struct ts_devices devices;

/* What cards told us. */
static struct {
	int changes, gone, found;
	char gone_name[TS_DEVICE_NAME_MAX], found_name[TS_DEVICE_NAME_MAX];
} seen;

static void
on_changed(void *ctx)
{
	(void)ctx;
	seen.changes++;
}

static void
on_gone(void *ctx, const char *name)
{
	(void)ctx;
	seen.gone++;
	strcpy(seen.gone_name, name);
}

static void
on_found(void *ctx, const char *name)
{
	(void)ctx;
	seen.found++;
	strcpy(seen.found_name, name);
}

static int
setup(void **state)
{
	(void)state;
	memset(&loop, 0, sizeof(loop));
	memset(&cards, 0, sizeof(cards));
	memset(&devices, 0, sizeof(devices));
	memset(&seen, 0, sizeof(seen));
	cards.loop = &loop;
	cards.starting = true;
	cards.gone = on_gone;
	cards.changed = on_changed;
	return 0;
}

static struct ts_token_readers
readers(const char *name, uint32_t events, bool present)
{
	struct ts_token_readers r;

	memset(&r, 0, sizeof(r));
	r.cnt = 1;
	strcpy(r.reader[0].name, name);
	r.reader[0].events = events;
	r.reader[0].present = present;
	return r;
}

static void
scan(void)
{
	seen.found = 0;
	ts_cards_scan(&cards, on_found);
}

/* --- Readers --- */

static void
empty_reader_is_no_device(void **state)
{
	struct ts_token_readers r = readers("Reader 00 00", 1, false);

	(void)state;
	ts_cards_take(&cards, &r);
	assert_false(cards.starting);
	assert_int_equal(cards.problem, TS_OK);
	assert_int_equal(seen.changes, 1);
	scan();
	assert_int_equal(seen.found, 0);
	assert_non_null(ts_cards_reader(&cards, "card:Reader 00 00"));
	assert_null(ts_cards_reader(&cards, "card:Reader"));
	assert_null(ts_cards_reader(&cards, "sim:Reader 00 00"));
}

static void
card_comes_and_goes(void **state)
{
	struct ts_token_readers in = readers("Reader 00 00", 2, true);
	struct ts_token_readers out = readers("Reader 00 00", 3, false);

	(void)state;
	ts_cards_take(&cards, &in);
	scan();
	assert_int_equal(seen.found, 1);
	assert_string_equal(seen.found_name, "card:Reader 00 00");
	ts_cards_take(&cards, &in);
	assert_int_equal(seen.gone, 0);
	ts_cards_take(&cards, &out);
	assert_int_equal(seen.gone, 1);
	assert_string_equal(seen.gone_name, "card:Reader 00 00");
	scan();
	assert_int_equal(seen.found, 0);
}

/* Out and in again between two looks: another card for all we know. */
static void
card_that_was_exchanged_is_another(void **state)
{
	struct ts_token_readers one = readers("Reader 00 00", 2, true);
	struct ts_token_readers two = readers("Reader 00 00", 4, true);

	(void)state;
	ts_cards_take(&cards, &one);
	ts_cards_take(&cards, &two);
	assert_int_equal(seen.gone, 1);
	scan();
	assert_int_equal(seen.found, 1);
}

static void
pcscd_that_ends_takes_all_cards(void **state)
{
	struct ts_token_readers in = readers("Reader 00 00", 2, true), none;

	(void)state;
	ts_cards_take(&cards, &in);
	memset(&none, 0, sizeof(none));
	none.state = TS_TOKEN_PCSC_ABSENT;
	ts_cards_take(&cards, &none);
	assert_int_equal(seen.gone, 1);
	assert_int_equal(cards.problem, TS_ERR_NO_PCSCD);
	none.state = TS_TOKEN_PCSC_REFUSED;
	ts_cards_take(&cards, &none);
	assert_int_equal(cards.problem, TS_ERR_PCSCD_ACCESS);
	ts_cards_take(&cards, &in);
	assert_int_equal(cards.problem, TS_OK);
	scan();
	assert_int_equal(seen.found, 1);
}

static void
mute_card_is_passed_over(void **state)
{
	struct ts_token_readers r = readers("Reader 00 00", 2, true);

	(void)state;
	r.reader[0].mute = true;
	ts_cards_take(&cards, &r);
	scan();
	assert_int_equal(seen.found, 0);
}

/* --- Among the devices --- */

static struct ts_device *
device(size_t i, const char *name)
{
	struct ts_device *dev = &devices.dev[i];

	memset(dev, 0, sizeof(*dev));
	dev->all = &devices;
	dev->state = TS_DEVICE_READY;
	strcpy(dev->name, name);
	dev->info.has_fido = true;
	return dev;
}

static void
give_key(struct ts_device *dev, uint8_t id, enum ts_token_kind kind)
{
	dev->has_key = true;
	dev->at.kind = kind;
	memset(dev->key_id, id, sizeof(dev->key_id));
}

static void
same_key_is_same_token(void **state)
{
	struct ts_device *sim = device(0, "sim:/a");
	struct ts_device *card = device(1, "card:Reader 00 00");
	struct ts_device *other = device(2, "card:Reader 01 00");

	(void)state;
	assert_null(ts_device_twin(card));
	give_key(sim, 1, TS_TOKEN_KIND_STATEMENT);
	give_key(card, 1, TS_TOKEN_KIND_FIDO);
	give_key(other, 2, TS_TOKEN_KIND_FIDO);
	assert_ptr_equal(ts_device_twin(card), sim);
	assert_null(ts_device_twin(other));
	assert_null(ts_device_twin(sim));
	/* A PIV key is on one device only, whatever it says. */
	give_key(card, 1, TS_TOKEN_KIND_PIV);
	assert_null(ts_device_twin(card));
	/* What was found out before still holds ... */
	strcpy(card->twin, "sim:/a");
	assert_ptr_equal(ts_device_twin(card), sim);
	/* ... as long as the other one is there. */
	sim->state = TS_DEVICE_ABSENT;
	assert_null(ts_device_twin(card));
}

static void
twin_without_more_is_not_shown(void **state)
{
	struct ts_device *card = device(0, "card:Reader 00 00");

	(void)state;
	assert_true(ts_device_is_shown(card));
	card->beside = true;
	assert_false(ts_device_is_shown(card));
	card->info.piv.present = true;
	assert_true(ts_device_is_shown(card));
	/* A bank card. */
	memset(&card->info, 0, sizeof(card->info));
	card->beside = false;
	assert_false(ts_device_is_shown(card));
	card->problem = TS_ERR_CARD_HELD;
	assert_true(ts_device_is_shown(card));
}

static void
reader_by_its_beginning(void **state)
{
	struct ts_device *one = device(0, "card:Gemalto PC Twin 00 00");
	struct ts_device *two = device(1, "card:Yubico YubiKey 00 00");
	struct ts_device *got = NULL;

	(void)state;
	device(2, "sim:/a");
	assert_int_equal(ts_device_by_reader(&got, &devices, "card:gem"),
	    TS_OK);
	assert_ptr_equal(got, one);
	assert_int_equal(ts_device_by_reader(&got, &devices, "card:"),
	    TS_ERR_AMBIGUOUS);
	assert_int_equal(ts_device_by_reader(&got, &devices, "card:x"), TS_OK);
	assert_null(got);
	/* One that has nothing for us is no choice ... */
	memset(&one->info, 0, sizeof(one->info));
	assert_int_equal(ts_device_by_reader(&got, &devices, "card:"), TS_OK);
	assert_ptr_equal(got, two);
	/* ... but can be asked for. */
	assert_int_equal(ts_device_by_reader(&got, &devices, "card:GEM"),
	    TS_OK);
	assert_ptr_equal(got, one);
	/* A whole name goes before a beginning. */
	one = device(0, "card:Yubico YubiKey 00 00 x");
	assert_int_equal(ts_device_by_reader(&got, &devices,
			     "card:Yubico YubiKey 00 00"),
	    TS_OK);
	assert_ptr_equal(got, two);
}

static struct ts_token
card_token(enum ts_own_kind kind, uint8_t slot)
{
	struct ts_token t;

	memset(&t, 0, sizeof(t));
	t.key.alg = TSW_ALG_P256;
	t.key.len = 65;
	t.kind = kind;
	t.slot = slot;
	return t;
}

static void
keys_go_where_they_may_be(void **state)
{
	struct ts_device *sim = device(0, "sim:/a");
	struct ts_device *card = device(1, "card:Reader 00 00");
	struct ts_token piv = card_token(TS_OWN_PIV, 0x9a), fido;
	struct ts_token unknown = card_token(TS_OWN_CARD, 0);

	(void)state;
	memset(&fido, 0, sizeof(fido));
	fido.key.alg = TSW_ALG_SK_ED25519;
	fido.evidence = TSW_EVIDENCE_FIDO_UV;
	assert_false(ts_device_may_have(sim, &fido)); /* no credential id */
	fido.credential_len = 32;
	assert_true(ts_device_may_have(sim, &fido));
	assert_true(ts_device_may_have(card, &fido));
	card->beside = true;
	assert_false(ts_device_may_have(card, &fido));
	assert_false(ts_device_may_have(sim, &piv));
	assert_false(ts_device_may_have(card, &piv));
	card->info.openpgp.present = true;
	assert_false(ts_device_may_have(card, &piv));
	assert_true(ts_device_may_have(card, &unknown));
	card->info.piv.present = true;
	assert_true(ts_device_may_have(card, &piv));
}

static void
helper_is_told_place_and_check(void **state)
{
	struct ts_token piv = card_token(TS_OWN_PIV, 0x9a);
	struct ts_place_on_card at = ts_token_place(&piv);
	struct ts_token_cred cred;

	(void)state;
	assert_int_equal(at.kind, TS_TOKEN_KIND_PIV);
	assert_int_equal(at.slot, 0x9a);
	piv.check.alg = TSW_ALG_P256;
	piv.check.len = 65;
	ts_token_fill(&cred, &piv, &at);
	assert_int_equal(cred.kind, TS_TOKEN_KIND_PIV);
	assert_int_equal(cred.id.len, 1);
	assert_int_equal(cred.id.p[0], 0x9a);
	assert_true(cred.has_check);
	/* Another application has no such check. */
	at.kind = TS_TOKEN_KIND_OPENPGP;
	ts_token_fill(&cred, &piv, &at);
	assert_false(cred.has_check);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(empty_reader_is_no_device),
	    T(card_comes_and_goes),
	    T(card_that_was_exchanged_is_another),
	    T(pcscd_that_ends_takes_all_cards),
	    T(mute_card_is_passed_over),
	    T(same_key_is_same_token),
	    T(twin_without_more_is_not_shown),
	    T(reader_by_its_beginning),
	    T(keys_go_where_they_may_be),
	    T(helper_is_told_place_and_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
