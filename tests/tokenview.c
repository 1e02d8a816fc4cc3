/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokenview.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/cbor.h>

unsigned int
view_applet(struct applet_answer *a, const struct applet_cmd *cmd)
{
	uint8_t req[2048];
	unsigned int st;

	memset(a, 0, sizeof(*a));
	st = rig_send(req, applet_encode(req, sizeof(req), cmd));
	if (st == FW_CTAP_OK &&
	    !applet_decode(a, rig.client.rsp + 1, rig.client.rsp_len - 1))
		abort();
	return st;
}

/* Value of the unsigned integer under key in the answer; absent: -1. */
static int64_t
answer_uint(uint64_t wanted)
{
	int64_t last = INT64_MIN, found = -1;
	struct tsw_cb cb;
	uint64_t key;
	size_t n;

	tsw_cb_init(&cb, rig.client.rsp + 1, rig.client.rsp_len - 1);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--) {
		key = tsw_cb_map_key(&cb, &last);
		if (key == wanted)
			found = (int64_t)tsw_cb_uint(&cb);
		else
			tsw_cb_skip(&cb);
	}
	return found;
}

static unsigned int
tries(void)
{
	static const uint8_t req[] = {FW_CTAP2_CLIENT_PIN, 0xa1, 0x02, 0x01};
	int64_t left;

	if (rig_send(req, sizeof(req)) != FW_CTAP_OK)
		abort();
	left = answer_uint(3);
	if (left < 0)
		abort();
	return (unsigned int)left;
}

/* Option clientPin of getInfo. */
static bool
pin_is_set(void)
{
	static const uint8_t req[] = {FW_CTAP2_GET_INFO};
	static const char name[] = "clientPin";
	const uint8_t *p = rig.client.rsp;
	size_t i, len = sizeof(name) - 1;

	if (rig_send(req, sizeof(req)) != FW_CTAP_OK)
		abort();
	for (i = 0; i + len < rig.client.rsp_len; i++)
		if (memcmp(p + i, name, len) == 0)
			return p[i + len] == 0xf5;
	abort();
}

/* Identity keys: of unbound ones the token tells only who knows their handle.
 */
static unsigned int
keys_in_flash(void)
{
	const struct fw_store *s = &rig.t.ctap2.store;
	unsigned int i, cnt = 0;

	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		cnt +=
		    fw_store_peek(s, NULL, 0, FW_STORE_IDENTITY + i) == FW_OK;
	return cnt;
}

static void
read_key(struct view_key *k)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_KEY, .handle = k->handle};
	struct applet_answer a;
	unsigned int st = view_applet(&a, &cmd);

	k->here = st == FW_CTAP_OK;
	if (!k->here && st != FW_CTAP_NO_CREDENTIALS)
		abort();
	k->bound = a.bound != 0;
	k->seq = a.seq;
	k->role = a.role;
	memcpy(k->identity, a.identity, sizeof(k->identity));
	memcpy(k->head, a.head, sizeof(k->head));
}

void
view_read(struct view *v, const struct view *known)
{
	struct applet_cmd info = {.cmd = TSW_APPLET_INFO};
	struct applet_answer a;
	unsigned int st;
	size_t i;

	memset(v, 0, sizeof(*v));
	v->pin_set = pin_is_set();
	v->tries = tries();
	st = view_applet(&a, &info);
	if (st != FW_CTAP_OK && st != FW_CTAP_INVALID_COMMAND)
		abort(); /* the latter: without the applet */
	v->runs = a.runs;
	v->used = a.used;
	v->keys = keys_in_flash();
	/* credentialManagement would need the PIN. */
	v->creds = FW_STORE_CRED_CNT - fw_record_free_cnt(&rig.t.ctap2.store);
	for (i = 0; i < VIEW_KEYS_MAX; i++) {
		static const uint8_t none[32];

		if (memcmp(known->key[i].handle, none, 32) == 0)
			continue;
		memcpy(v->key[i].handle, known->key[i].handle, 32);
		read_key(&v->key[i]);
	}
}

static bool
key_differs(const struct view_key *a, const struct view_key *b)
{
	return a->here != b->here || a->bound != b->bound || a->seq != b->seq ||
	    a->role != b->role || memcmp(a->identity, b->identity, 32) != 0 ||
	    memcmp(a->head, b->head, 32) != 0;
}

const char *
view_differs(const struct view *a, const struct view *b)
{
	size_t i;

	if (a->pin_set != b->pin_set)
		return "whether a PIN is set";
	if (a->tries != b->tries)
		return "PIN tries";
	if (a->creds != b->creds)
		return "number of credentials";
	if (a->runs != b->runs)
		return "live codes left";
	if (a->used != b->used)
		return "number of bound keys";
	if (a->keys != b->keys)
		return "number of identity keys";
	for (i = 0; i < VIEW_KEYS_MAX; i++)
		if (key_differs(&a->key[i], &b->key[i]))
			return "an identity key";
	return NULL;
}
