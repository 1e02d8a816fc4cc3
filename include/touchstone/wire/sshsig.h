/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSH signatures (OpenSSH PROTOCOL.sshsig, PROTOCOL.u2f) over statements.
 * Strict where OpenSSH is lenient: one version, hash sha512 only, reserved
 * empty, canonical S only, application "touchstone:", UP always set, BE clear.
 * SPEC section 6.
 */
#ifndef TOUCHSTONE_WIRE_SSHSIG_H
#define TOUCHSTONE_WIRE_SSHSIG_H

#include <touchstone/wire/statement.h>

#define TSW_NS_STATEMENT "statement.v1@touchstone"
#define TSW_NS_CONFIRM "confirm.v1@touchstone"
#define TSW_NS_IMPORT "import.v1@touchstone"
#define TSW_NS_ATTEST "attest.v1@touchstone"

enum tsw_ns {
	TSW_NS_ID_STATEMENT = 1,
	TSW_NS_ID_CONFIRM = 2,
	TSW_NS_ID_IMPORT = 3, /* wants UV, as statements do */
	TSW_NS_ID_ATTEST = 4  /* by device keys */
};

/* FIDO authenticator data flags (WebAuthn 6.1). */
#define TSW_FLAG_UP 0x01
#define TSW_FLAG_UV 0x04
#define TSW_FLAG_BE 0x08
#define TSW_FLAG_BS 0x10
#define TSW_FLAG_AT 0x40
#define TSW_FLAG_ED 0x80

struct tsw_sshsig {
	struct tsw_pubkey key;
	enum tsw_ns ns;
	uint8_t sig[TSW_SIG_LEN]; /* Ed25519 R || S, or P-256 r || s */
	uint8_t flags;		  /* sk only, else 0 */
	uint32_t counter;	  /* sk only, else 0 */
};

/* The binary form (not armored). */
int tsw_sshsig_decode(struct tsw_sshsig *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;
int tsw_sshsig_encode(struct tsw_wr *wr,
    const struct tsw_sshsig *sig) TSW_MUST_CHECK;

/* Room for the longest to-be-signed text: 6 + 4 + 23 + 4 + 4 + 6 + 4 + 64. */
#define TSW_SSHSIG_TBS_MAX 115

/*
 * The bytes that PROTOCOL.sshsig has signed: for a FIDO token the client data
 * (libfido2 hashes it once with SHA-256), for a card the message.
 */
int tsw_sshsig_tbs(struct tsw_wr *wr, enum tsw_ns ns, const uint8_t *msg,
    size_t len) TSW_MUST_CHECK;

/*
 * Check sig over msg: purpose ns, flags (UP always, UV if need_uv, BE and
 * other bits clear), canonical form, then the signature itself.  The error
 * names the first that fails.  sk keys only have flags; for cards need_uv is
 * moot.
 */
int tsw_sshsig_verify(const struct tsw_sshsig *sig, enum tsw_ns ns,
    bool need_uv, struct tsw_slice msg) TSW_MUST_CHECK;

/*
 * Bring an ECDSA s into its lower half (s := n - s if above n/2), because
 * tokens emit either and verify takes only the lower.  No-op for Ed25519.
 */
void tsw_sshsig_canonicalise(struct tsw_sshsig *sig);

/* SSH public key blob of a token key, and back (RFC 4253 6.6, PROTOCOL.u2f). */
int tsw_pubkey_encode(struct tsw_wr *wr,
    const struct tsw_pubkey *key) TSW_MUST_CHECK;
int tsw_pubkey_decode(struct tsw_pubkey *out, const uint8_t *p,
    size_t len) TSW_MUST_CHECK;

#endif
