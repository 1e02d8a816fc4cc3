/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctap2_cbor.h"

#include <string.h>

enum fw_status
fw_cbor_status(int err)
{
	switch (err) {
	case TSW_OK:
		return FW_CTAP_OK;
	case TSW_ERR_FORMAT:
	case TSW_ERR_RANGE:
		return FW_CTAP_UNEXPECTED_TYPE;
	case TSW_ERR_TOO_LONG:
	case TSW_ERR_TOO_SHORT:
		return FW_CTAP_INVALID_LENGTH;
	default:
		return FW_CTAP_INVALID_CBOR;
	}
}

struct tsw_slice
fw_cb_text_key(struct tsw_cb *cb, struct tsw_slice *last)
{
	tsw_cb_map_next(cb, last);
	return tsw_cb_text(cb, 0, SIZE_MAX);
}

bool
fw_cb_is_text(struct tsw_slice s, const char *text)
{
	return s.p != NULL && s.len == strlen(text) &&
	    memcmp(s.p, text, s.len) == 0;
}

struct tsw_slice
fw_cb_descriptor(struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, id = {NULL, 0}, type = {NULL, 0};
	struct tsw_slice key;
	bool has_id = false;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		if (fw_cb_is_text(key, "id")) {
			id = tsw_cb_bytes(cb, 0, SIZE_MAX);
			has_id = true;
		} else if (fw_cb_is_text(key, "type")) {
			type = tsw_cb_text(cb, 0, SIZE_MAX);
		} else {
			tsw_cb_skip(cb);
		}
	}
	if (cb->err == TSW_OK && (!has_id || type.p == NULL))
		tsw_cb_fail(cb, TSW_ERR_MISSING_FIELD);
	if (!fw_cb_is_text(type, "public-key"))
		id.len = 0;
	return id;
}

void
fw_cb_user(struct fw_user *user, struct tsw_cb *cb)
{
	struct tsw_slice last = {NULL, 0}, key;
	size_t n;

	for (n = tsw_cb_map(cb); n > 0 && cb->err == TSW_OK; n--) {
		key = fw_cb_text_key(cb, &last);
		if (fw_cb_is_text(key, "id"))
			user->id = tsw_cb_bytes(cb, 0, FW_USER_ID_MAX);
		else if (fw_cb_is_text(key, "name"))
			user->name = tsw_cb_text(cb, 0, SIZE_MAX);
		else if (fw_cb_is_text(key, "displayName"))
			user->display = tsw_cb_text(cb, 0, SIZE_MAX);
		else
			tsw_cb_skip(cb);
	}
}
