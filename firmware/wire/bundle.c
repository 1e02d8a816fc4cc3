/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 4.4. */
#include <touchstone/wire/bundle.h>
#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include <string.h>

int
tsw_bundle_decode(struct tsw_bundle *out, const uint8_t *p, size_t len)
{
	struct tsw_bundle m;
	struct tsw_cb cb;
	size_t i, cnt;
	int r;

	if (len > TSW_BUNDLE_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, p, len);
	cnt = tsw_cb_array(&cb);
	if (cnt < 1)
		tsw_cb_fail(&cb, TSW_ERR_TOO_SHORT);
	if (cnt > TSW_BUNDLE_CERTS_MAX_CNT)
		tsw_cb_fail(&cb, TSW_ERR_TOO_LONG);
	for (i = 0; i < cnt && cb.err == TSW_OK; i++)
		m.cert[i] = tsw_cb_bytes(&cb, 1, TSW_BUNDLE_MAX);
	m.cert_cnt = (uint8_t)i;
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

/* Of a byte string; nothing here has more than a u16 of bytes. */
static size_t
head_len(size_t len)
{
	if (len < 24)
		return 1;
	return len <= UINT8_MAX ? 2 : 3;
}

static int
bundle_check(const struct tsw_bundle *b)
{
	size_t i, left = TSW_BUNDLE_MAX - 1;

	if (b->cert_cnt < 1)
		return TSW_ERR_TOO_SHORT;
	if (b->cert_cnt > TSW_BUNDLE_CERTS_MAX_CNT)
		return TSW_ERR_TOO_LONG;
	for (i = 0; i < b->cert_cnt; i++) {
		size_t len = b->cert[i].len;

		if (len < 1)
			return TSW_ERR_TOO_SHORT;
		if (len > left || head_len(len) > left - len)
			return TSW_ERR_TOO_LONG;
		left -= len + head_len(len);
	}
	return TSW_OK;
}

int
tsw_bundle_encode(struct tsw_wr *wr, const struct tsw_bundle *bundle)
{
	size_t i;
	int r;

	r = bundle_check(bundle);
	if (r != TSW_OK)
		return r;
	tsw_wr_cb_array(wr, bundle->cert_cnt);
	for (i = 0; i < bundle->cert_cnt; i++)
		tsw_wr_cb_bytes(wr, bundle->cert[i].p, bundle->cert[i].len);
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

void
tsw_bundle_hash(uint8_t out[TSW_HASH_LEN], const uint8_t *p, size_t len)
{
	struct tsw_slice s = {p, len};

	tsw_sha256(out, &s, 1);
}
