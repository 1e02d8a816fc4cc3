/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/link.h"

#include "token/applet.h"

#include <string.h>

#define STATUS_KEEPALIVE_CANCEL 0x2d

int
ts_link_cause(const struct ts_link *link)
{
	return link->hid != NULL ? link->hid->cause : link->card->cause;
}

bool
ts_link_is_retried(const struct ts_link *link, int64_t deadline)
{
	return link->hid != NULL && ts_hid_is_retried(link->hid, deadline);
}

static int
card_cbor(struct ts_ctapcard *card, struct ts_ctaphid_reply *out,
    const uint8_t *msg, size_t len)
{
	uint8_t buf[1 + TS_CTAPHID_REPLY_MAX];
	size_t n = sizeof(buf);
	int r;

	r = ts_ctapcard_message(card, buf, &n, msg, len);
	if (r != TS_OK)
		return r;
	out->status = buf[0];
	out->len = n - 1;
	memcpy(out->cbor, buf + 1, n - 1);
	return TS_OK;
}

int
ts_link_cbor(const struct ts_link *link, struct ts_ctaphid_reply *out,
    const uint8_t *msg, size_t len)
{
	if (link->hid != NULL)
		return ts_ctaphid_cbor(link->hid, out, msg, len);
	return card_cbor(link->card, out, msg, len);
}

int
ts_link_outcome(const struct ts_link *link, uint8_t status)
{
	if (status == STATUS_KEEPALIVE_CANCEL && ts_link_cause(link) != TS_OK)
		return ts_link_cause(link);
	return ts_applet_error(status);
}

int
ts_link_wink(const struct ts_link *link)
{
	if (link->hid == NULL)
		return TS_ERR_TOKEN_UNSUPPORTED;
	return ts_hid_wink(link->hid);
}
