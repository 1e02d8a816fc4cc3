/* SPDX-License-Identifier: BSD-2-Clause */
/* What an OpenPGP card says of itself: data object 6E (section 4.4.3). */
#include "token/openpgp.h"

#include "token/tlv.h"

#include <string.h>

enum tag {
	TAG_AID = 0x4f,
	TAG_FEATURES = 0x7f74,
	TAG_BUTTON = 0x81,
	TAG_DISCRETIONARY = 0x73,
	TAG_CAPABILITIES = 0xc0,
	TAG_ALG = 0xc1,
	TAG_PIN_STATUS = 0xc4,
	TAG_FINGERPRINTS = 0xc5,
	TAG_KEY_INFO = 0xde,
	TAG_UIF = 0xd6
};

#define AID_LEN 16
#define CAPABILITIES_LEN 10
#define CAN_KDF 0x01
#define CAN_SET_ALG 0x04
#define FEATURE_BUTTON 0x20
#define PIN_STATUS_LEN 7
#define LENGTH_BITS 0x7f /* the upper bit says that it is a hash */
#define FINGERPRINT_LEN 20
#define KEY_SIGN 1 /* in DE */

/* Algorithm and curve (section 4.4.3.10, RFC 6637 and its Ed25519). */
static const uint8_t ed25519[] = {0x16, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda,
    0x47, 0x0f, 0x01};
static const uint8_t p256[] = {0x13, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07};

struct tsw_slice
ts_openpgp_alg_attributes(enum tsw_alg alg)
{
	if (alg == TSW_ALG_P256)
		return (struct tsw_slice){p256, sizeof(p256)};
	return (struct tsw_slice){ed25519, sizeof(ed25519)};
}

/* The format of imported keys may follow, in one byte. */
static bool
attributes_are(struct tsw_slice value, struct tsw_slice wanted)
{
	return (value.len == wanted.len || value.len == wanted.len + 1) &&
	    memcmp(value.p, wanted.p, wanted.len) == 0;
}

static enum tsw_alg
parse_alg(struct tsw_slice value)
{
	static const enum tsw_alg algs[] = {TSW_ALG_ED25519, TSW_ALG_P256};
	size_t i;

	for (i = 0; i < 2; i++) {
		if (attributes_are(value, ts_openpgp_alg_attributes(algs[i])))
			return algs[i];
	}
	return (enum tsw_alg)0;
}

/* One that has to be there, with at least min bytes. */
static int
need(struct tsw_slice *out, struct tsw_slice data, uint32_t tag, size_t min)
{
	if (ts_tlv_find(out, data, tag) != TS_OK || out->len < min)
		return TS_ERR_TOKEN_IO;
	return TS_OK;
}

/* One that may be there; empty if not. */
static int
may(struct tsw_slice *out, struct tsw_slice data, uint32_t tag)
{
	int r = ts_tlv_find(out, data, tag);

	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

static void
parse_aid(struct ts_openpgp_data *m, struct tsw_slice aid)
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, aid.p, aid.len);
	(void)tsw_rd_view(&rd, 6); /* provider and application */
	tsw_rd_copy(&rd, m->version, sizeof(m->version));
	tsw_rd_copy(&rd, m->manufacturer, sizeof(m->manufacturer));
	tsw_rd_copy(&rd, m->serial, sizeof(m->serial));
}

static void
parse_pin_status(struct ts_openpgp_data *m, const uint8_t p[PIN_STATUS_LEN])
{
	m->pin_once = p[0] == 0;
	m->pin_max = p[1] & LENGTH_BITS;
	m->admin_max = p[3] & LENGTH_BITS;
	m->tries = p[4];
	m->admin_tries = p[6];
}

static enum ts_openpgp_origin
parse_key_info(struct tsw_slice info)
{
	size_t i;

	for (i = 0; i + 1 < info.len; i += 2) {
		if (info.p[i] == KEY_SIGN &&
		    info.p[i + 1] <= TS_OPENPGP_KEY_IMPORTED)
			return (enum ts_openpgp_origin)info.p[i + 1];
	}
	return TS_OPENPGP_KEY_UNKNOWN;
}

static void
parse_uif(struct ts_openpgp_data *m, struct tsw_slice uif)
{
	m->uif = TS_OPENPGP_UIF_NONE;
	if (uif.len != 2)
		return;
	m->has_button = m->has_button || (uif.p[1] & FEATURE_BUTTON) != 0;
	if (uif.p[0] <= TS_OPENPGP_UIF_CACHED_PERMANENT)
		m->uif = (enum ts_openpgp_uif)uif.p[0];
}

static bool
is_zero(const uint8_t *p, size_t len)
{
	uint8_t all = 0;

	while (len > 0)
		all |= p[--len];
	return all == 0;
}

static int
parse_discretionary(struct ts_openpgp_data *m, struct tsw_slice data)
{
	struct tsw_slice caps, alg, pins, prints, info, uif;

	if (need(&caps, data, TAG_CAPABILITIES, CAPABILITIES_LEN) != TS_OK ||
	    need(&alg, data, TAG_ALG, 1) != TS_OK ||
	    need(&pins, data, TAG_PIN_STATUS, PIN_STATUS_LEN) != TS_OK ||
	    need(&prints, data, TAG_FINGERPRINTS, FINGERPRINT_LEN) != TS_OK ||
	    may(&info, data, TAG_KEY_INFO) != TS_OK ||
	    may(&uif, data, TAG_UIF) != TS_OK)
		return TS_ERR_TOKEN_IO;
	m->can_set_alg = (caps.p[0] & CAN_SET_ALG) != 0;
	m->has_kdf = (caps.p[0] & CAN_KDF) != 0;
	m->alg = parse_alg(alg);
	m->has_fingerprint = !is_zero(prints.p, FINGERPRINT_LEN);
	m->origin = parse_key_info(info);
	parse_pin_status(m, pins.p);
	parse_uif(m, uif);
	return TS_OK;
}

int
ts_openpgp_data_parse(struct ts_openpgp_data *out, struct tsw_slice value)
{
	struct tsw_slice aid, data, features, button;
	struct ts_openpgp_data m;

	memset(&m, 0, sizeof(m));
	if (need(&aid, value, TAG_AID, AID_LEN) != TS_OK ||
	    need(&data, value, TAG_DISCRETIONARY, 1) != TS_OK ||
	    may(&features, value, TAG_FEATURES) != TS_OK ||
	    may(&button, features, TAG_BUTTON) != TS_OK)
		return TS_ERR_TOKEN_IO;
	parse_aid(&m, aid);
	if (button.len == 1)
		m.has_button = (button.p[0] & FEATURE_BUTTON) != 0;
	if (parse_discretionary(&m, data) != TS_OK)
		return TS_ERR_TOKEN_IO;
	*out = m;
	return TS_OK;
}
