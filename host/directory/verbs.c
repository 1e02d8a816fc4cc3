/* SPDX-License-Identifier: BSD-2-Clause */
#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/crypto.h>
#include <touchstone/wire/statement.h>

#include "follow.h"
#include "keys.h"
#include "lib/secret.h"
#include "policies.h"

#define INVITATION_LEN 19 /* 4 groups of 4, 80 bits */
#define INVITATIONS_MAX 10000

struct place {
	char db[TS_CONFIG_PATH_MAX + 16], folder[TS_CONFIG_PATH_MAX + 16];
};

static void
place_of(struct place *out, const struct ts_config *c)
{
	const char *db = c->store[0] == '\0' ? c->data : c->store;
	const char *folder = c->folder[0] == '\0' ? c->data : c->folder;

	(void)snprintf(out->db, sizeof(out->db), "%s%s", db,
	    c->store[0] == '\0' ? "/directory.db" : "");
	(void)snprintf(out->folder, sizeof(out->folder), "%s%s", folder,
	    c->folder[0] == '\0' ? "/public" : "");
}

void
ts_verb_db(char out[TS_CONFIG_PATH_MAX + 16], const struct ts_config *config)
{
	struct place place;

	place_of(&place, config);
	memcpy(out, place.db, sizeof(place.db));
}

void
ts_complain(const char *what, const char *why)
{
	(void)fprintf(stderr, "touchstone-directory: %s: %s\n", what, why);
}

static int
done(const char *what, int r)
{
	if (r == TS_OK)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	ts_complain(what, ts_strerror(r));
	return EXIT_FAILURE;
}

/* The same for what begins with the keys, which the first start makes. */
static int
done_with_keys(const char *what, int r)
{
	if (r != TS_ERR_NOT_FOUND)
		return done(what, r);
	ts_complain(what, TS_NOT_STARTED);
	return EXIT_FAILURE;
}

/* Our verifier key: of keys/log.key, or of the policy file of a front end. */
static int
own_key(struct ts_vkey *out, uint8_t vrf[TS_VRF_KEY_LEN],
    const struct ts_config *config)
{
	struct ts_keys *keys = NULL;
	int r = ts_secret_init();

	if (r == TS_OK)
		r = ts_keys_open(&keys, config->data, config->origin, false);
	if (r != TS_OK)
		return r;
	memcpy(vrf, keys->vrf, TS_VRF_KEY_LEN);
	r = ts_policies_log(out, keys, config);
	ts_keys_free(&keys);
	return r;
}

int
ts_verb_key(const struct ts_config *config, char **args)
{
	uint8_t vrf[TS_VRF_KEY_LEN];
	char text[TS_VKEY_MAX];
	struct ts_vkey key;
	int r = own_key(&key, vrf, config);

	(void)args;
	if (r == TS_OK) {
		ts_vkey_format(text, &key);
		(void)puts(text);
	}
	return done_with_keys("key", r);
}

int
ts_verb_policy(const struct ts_config *config, char **args)
{
	uint8_t vrf[TS_VRF_KEY_LEN];
	char text[TS_POLICY_MAX + 1024];
	struct ts_policy *policy = NULL;
	struct ts_vkey key;
	size_t len = 0;
	int r = own_key(&key, vrf, config);

	(void)args;
	if (r != TS_OK)
		return done_with_keys("policy", r);
	r = ts_policies_read(&policy, text, &len, config, &key);
	if (r == TS_OK)
		(void)fwrite(text, 1, len, stdout);
	ts_policy_free(&policy);
	return done(config->policy, r);
}

/* Letters and digits that nobody takes for others; no bias: 32 of them. */
static void
invitation(char out[INVITATION_LEN + 1])
{
	static const char alphabet[] = "23456789abcdefghjkmnpqrstuvwxyz-";
	uint8_t random[16];
	size_t i, at = 0;

	for (i = 0; i < sizeof(random); i++) {
		do
			ts_secret_random(&random[i], 1);
		while ((random[i] & 31) == 31);
		if (i > 0 && i % 4 == 0)
			out[at++] = '-';
		out[at++] = alphabet[random[i] & 31];
	}
	out[at] = '\0';
}

int
ts_verb_invite(const struct ts_config *config, char **args)
{
	uint8_t(*hash)[TSW_HASH_LEN] = calloc(config->count, sizeof(*hash));
	char(*text)[INVITATION_LEN + 1] = calloc(config->count, sizeof(*text));
	struct ts_dirdb *db = NULL;
	struct tsw_slice s;
	struct place place;
	uint32_t i;
	int r =
	    hash != NULL && text != NULL ? ts_secret_init() : TS_ERR_NO_MEMORY;

	(void)args;
	place_of(&place, config);
	for (i = 0; r == TS_OK && i < config->count; i++) {
		invitation(text[i]);
		s.p = (const uint8_t *)text[i];
		s.len = strlen(text[i]);
		tsw_sha256(hash[i], &s, 1);
	}
	if (r == TS_OK)
		r = ts_dirdb_open(&db, place.db, false);
	if (r == TS_OK)
		r = ts_dirdb_invite(db, (const uint8_t(*)[TSW_HASH_LEN])hash,
		    config->count);
	for (i = 0; r == TS_OK && i < config->count; i++)
		(void)puts(text[i]);
	ts_dirdb_free(&db);
	free(hash);
	free(text);
	return done_with_keys("invite", r);
}

int
ts_verb_erase(const struct ts_config *config, char **args)
{
	uint8_t label[TSW_LABEL_MAX];
	struct tsw_slice text = {(const uint8_t *)args[0], 0};
	struct tsw_slice normal = {label, sizeof(label)};
	struct ts_dirdb *db = NULL;
	struct place place;
	int r;

	if (args[0] == NULL || args[1] != NULL) {
		ts_complain("erase", "give one label");
		return TS_EXIT_USAGE;
	}
	text.len = strlen(args[0]);
	place_of(&place, config);
	r = tsw_label_normalise(label, &normal.len, text);
	if (r == TS_OK)
		r = ts_dirdb_open(&db, place.db, false);
	if (r == TS_ERR_NOT_FOUND)
		return done_with_keys("erase", r);
	if (r == TS_OK)
		r = ts_dirdb_erase(db, normal);
	ts_dirdb_free(&db);
	if (r == TS_ERR_NOT_FOUND)
		ts_complain(args[0], "no record has this label");
	return r == TS_ERR_NOT_FOUND ? EXIT_FAILURE : done("erase", r);
}

struct checking {
	struct ts_dirdb *db;
	struct ts_follow follow;
	struct ts_dirdb_note note;
	struct ts_vkey key;
	struct ts_dirdb_figures figures;
	uint64_t entries;
};

/* What is in the folder says no more than what was signed. */
static int
check_folder(const struct checking *c, const char *folder)
{
	struct ts_dirdb_note last;
	uint8_t bytes[TS_NOTE_MAX];
	struct tsw_slice s = {bytes, sizeof(bytes)};
	struct ts_checkpoint cp;
	struct ts_note note;
	int r = ts_tiles_checkpoint_read(folder, bytes, &s.len);

	memset(&last, 0, sizeof(last));
	memset(&cp, 0, sizeof(cp));
	if (r == TS_OK)
		r = ts_note_parse(&note, s);
	if (r == TS_OK)
		r = ts_note_verify(&note, &c->key, NULL);
	if (r == TS_OK)
		r = ts_checkpoint_parse(&cp, note.text);
	if (r == TS_OK) /* afterwards: it may go on meanwhile */
		r = ts_dirdb_signed_note(c->db, &last);
	return r == TS_OK && cp.head.size > last.size ? TS_ERR_SEALED : r;
}

/* Leaves, index and tree against the note, and tiles against all of it. */
static int
check_log(struct checking *c, const char *folder)
{
	int r = ts_dirdb_published(c->db, &c->note);

	if (r == TS_OK)
		r = ts_index_new(&c->follow.index);
	if (r == TS_OK)
		r = ts_tiles_new(&c->follow.tiles, folder, 0);
	if (r != TS_OK || c->note.size == 0)
		return r;
	ts_tiles_compare(c->follow.tiles);
	ts_tiles_at_once(c->follow.tiles, true);
	r = ts_follow_note(&c->follow, &c->entries, c->db, &c->note, &c->key);
	if (r == TS_OK)
		r = ts_tiles_write(c->follow.tiles, NULL);
	if (r == TS_OK)
		r = check_folder(c, folder);
	return r;
}

static int
check(struct checking *c, const struct ts_config *config)
{
	struct place place;
	int r = own_key(&c->key, c->follow.vrf, config);

	place_of(&place, config);
	if (r == TS_OK)
		r = ts_dirdb_open(&c->db, place.db, false);
	if (r == TS_OK)
		r = ts_dirdb_figures(c->db, &c->figures);
	return r == TS_OK ? check_log(c, place.folder) : r;
}

int
ts_verb_check(const struct ts_config *config, char **args)
{
	struct checking *c = calloc(1, sizeof(*c));
	const struct ts_dirdb_figures *f;
	int r = c == NULL ? TS_ERR_NO_MEMORY : check(c, config);

	(void)args;
	if (r == TS_OK) {
		f = &c->figures;
		(void)printf("good: database, tiles and checkpoint agree\n"
			     "published %" PRIu64 "\nentries %" PRIu64
			     "\nleaves %" PRIu64 "\nlabels %" PRIu64
			     "\nrecords %" PRIu64 "\npending %" PRIu64
			     "\ninvitations %" PRIu64 "\nbytes %" PRIu64 "\n",
		    c->note.size, c->entries, f->leaves, f->labels, f->records,
		    f->pending, f->invitations, f->bytes);
	}
	if (c != NULL) {
		ts_tiles_free(&c->follow.tiles);
		ts_index_free(&c->follow.index);
		ts_dirdb_free(&c->db);
	}
	free(c);
	return done_with_keys("check", r);
}
