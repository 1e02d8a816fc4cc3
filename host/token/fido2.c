/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/fido2.h"

#include "token/deadline.h"

#include <touchstone/wire/cbor.h>

#include <stdlib.h>
#include <string.h>

#include <fido.h>

/*
 * A token just plugged in may miss its first INIT; one whose last user was
 * killed in the middle of a message is busy until it gives up on the rest.
 */
#define OPEN_WAIT_MS 3000

struct ts_fido2 {
	const struct ts_link *link;
	fido_dev_t *dev;
	fido_assert_t *assert; /* of the last call */
	fido_cred_t *cred;     /* of the last call */
};

/* libfido2 opens by path and hands that on: so the one session is here. */
static struct ts_link opening;

static void *
io_open(const char *path)
{
	(void)path;
	return &opening;
}

static void
io_close(void *handle)
{
	(void)handle; /* the descriptor belongs to the caller of ts_hid_init */
}

static int
io_read(void *handle, unsigned char *buf, size_t len, int ms)
{
	(void)ms; /* the budget of ts_hid bounds every wait */
	return ts_hid_read(((struct ts_link *)handle)->hid, buf, len);
}

static int
io_write(void *handle, const unsigned char *buf, size_t len)
{
	return ts_hid_write(((struct ts_link *)handle)->hid, buf, len);
}

/* With a card the library leaves the framing to us. */
static int
card_tx(fido_dev_t *dev, uint8_t cmd, const unsigned char *buf, size_t len)
{
	struct ts_link *link = fido_dev_io_handle(dev);

	return ts_ctapcard_tx(link->card, cmd, buf, len);
}

static int
card_rx(fido_dev_t *dev, uint8_t cmd, unsigned char *buf, size_t len, int ms)
{
	struct ts_link *link = fido_dev_io_handle(dev);

	(void)ms; /* the budget of ts_ctapcard bounds every wait */
	return ts_ctapcard_rx(link->card, cmd, buf, len);
}

void
ts_fido2_init(void)
{
	fido_init(FIDO_DISABLE_U2F_FALLBACK);
}

/*
 * The result of a libfido2 call.  Where reading or writing ended it, the link
 * knows the cause and the library does not.
 */
static int
outcome(const struct ts_fido2 *session, int fido_err)
{
	if (fido_err == FIDO_OK)
		return TS_OK;
	if (ts_link_cause(session->link) != TS_OK &&
	    (fido_err < 0 || fido_err == FIDO_ERR_KEEPALIVE_CANCEL ||
		fido_err == FIDO_ERR_RX || fido_err == FIDO_ERR_TX))
		return ts_link_cause(session->link);
	return ts_fido2_error(fido_err);
}

static int
try_open(struct ts_fido2 *session)
{
	static const fido_dev_io_t io = {io_open, io_close, io_read, io_write};
	static const fido_dev_transport_t card = {card_rx, card_tx};
	int r;

	session->dev = fido_dev_new();
	if (session->dev == NULL)
		return TS_ERR_NO_MEMORY;
	r = fido_dev_set_io_functions(session->dev, &io);
	if (r == FIDO_OK && session->link->card != NULL)
		r = fido_dev_set_transport_functions(session->dev, &card);
	if (r == FIDO_OK) {
		opening = *session->link;
		r = fido_dev_open(session->dev, "touchstone");
	}
	r = outcome(session, r);
	if (r != TS_OK)
		fido_dev_free(&session->dev);
	return r;
}

int
ts_fido2_open(struct ts_fido2 **out, const struct ts_link *link)
{
	struct ts_fido2 *session;
	int64_t deadline = ts_deadline_in(OPEN_WAIT_MS);
	int r;

	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return TS_ERR_NO_MEMORY;
	session->link = link;
	do {
		r = try_open(session);
	} while ((r == TS_ERR_TOKEN_IO || r == TS_ERR_TOKEN_BUSY) &&
	    ts_link_is_retried(link, deadline));
	if (r != TS_OK && ts_link_cause(link) != TS_OK)
		r = ts_link_cause(link); /* cancelled between two tries */
	if (r == TS_OK && !fido_dev_is_fido2(session->dev))
		r = TS_ERR_TOKEN_UNSUPPORTED;
	if (r != TS_OK) {
		ts_fido2_close(&session);
		return r;
	}
	*out = session;
	return TS_OK;
}

void
ts_fido2_close(struct ts_fido2 **session)
{
	if (*session == NULL)
		return;
	fido_assert_free(&(*session)->assert);
	fido_cred_free(&(*session)->cred);
	if ((*session)->dev != NULL)
		(void)fido_dev_close((*session)->dev);
	fido_dev_free(&(*session)->dev);
	free(*session);
	*session = NULL;
}

bool
ts_fido2_has_pin(const struct ts_fido2 *session)
{
	return fido_dev_has_pin(session->dev);
}

bool
ts_fido2_has_uv(const struct ts_fido2 *session)
{
	return fido_dev_has_uv(session->dev);
}

bool
ts_fido2_has_protection(const struct ts_fido2 *session)
{
	return fido_dev_supports_cred_prot(session->dev);
}

/* Words that are not safe to print, and those beyond the bound, are left out.
 */
static void
copy_words(struct ts_token_words *out, char **words, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		(void)ts_token_words_add(out, words[i]);
}

static void
copy_algorithms(struct ts_token_words *out, const fido_cbor_info_t *info)
{
	size_t i;

	for (i = 0; i < fido_cbor_info_algorithm_count(info); i++) {
		switch (fido_cbor_info_algorithm_cose(info, i)) {
		case COSE_ES256:
			(void)ts_token_words_add(out, "es256");
			break;
		case COSE_EDDSA:
			(void)ts_token_words_add(out, "eddsa");
			break;
		default:
			break; /* no use for others */
		}
	}
	/* CTAP 2.0 had no list; ES256 was all there was. */
	if (fido_cbor_info_algorithm_count(info) == 0)
		(void)ts_token_words_add(out, "es256");
}

static void
copy_options(struct ts_token_info *out, const fido_cbor_info_t *info)
{
	char **names = fido_cbor_info_options_name_ptr(info);
	const bool *values = fido_cbor_info_options_value_ptr(info);
	size_t i;

	for (i = 0; i < fido_cbor_info_options_len(info); i++) {
		if (ts_token_words_add(&out->options, names[i]) && values[i])
			out->options_on |=
			    (uint16_t)(1U << (out->options.cnt - 1));
	}
}

static void
copy_info(struct ts_token_info *out, const fido_cbor_info_t *info)
{
	uint64_t firmware = fido_cbor_info_fwversion(info);
	uint64_t max_msg = fido_cbor_info_maxmsgsiz(info);
	int64_t remaining = fido_cbor_info_rk_remaining(info);

	if (fido_cbor_info_aaguid_len(info) == sizeof(out->aaguid))
		memcpy(out->aaguid, fido_cbor_info_aaguid_ptr(info),
		    sizeof(out->aaguid));
	out->firmware = firmware > UINT32_MAX ? 0 : (uint32_t)firmware;
	out->max_msg = max_msg > UINT32_MAX ? 0 : (uint32_t)max_msg;
	out->remaining =
	    remaining < 0 || remaining > INT32_MAX ? -1 : (int32_t)remaining;
	copy_words(&out->versions, fido_cbor_info_versions_ptr(info),
	    fido_cbor_info_versions_len(info));
	copy_words(&out->extensions, fido_cbor_info_extensions_ptr(info),
	    fido_cbor_info_extensions_len(info));
	copy_algorithms(&out->algorithms, info);
	copy_options(out, info);
}

int
ts_fido2_info(struct ts_fido2 *session, struct ts_token_info *out)
{
	fido_cbor_info_t *info;
	int r;

	info = fido_cbor_info_new();
	if (info == NULL)
		return TS_ERR_NO_MEMORY;
	r = outcome(session, fido_dev_get_cbor_info(session->dev, info));
	if (r == TS_OK) {
		memset(out, 0, sizeof(*out));
		copy_info(out, info);
		if (fido_dev_has_pin(session->dev))
			out->pin = TS_TOKEN_PIN_SET;
		else if (fido_dev_supports_pin(session->dev))
			out->pin = TS_TOKEN_PIN_UNSET;
	}
	fido_cbor_info_free(&info);
	return r;
}

int
ts_fido2_pin_protocol(struct ts_fido2 *session, uint8_t *out)
{
	fido_cbor_info_t *info;
	const uint8_t *list;
	uint8_t best = 0;
	size_t i;
	int r;

	info = fido_cbor_info_new();
	if (info == NULL)
		return TS_ERR_NO_MEMORY;
	r = outcome(session, fido_dev_get_cbor_info(session->dev, info));
	list = fido_cbor_info_protocols_ptr(info);
	for (i = 0; r == TS_OK && i < fido_cbor_info_protocols_len(info); i++) {
		if (list[i] <= 2 && list[i] > best)
			best = list[i];
	}
	fido_cbor_info_free(&info);
	if (r == TS_OK && best == 0)
		r = TS_ERR_TOKEN_UNSUPPORTED;
	if (r == TS_OK)
		*out = best;
	return r;
}

int
ts_fido2_retries(struct ts_fido2 *session, uint8_t *out)
{
	int n = -1;
	int r;

	r = outcome(session, fido_dev_get_retry_count(session->dev, &n));
	if (r != TS_OK)
		return r;
	if (n < 0 || n >= TS_TOKEN_RETRIES_UNKNOWN)
		return TS_ERR_TOKEN_IO;
	*out = (uint8_t)n;
	return TS_OK;
}

/* Fill session->cred from req; a FIDO_ERR_. */
static int
prepare_cred(struct ts_fido2 *session, const struct ts_token_request *req,
    enum tsw_alg alg, bool own_uv)
{
	fido_cred_t *cred = session->cred;
	char label[TSW_LABEL_MAX + 1] = {0};
	int type = alg == TSW_ALG_SK_P256 ? COSE_ES256 : COSE_EDDSA;
	uint8_t i;
	int r;

	memcpy(label, req->label.p, req->label.len);
	if ((r = fido_cred_set_type(cred, type)) != FIDO_OK ||
	    (r = fido_cred_set_rp(cred, TSW_APPLICATION, "Touchstone")) !=
		FIDO_OK ||
	    /* The user id is fresh and random: so is the challenge with it. */
	    (r = fido_cred_set_clientdata(cred, req->user,
		 sizeof(req->user))) != FIDO_OK ||
	    (r = fido_cred_set_user(cred, req->user, sizeof(req->user), label,
		 NULL, NULL)) != FIDO_OK ||
	    (r = fido_cred_set_rk(cred, FIDO_OPT_TRUE)) != FIDO_OK ||
	    (r = fido_cred_set_prot(cred,
		 FIDO_CRED_PROT_UV_OPTIONAL_WITH_ID)) != FIDO_OK)
		return r;
	if (own_uv)
		r = fido_cred_set_uv(cred, FIDO_OPT_TRUE);
	for (i = 0; i < req->key_cnt && r == FIDO_OK; i++) {
		if (req->key[i].kind == TS_TOKEN_KIND_FIDO)
			r = fido_cred_exclude(cred, req->key[i].id.p,
			    req->key[i].id.len);
	}
	return r;
}

/*
 * TS_OK and *attested if the attestation that came along holds; a token may
 * send none (fmt "none").  Who made the token is not judged here.
 */
static int
check_attestation(const fido_cred_t *cred, bool *attested)
{
	const char *fmt = fido_cred_fmt(cred);
	int r;

	*attested = false;
	if (fmt == NULL)
		return TS_ERR_TOKEN_IO;
	if (strcmp(fmt, "none") == 0)
		return TS_OK;
	r = fido_cred_x5c_ptr(cred) != NULL ? fido_cred_verify(cred)
					    : fido_cred_verify_self(cred);
	if (r != FIDO_OK)
		return TS_ERR_TOKEN_LIED;
	*attested = true;
	return TS_OK;
}

int
ts_fido2_create(struct ts_fido2 *session, struct ts_reply_credential *out,
    const struct ts_token_request *req, enum tsw_alg alg,
    const char *secret_pin)
{
	fido_cred_t *cred;
	int r;

	fido_cred_free(&session->cred);
	session->cred = cred = fido_cred_new();
	if (cred == NULL)
		return TS_ERR_NO_MEMORY;
	r = prepare_cred(session, req, alg, secret_pin == NULL);
	if (r != FIDO_OK)
		return TS_ERR_NO_MEMORY;
	r = outcome(session,
	    fido_dev_make_cred(session->dev, cred, secret_pin));
	if (r != TS_OK)
		return r;

	out->auth.p = fido_cred_authdata_raw_ptr(cred);
	out->auth.len = fido_cred_authdata_raw_len(cred);
	out->key.p = fido_cred_pubkey_ptr(cred);
	out->key.len = fido_cred_pubkey_len(cred);
	out->alg = alg;
	return check_attestation(cred, &out->attested);
}

/* A new session->assert for one credential; a FIDO_ERR_. */
static int
prepare_assert(struct ts_fido2 *session, struct tsw_slice id)
{
	int r;

	fido_assert_free(&session->assert);
	session->assert = fido_assert_new();
	if (session->assert == NULL)
		return FIDO_ERR_INTERNAL;
	r = fido_assert_set_rp(session->assert, TSW_APPLICATION);
	if (r != FIDO_OK)
		return r;
	return fido_assert_allow_cred(session->assert, id.p, id.len);
}

/*
 * libfido2 keeps authenticatorData in its CBOR wrapping, a byte string; what
 * is inside may have any length up to 255 here.
 */
static int
get_assertion(struct ts_fido2 *session, struct ts_reply_assertion *out,
    const char *secret_pin)
{
	struct tsw_cb cb;
	int r;

	r = outcome(session,
	    fido_dev_get_assert(session->dev, session->assert, secret_pin));
	if (r != TS_OK)
		return r;
	if (fido_assert_count(session->assert) != 1)
		return TS_ERR_TOKEN_IO;
	tsw_cb_init(&cb, fido_assert_authdata_ptr(session->assert, 0),
	    fido_assert_authdata_len(session->assert, 0));
	out->auth = tsw_cb_bytes(&cb, TS_AUTH_LEN, 1024);
	if (tsw_cb_done(&cb) != TSW_OK)
		return TS_ERR_TOKEN_IO;
	out->sig.p = fido_assert_sig_ptr(session->assert, 0);
	out->sig.len = fido_assert_sig_len(session->assert, 0);
	return TS_OK;
}

int
ts_fido2_sign(struct ts_fido2 *session, struct ts_reply_assertion *out,
    const struct ts_token_request *req, const char *secret_pin)
{
	uint8_t tbs[TSW_SSHSIG_TBS_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, tbs, sizeof(tbs));
	r = tsw_sshsig_tbs(&wr, req->ns, req->statement.p, req->statement.len);
	if (r != TSW_OK)
		return r;
	r = prepare_assert(session, req->key[0].id);
	if (r == FIDO_OK)
		r = fido_assert_set_clientdata(session->assert, tbs,
		    tsw_wr_len(&wr));
	if (r == FIDO_OK)
		r = fido_assert_set_up(session->assert, FIDO_OPT_TRUE);
	if (r == FIDO_OK && req->need_uv && secret_pin == NULL)
		r = fido_assert_set_uv(session->assert, FIDO_OPT_TRUE);
	if (r != FIDO_OK)
		return TS_ERR_NO_MEMORY;
	return get_assertion(session, out, secret_pin);
}

int
ts_fido2_probe(struct ts_fido2 *session, struct ts_reply_assertion *out,
    struct tsw_slice id)
{
	static const uint8_t zeros[32];
	int r;

	r = prepare_assert(session, id);
	if (r == FIDO_OK)
		r = fido_assert_set_clientdata_hash(session->assert, zeros,
		    sizeof(zeros));
	if (r == FIDO_OK)
		r = fido_assert_set_up(session->assert, FIDO_OPT_FALSE);
	if (r != FIDO_OK)
		return TS_ERR_NO_MEMORY;
	return get_assertion(session, out, NULL);
}

int
ts_fido2_set_pin(struct ts_fido2 *session, const char *secret_new_pin,
    const char *secret_pin)
{
	return outcome(session,
	    fido_dev_set_pin(session->dev, secret_new_pin, secret_pin));
}

int
ts_fido2_reset(struct ts_fido2 *session)
{
	int r = fido_dev_reset(session->dev);

	if (r == FIDO_ERR_NOT_ALLOWED)
		return TS_ERR_RESET_WINDOW;
	return outcome(session, r);
}
