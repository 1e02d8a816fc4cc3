/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoders of the requests of makeCredential, getAssertion, clientPIN and
 * credentialManagement.
 *
 * Strict: CTAP2 canonical CBOR, known members of the right type, nothing after
 * the end.  Unknown members of a map are skipped, as the standard asks.  *out
 * is written only on FW_CTAP_OK and points into the request.
 */
#ifndef FW_CTAP2_REQ_H
#define FW_CTAP2_REQ_H

#include <stdbool.h>

#include <touchstone/wire/cbor.h>

#include "cred.h"
#include "pinproto.h"
#include "status.h"

/* An optional boolean of the options map. */
enum fw_opt { FW_OPT_ABSENT, FW_OPT_FALSE, FW_OPT_TRUE };

/* A list of credential descriptors, checked, to be walked again. */
struct fw_cred_list {
	size_t cnt;
	struct tsw_cb first;
};

struct fw_hmac_req {
	bool present;
	uint8_t peer[FW_P256_POINT_LEN];
	struct tsw_slice salt_enc, salt_auth;
	uint64_t proto;
};

/* Salts decrypted, and the key to encrypt the answer with. */
struct fw_hmac_salts {
	bool present;
	size_t len; /* 32 or 64 */
	uint8_t secret_salt[64];
	struct fw_shared shared;
};

/* What both credential commands have. */
struct fw_common_req {
	const uint8_t *client_hash; /* [32] */
	struct tsw_slice rp_id;
	uint8_t rp_hash[FW_RP_HASH_LEN];
	struct fw_cred_list list; /* exclude or allow */
	bool list_present;
	enum fw_opt rk, up, uv;
	bool auth_present;
	struct tsw_slice auth; /* pinUvAuthParam */
	bool proto_present;
	uint64_t proto; /* pinUvAuthProtocol */
};

struct fw_mc_req {
	struct fw_common_req common;
	struct fw_user user;
	bool alg_found;
	enum fw_alg alg; /* first of the list that this token has */
	bool enterprise; /* the parameter is present */
	enum fw_cred_protect protect;
	bool protect_asked;
	bool hmac_secret;
};

struct fw_ga_req {
	struct fw_common_req common;
	struct fw_hmac_req hmac;
};

struct fw_pin_req {
	uint64_t proto, subcommand, permissions;
	bool proto_present, subcommand_present, peer_present;
	bool permissions_present, rp_present;
	bool auth_present, new_pin_present, pin_hash_present;
	uint8_t peer[FW_P256_POINT_LEN];
	struct tsw_slice auth, new_pin, pin_hash;
	struct tsw_slice rp_id;
};

struct fw_cm_req {
	uint64_t subcommand;
	struct tsw_slice params; /* subCommandParams as it came, for the MAC */
	const uint8_t *rp_hash;	 /* [32] */
	struct tsw_slice cred_id;
	struct fw_user user;
	bool auth_present, proto_present;
	struct tsw_slice auth;
	uint64_t proto;
};

enum fw_status fw_mc_req_decode(struct fw_mc_req *out, struct tsw_slice req);
enum fw_status fw_ga_req_decode(struct fw_ga_req *out, struct tsw_slice req);
enum fw_status fw_pin_req_decode(struct fw_pin_req *out, struct tsw_slice req);
enum fw_status fw_cm_req_decode(struct fw_cm_req *out, struct tsw_slice req);

/* Next id of a list; list->cnt > 0 on call. */
struct tsw_slice fw_cred_list_next(struct fw_cred_list *list);

#endif
