/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder of applet requests: first byte is the command.  What it accepts
 * is the only way to write it: encoding it again gives the same bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/cbor.h>

#include "applet_req.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
put_bytes(struct tsw_wr *wr, unsigned int key, struct tsw_slice s)
{
	if (s.p == NULL)
		return;
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_bytes(wr, s.p, s.len);
}

static void
put_number(struct tsw_wr *wr, unsigned int key, unsigned int v)
{
	if (v == 0)
		return;
	if (v > 2)
		abort();
	tsw_wr_cb_uint(wr, key);
	tsw_wr_cb_uint(wr, v);
}

static void
encode(struct tsw_wr *wr, const struct fw_applet_req *m)
{
	size_t cnt = (size_t)(m->handle != NULL) +
	    (size_t)(m->statement.p != NULL) + (size_t)(m->alg != 0) +
	    (size_t)(m->value != NULL) + (size_t)(m->self.p != NULL) +
	    (size_t)(m->peer.p != NULL) + 2 * (size_t)m->has_auth;

	if (m->has_auth != (m->proto != 0) ||
	    m->has_auth != (m->auth.p != NULL))
		abort();
	if (cnt == 0)
		return;
	tsw_wr_cb_map(wr, cnt);
	put_bytes(wr, 1, (struct tsw_slice){m->handle, 32});
	put_bytes(wr, 2, m->statement);
	put_number(wr, 3, (unsigned int)m->alg);
	put_bytes(wr, 4, (struct tsw_slice){m->value, 32});
	put_bytes(wr, 5, m->self);
	put_bytes(wr, 6, m->peer);
	put_number(wr, 7, m->proto);
	put_bytes(wr, 8, m->auth);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t again[2048];
	struct fw_applet_req m;
	struct tsw_wr wr;

	if (len == 0 ||
	    fw_applet_req_decode(&m, data[0],
		(struct tsw_slice){data + 1, len - 1}) != FW_CTAP_OK)
		return 0;
	tsw_wr_init(&wr, again, sizeof(again));
	encode(&wr, &m);
	if (wr.full || wr.len != len - 1 ||
	    memcmp(again, data + 1, wr.len) != 0)
		abort();
	return 0;
}
