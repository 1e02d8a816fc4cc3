/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames and calls of the Varlink protocol: any bytes, cut anywhere.  The
 * first byte says where the stream is cut; a call that is accepted must hold
 * what its signature promises.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_call(const char *text, size_t len)
{
	struct ts_signature signature;
	const struct ts_arg *arg;
	struct ts_call call;
	size_t i;

	if (ts_call_parse(&call, text, len) == TS_OK &&
	    ts_signature_read(&signature, ts_interface_text, call.method) ==
		TS_OK) {
		if (ts_call_check(&call, &signature) == TS_OK) {
			for (i = 0; i < signature.cnt; i++) {
				arg =
				    ts_call_arg(&call, signature.param[i].name);
				assert(arg->set || signature.param[i].optional);
				assert(signature.param[i].type !=
					TS_PARAM_STRING ||
				    !arg->set || arg->s != NULL);
			}
		} else {
			assert(call.bad[0] != '\0' || len > 0);
		}
	}
	ts_call_wipe(&call);
}

/* Put bytes in; false: the message is too long. */
static int
feed(struct ts_frame *f, const uint8_t *p, size_t len)
{
	char *room;
	size_t n;

	while (len > 0) {
		if (ts_frame_room(f, &room, &n) != TS_OK)
			return 0;
		if (n > len)
			n = len;
		memcpy(room, p, n);
		ts_frame_added(f, n);
		p += n;
		len -= n;
	}
	return 1;
}

static void
drain(struct ts_frame *f)
{
	const char *text;
	size_t len;

	while ((text = ts_frame_next(f, &len)) != NULL) {
		assert(len < TS_MESSAGE_MAX);
		check_call(text, len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_frame f = {0};
	size_t cut;

	if (len == 0)
		return 0;
	cut = data[0] < len - 1 ? data[0] : len - 1;
	data++;
	len--;
	if (feed(&f, data, cut)) {
		drain(&f);
		if (feed(&f, data + cut, len - cut))
			drain(&f);
	}
	ts_frame_wipe(&f);
	return 0;
}
