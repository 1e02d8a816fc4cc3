/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What other programs can check without us: stock ssh-keygen, git, ssh, age.
 */
#ifndef TOUCHSTONE_EXPORT_H
#define TOUCHSTONE_EXPORT_H

#include <touchstone/store.h>
#include <touchstone/text.h>

/* The "-----BEGIN SSH SIGNATURE-----" form of a binary SSHSIG, and back. */
int ts_armor(struct ts_text *out, const uint8_t *sig, size_t len) TS_MUST_CHECK;
/* *len: the room in out on entry, bytes after.  TSW_ERR_FORMAT. */
int ts_dearmor(uint8_t *out, size_t *len, const char *text) TS_MUST_CHECK;

/*
 * A file for `ssh-keygen -Y verify -f` and git's gpg.ssh.allowedSignersFile:
 * the token keys of the user and of every verified contact, for our two
 * namespaces only, and their ssh app keys for "git,file".  The principal is
 * the label.  Contacts that are unverified or blocked do not appear.
 */
int ts_export_allowed_signers(struct ts_store *store,
    struct ts_text *out) TS_MUST_CHECK;

/* Lines for every token that ever signed for the user, retired ones too. */
int ts_export_own_signers(struct ts_store *store,
    struct ts_text *out) TS_MUST_CHECK;

/* Something the user signed. */
struct ts_exported {
	enum tsw_kind kind;
	uint32_t seq; /* of the own chain; for a confirmation the head's */
	uint8_t hash[TSW_HASH_LEN];
	const char *words; /* lines, see ts_describe_statement() */
	struct tsw_envelope envelope;
	/* SHA-256 of each signer's key, in the order of envelope.sig. */
	uint8_t signer[TSW_SIGS_MAX_CNT][TSW_HASH_LEN];
};

/* The own chain in order, then the confirmations of contacts. */
int ts_export_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_exported *exported),
    void *arg) TS_MUST_CHECK;

#endif
