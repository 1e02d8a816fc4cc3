/* SPDX-License-Identifier: BSD-2-Clause */
#include "say.h"

#include <string.h>

#include <touchstone/code.h>
#include <touchstone/describe.h>
#include <touchstone/keyfile.h>
#include <touchstone/text.h>

#include "fault.h"

static const char *const role_words[] = {
    [TSW_ROLE_SIGNER] = "signer",
    [TSW_ROLE_RECOVERY] = "recovery",
};

static const char *const method_words[] = {
    [TSW_METHOD_LIVE] = "live",
    [TSW_METHOD_PUBLIC_CODE] = "public-code",
    [TSW_METHOD_PAIR_NUMBER] = "pair-number",
    [TSW_METHOD_QR] = "qr",
};

static const char *const type_words[] = {
    [TSW_KEY_SSH_BLOB] = "ssh",
    [TSW_KEY_X25519] = "x25519",
    [TSW_KEY_ED25519] = "ed25519",
    [TSW_KEY_FINGERPRINT] = "fingerprint",
    [TSW_KEY_RAW] = "raw",
};

static const char *const change_words[] = {
    [TSW_OP_ADD_KEY] = "add-key",
    [TSW_OP_REVOKE_KEY] = "revoke-key",
    [TSW_OP_ENROL_TOKEN] = "enrol-token",
    [TSW_OP_RETIRE_TOKEN] = "retire-token",
    [TSW_OP_SET_VERIFICATION] = "set-verification",
    [TSW_OP_SET_POLICY] = "set-policy",
    [TSW_OP_RECOVER] = "recover",
    [TSW_OP_VETO] = "veto",
};

static const char *const state_words[] = {
    [TS_CONTACT_UNVERIFIED] = "unverified",
    [TS_CONTACT_VERIFIED] = "verified",
    [TS_CONTACT_BLOCKED] = "blocked",
};

static const char *const applet_words[] = {
    [TS_OWN_FIDO] = "fido",
    [TS_OWN_STATEMENT] = "statement",
    [TS_OWN_PIV] = "piv",
    [TS_OWN_OPENPGP] = "openpgp",
    [TS_OWN_CARD] = "card",
};

static const char *const pin_words[] = {
    [TS_TOKEN_PIN_NONE] = "unset",
    [TS_TOKEN_PIN_UNSET] = "unset",
    [TS_TOKEN_PIN_SET] = "set",
    [TS_TOKEN_PIN_BLOCKED] = "blocked",
};

#define WORD(words, i)                                                         \
	((size_t)(i) < sizeof(words) / sizeof((words)[0]) &&                   \
		    (words)[i] != NULL                                         \
		? (words)[i]                                                   \
		: "")

static const char *
or_empty(const char *word)
{
	return word == NULL ? "" : word;
}

int
ts_say_method_read(enum tsw_method *out, const char *word)
{
	size_t i;

	for (i = 1; i < sizeof(method_words) / sizeof(method_words[0]); i++) {
		if (strcmp(method_words[i], word) == 0) {
			*out = (enum tsw_method)i;
			return TS_OK;
		}
	}
	return TS_ERR_ARGUMENT;
}

int
ts_say_role_read(enum tsw_role *out, const char *word)
{
	if (strcmp(word, "signer") == 0)
		*out = TSW_ROLE_SIGNER;
	else if (strcmp(word, "recovery") == 0)
		*out = TSW_ROLE_RECOVERY;
	else
		return TS_ERR_ARGUMENT;
	return TS_OK;
}

/* "SHA256:..." as ssh-keygen -l prints it: base64 without padding. */
static void
say_fingerprint(struct ts_jw *w, const uint8_t id[TSW_HASH_LEN])
{
	struct ts_text text;

	ts_text_init(&text);
	ts_text_add(&text, "SHA256:");
	ts_text_add_base64(&text, id, TSW_HASH_LEN);
	if (ts_text_done(&text) == TS_OK)
		ts_jw_strn(w, "fingerprint", text.p, strcspn(text.p, "="));
	else
		w->failed = true;
	ts_text_wipe(&text);
}

/* What the attestation of an applet key says; "" without one. */
static void
say_attested(struct ts_jw *w, const struct ts_token *token)
{
	static const uint8_t none[TSW_HASH_LEN];
	const bool has = ts_token_is_applet(token) &&
	    memcmp(token->device, none, sizeof(none)) != 0;

	ts_jw_hex(w, "model", token->model, has ? sizeof(token->model) : 0);
	ts_jw_hex(w, "image", token->image, has ? sizeof(token->image) : 0);
	ts_jw_hex(w, "device_key", token->device,
	    has ? sizeof(token->device) : 0);
}

void
ts_say_token(struct ts_jw *w, const char *key, const struct ts_token *token,
    bool present)
{
	ts_jw_object(w, key);
	ts_jw_hex(w, "id", token->id, TSW_HASH_LEN);
	ts_jw_str(w, "name", token->name);
	ts_jw_str(w, "role", WORD(role_words, token->role));
	ts_jw_str(w, "algorithm", or_empty(tsw_alg_word(token->key.alg)));
	ts_jw_str(w, "evidence", or_empty(tsw_evidence_word(token->evidence)));
	say_fingerprint(w, token->id);
	say_attested(w, token);
	ts_jw_bool(w, "present", present);
	ts_jw_bool(w, "retired", token->state == TS_TOKEN_RETIRED);
	ts_jw_str(w, "applet", WORD(applet_words, token->kind));
	ts_jw_hex(w, "slot", &token->slot, token->kind == TS_OWN_PIV ? 1 : 0);
	ts_jw_str(w, "proof", token->proof.text);
	ts_jw_bool(w, "proved", token->proof.state == TS_PROOF_GOOD);
	ts_jw_object_end(w);
}

void
ts_say_chain_token(struct ts_jw *w, const struct ts_store *store,
    const struct tsw_chain_token *token)
{
	struct ts_token t;

	memset(&t, 0, sizeof(t));
	memcpy(t.id, token->id, sizeof(t.id));
	t.key = token->key;
	t.role = token->role;
	t.evidence = token->evidence;
	memcpy(t.model, token->model, sizeof(t.model));
	memcpy(t.image, token->image, sizeof(t.image));
	memcpy(t.device, token->device, sizeof(t.device));
	memcpy(t.name, token->name, token->name_len);
	t.state = TS_TOKEN_ACTIVE;
	if (t.evidence == TSW_EVIDENCE_CARD_ATTESTED)
		ts_bundle_proof(store, &t.proof, &t.key, token->bundle);
	if (ts_token_is_card(&t))
		t.kind = TS_OWN_CARD;
	else if (ts_token_is_applet(&t))
		t.kind = TS_OWN_STATEMENT;
	ts_say_token(w, NULL, &t, false);
}

static void
say_words(struct ts_jw *w, const char *key, const struct ts_token_words *words)
{
	size_t i;

	ts_jw_list(w, key);
	for (i = 0; i < words->cnt; i++)
		ts_jw_str(w, NULL, words->word[i]);
	ts_jw_list_end(w);
}

void
ts_say_outputs(struct ts_jw *w, const char *key, uint8_t outputs)
{
	ts_jw_list(w, key);
	if ((outputs & TSW_APPLET_OUT_DISPLAY) != 0)
		ts_jw_str(w, NULL, "display");
	if ((outputs & TSW_APPLET_OUT_LED) != 0)
		ts_jw_str(w, NULL, "led");
	if ((outputs & TSW_APPLET_OUT_KEYBOARD) != 0)
		ts_jw_str(w, NULL, "keyboard");
	ts_jw_list_end(w);
}

/* The statement applet: null for a token without it. */
static void
say_applet(struct ts_jw *w, const struct ts_token_applet *applet)
{
	if (!applet->present) {
		ts_jw_null(w, "applet");
		return;
	}
	ts_jw_object(w, "applet");
	ts_jw_hex(w, "model", applet->model, sizeof(applet->model));
	ts_jw_hex(w, "image", applet->image, sizeof(applet->image));
	ts_say_outputs(w, "outputs", applet->outputs);
	ts_jw_int(w, "used", applet->used);
	ts_jw_int(w, "free", applet->free);
	ts_jw_int(w, "runs", applet->runs);
	ts_jw_bool(w, "unlocked", applet->unlocked);
	ts_jw_object_end(w);
}

/* It has not answered yet. */
static bool
is_new(const struct ts_device *dev)
{
	return dev->state == TS_DEVICE_PROBING && dev->fresh;
}

/* Why it cannot be used; TS_OK if it can. */
static int
problem_of(const struct ts_device *dev)
{
	if (dev->problem != TS_OK)
		return dev->problem;
	if (is_new(dev))
		return TS_ERR_TOKEN_BUSY;
	if (ts_device_is_card(dev) && !dev->info.has_fido &&
	    !dev->info.piv.present && !dev->info.openpgp.present)
		return TS_ERR_NO_APPLET;
	switch (dev->info.applet.fault) {
	case TS_TOKEN_FAULT_ENTROPY:
		return TS_ERR_TOKEN_ENTROPY;
	case TS_TOKEN_FAULT_STORE:
		return TS_ERR_TOKEN_STORE;
	case TS_TOKEN_FAULT_NONE:
	default:
		return TS_OK;
	}
}

/* Here, that is: a card beside its twin is for its other applications. */
static bool
has_fido(const struct ts_device *dev)
{
	return !ts_device_is_card(dev) || (dev->info.has_fido && !dev->beside);
}

static const char *
product_of(const struct ts_device *dev)
{
	static const char *const cards[] = {"card", "FIDO2 card", "PIV card",
	    "FIDO2 and PIV card", "OpenPGP card", "FIDO2 and OpenPGP card",
	    "PIV and OpenPGP card", "FIDO2, PIV and OpenPGP card"};

	if (strncmp(dev->name, "sim:", 4) == 0)
		return "simulator";
	if (!ts_device_is_card(dev))
		return "FIDO2 token";
	return cards[(has_fido(dev) ? 1 : 0) + (dev->info.piv.present ? 2 : 0) +
	    (dev->info.openpgp.present ? 4 : 0)];
}

void
ts_say_device(struct ts_jw *w, const char *key, const struct ts_device *dev,
    const struct ts_token *own)
{
	const struct ts_token_info *info = &dev->info;
	const int problem = problem_of(dev);
	const bool known = dev->problem == TS_OK && !is_new(dev);
	char todo[TS_FAULT_TODO_MAX];

	ts_jw_object(w, key);
	ts_jw_str(w, "token", dev->name);
	ts_jw_str(w, "product", product_of(dev));
	ts_jw_hex(w, "aaguid", info->aaguid, sizeof(info->aaguid));
	say_words(w, "versions", &info->versions);
	say_words(w, "algorithms", &info->algorithms);
	ts_jw_str(w, "pin",
	    !known		? "unset"
		: has_fido(dev) ? WORD(pin_words, info->pin)
				: "none");
	ts_jw_int(w, "retries",
	    !known || dev->retries == TS_TOKEN_RETRIES_UNKNOWN ? -1
							       : dev->retries);
	ts_jw_int(w, "remaining", known ? info->remaining : -1);
	if (own == NULL)
		ts_jw_null(w, "key");
	else
		ts_say_token(w, "key", own, true);
	say_applet(w, &info->applet);
	ts_say_piv(w, &info->piv);
	ts_say_openpgp(w, &info->openpgp);
	ts_jw_str(w, "also", dev->beside ? dev->twin : "");
	ts_jw_str(w, "problem", problem == TS_OK ? "" : ts_strerror(problem));
	ts_fault_todo(todo, problem);
	ts_jw_str(w, "todo", todo);
	ts_jw_object_end(w);
}

int
ts_say_key(struct ts_jw *w, const char *key, const struct tsw_chain_key *listed,
    const char *label)
{
	const struct tsw_slice owner = {(const uint8_t *)label, strlen(label)};
	const struct tsw_key k = ts_key_of(listed);
	struct ts_text text;
	int r;

	ts_text_init(&text);
	r = ts_key_line(&text, &k, owner);
	if (r == TS_OK)
		r = ts_text_done(&text);
	if (r != TS_OK)
		goto out;
	ts_jw_object(w, key);
	ts_jw_hex(w, "id", listed->id, TSW_HASH_LEN);
	ts_jw_str(w, "app", or_empty(tsw_app_word(listed->app)));
	ts_jw_strn(w, "device", listed->device, listed->device_len);
	ts_jw_str(w, "type", WORD(type_words, listed->type));
	ts_jw_hex(w, "data", listed->data, listed->data_len);
	ts_jw_int(w, "protocol", listed->proto);
	ts_jw_int(w, "expires", (int64_t)listed->expires);
	ts_jw_int(w, "seq", listed->seq);
	ts_jw_str(w, "text", text.p);
	ts_jw_object_end(w);
out:
	ts_text_wipe(&text);
	return r;
}

void
ts_say_change(struct ts_jw *w, const char *key, const struct ts_change *change)
{
	ts_jw_object(w, key);
	ts_jw_int(w, "number", change->number);
	ts_jw_str(w, "kind", WORD(change_words, change->kind));
	ts_jw_str(w, "words", change->words);
	ts_jw_object_end(w);
}

void
ts_say_alert(struct ts_jw *w, const char *key, const struct ts_alert *alert)
{
	ts_jw_object(w, key);
	ts_jw_int(w, "id", alert->id);
	ts_jw_str(w, "code", alert->name);
	ts_jw_str(w, "level", or_empty(ts_level_word(alert->level)));
	ts_jw_str(w, "contact", alert->contact);
	ts_jw_int(w, "time", (int64_t)alert->time);
	ts_jw_str(w, "what", alert->what);
	ts_jw_str(w, "means", alert->means);
	ts_jw_str(w, "todo", alert->todo);
	ts_jw_bool(w, "open", alert->open);
	ts_jw_object_end(w);
}

struct contact_alerts {
	struct ts_jw *w;
	const char *label;
};

static int
say_if_about(void *arg, const struct ts_alert *alert)
{
	const struct contact_alerts *about = arg;

	if (strcmp(alert->contact, about->label) == 0)
		ts_say_alert(about->w, NULL, alert);
	return TS_OK;
}

/* The members of a contact that need its chain: tokens and public code. */
static int
say_chain(struct ts_jw *w, struct ts_store *store, const char *label)
{
	struct tsw_chain chain;
	size_t i;
	int r;

	r = ts_contact_chain(store, &chain, label);
	if (r == TS_ERR_DB_FORGED)
		chain.token_cnt = 0;
	else if (r != TS_OK)
		return r;
	ts_jw_list(w, "tokens");
	for (i = 0; i < chain.token_cnt; i++)
		ts_say_chain_token(w, store, &chain.token[i]);
	ts_jw_list_end(w);
	return TS_OK;
}

int
ts_say_contact(struct ts_jw *w, const char *key, struct ts_store *store,
    const struct ts_contact *contact)
{
	struct contact_alerts about = {w, contact->label};
	char code[TSW_PUBLIC_CODE_LEN];
	int r;

	r = tsw_public_code(code, contact->id);
	if (r != TS_OK)
		return r;
	ts_jw_object(w, key);
	ts_jw_str(w, "label", contact->label);
	ts_jw_hex(w, "id", contact->id, TSW_ID_LEN);
	ts_jw_str(w, "code", code);
	ts_jw_str(w, "state", WORD(state_words, contact->state));
	ts_jw_str(w, "method",
	    contact->confirmed ? WORD(method_words, contact->method) : "");
	ts_jw_int(w, "confirmed", (int64_t)contact->confirmed_time);
	ts_jw_str(w, "confirmed_by", contact->confirmed_by);
	ts_jw_bool(w, "confirmed_by_retired", contact->confirmed_by_retired);
	ts_jw_int(w, "seq", contact->seq);
	ts_jw_hex(w, "head", contact->head, TSW_HASH_LEN);
	ts_jw_bool(w, "verification", contact->verification);
	ts_jw_bool(w, "recovering", contact->recovering);
	ts_jw_int(w, "checked", (int64_t)contact->checked);
	ts_jw_int(w, "keys", contact->keys);
	r = say_chain(w, store, contact->label);
	if (r != TS_OK)
		return r;
	ts_jw_list(w, "alerts");
	r = ts_alert_each(store, false, say_if_about, &about);
	ts_jw_list_end(w);
	ts_jw_object_end(w);
	return r;
}
