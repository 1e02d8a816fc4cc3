/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoders of CTAP2 requests: first byte chooses one. */
#include <stdint.h>
#include <stdlib.h>

#include "ctap2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was decoded lies inside the input. */
static void
check_slice(struct tsw_slice s, struct tsw_slice in)
{
	if (s.p != NULL && s.len > 0 &&
	    (s.p < in.p || s.p > in.p + in.len ||
		s.len > (size_t)(in.p + in.len - s.p)))
		abort();
}

/* A list that was accepted can be walked to its end. */
static void
check_common(const struct fw_common_req *m, struct tsw_slice in)
{
	struct fw_cred_list list = m->list;

	check_slice(m->rp_id, in);
	check_slice(m->auth, in);
	check_slice((struct tsw_slice){m->client_hash, 32}, in);
	if (list.cnt > FW_CTAP2_LIST_MAX_CNT)
		abort();
	while (list.cnt > 0) {
		check_slice(fw_cred_list_next(&list), in);
		if (list.first.err != TSW_OK)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fw_mc_req mc;
	struct fw_ga_req ga;
	struct fw_pin_req pin;
	struct fw_cm_req cm;
	struct tsw_slice in = {data + 1, len - 1};

	if (len == 0)
		return 0;
	if (data[0] == FW_CTAP2_MAKE_CREDENTIAL &&
	    fw_mc_req_decode(&mc, in) == FW_CTAP_OK) {
		check_common(&mc.common, in);
		check_slice(mc.user.id, in);
		check_slice(mc.user.name, in);
		check_slice(mc.user.display, in);
		if (mc.user.id.len > FW_USER_ID_MAX || mc.protect < 1 ||
		    mc.protect > 3)
			abort();
	} else if (data[0] == FW_CTAP2_GET_ASSERTION &&
	    fw_ga_req_decode(&ga, in) == FW_CTAP_OK) {
		check_common(&ga.common, in);
		check_slice(ga.hmac.salt_enc, in);
		check_slice(ga.hmac.salt_auth, in);
	} else if (data[0] == FW_CTAP2_CLIENT_PIN &&
	    fw_pin_req_decode(&pin, in) == FW_CTAP_OK) {
		check_slice(pin.auth, in);
		check_slice(pin.new_pin, in);
		check_slice(pin.pin_hash, in);
		check_slice(pin.rp_id, in);
	} else if (data[0] == FW_CTAP2_CREDENTIAL_MANAGEMENT &&
	    fw_cm_req_decode(&cm, in) == FW_CTAP_OK) {
		check_slice(cm.params, in);
		check_slice(cm.cred_id, in);
		check_slice(cm.user.id, in);
		check_slice(cm.user.name, in);
		check_slice(cm.auth, in);
	}
	return 0;
}
