/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and sentences of enum values. */
#include <touchstone/wire/statement.h>

#include <string.h>

const char *
tsw_strerror(int err)
{
	switch (err) {
	case TSW_OK:
		return "no error";
#define X(name, number, text)                                                  \
	case TSW_ERR_##name:                                                   \
		return text;
#include <touchstone/wire/err.def>
#undef X
	default:
		return "unknown error";
	}
}

const char *
tsw_app_word(enum tsw_app app)
{
	switch (app) {
#define X(name, id, word, type, min, max)                                      \
	case TSW_APP_##name:                                                   \
		return word;
#include <touchstone/wire/app.def>
#undef X
	default:
		return NULL;
	}
}

int
tsw_app_from_word(enum tsw_app *out, const char *word)
{
	static const enum tsw_app app[] = {
#define X(name, id, word, type, min, max) TSW_APP_##name,
#include <touchstone/wire/app.def>
#undef X
	};
	size_t i;

	for (i = 0; i < sizeof(app) / sizeof(app[0]); i++) {
		if (strcmp(tsw_app_word(app[i]), word) == 0) {
			*out = app[i];
			return TSW_OK;
		}
	}
	return TSW_ERR_NOT_FOUND;
}

const char *
tsw_alg_word(enum tsw_alg alg)
{
	switch (alg) {
	case TSW_ALG_SK_ED25519:
		return "sk-ed25519";
	case TSW_ALG_SK_P256:
		return "sk-p256";
	case TSW_ALG_ED25519:
		return "ed25519";
	case TSW_ALG_P256:
		return "p256";
	default:
		return NULL;
	}
}

const char *
tsw_evidence_word(enum tsw_evidence evidence)
{
	switch (evidence) {
	case TSW_EVIDENCE_TOKEN_STATEMENT:
		return "token-statement";
	case TSW_EVIDENCE_FIDO_UV:
		return "fido-uv";
	case TSW_EVIDENCE_FIDO_UP:
		return "fido-up";
	case TSW_EVIDENCE_CARD_ATTESTED:
		return "card-attested";
	case TSW_EVIDENCE_CARD:
		return "card";
	default:
		return NULL;
	}
}

const char *
tsw_method_word(enum tsw_method method)
{
	switch (method) {
	case TSW_METHOD_LIVE:
		return "live-code";
	case TSW_METHOD_PUBLIC_CODE:
		return "public-code";
	case TSW_METHOD_PAIR_NUMBER:
		return "pair-number";
	case TSW_METHOD_QR:
		return "qr";
	default:
		return NULL;
	}
}
