/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A result, a channel or a list of readers that decodes encodes to the same
 * bytes, and words and names are safe to print.
 */
#include "token/proto.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_words(const struct ts_token_words *words)
{
	const char *p;
	uint8_t i;

	assert(words->cnt <= TS_TOKEN_WORDS_MAX_CNT);
	for (i = 0; i < words->cnt; i++) {
		assert(strlen(words->word[i]) <= TS_TOKEN_WORD_MAX);
		for (p = words->word[i]; *p != '\0'; p++)
			assert(isgraph((unsigned char)*p) != 0);
	}
}

static void
check_channel(const uint8_t *data, size_t len)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	uint32_t channel = 0;
	struct tsw_wr wr;

	if (ts_token_channel_decode(&channel, data, len) != TS_OK)
		return;
	assert(channel != TS_TOKEN_CHANNEL_NONE);
	assert(channel != TS_TOKEN_CHANNEL_BROADCAST);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_token_channel_encode(&wr, channel) == TS_OK);
	assert(tsw_wr_len(&wr) == len);
	assert(memcmp(buf, data, len) == 0);
}

static void
check_readers(const uint8_t *data, size_t len)
{
	static struct ts_token_readers readers;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	uint8_t i;

	if (ts_token_readers_decode(&readers, data, len) != TS_OK)
		return;
	assert(readers.cnt <= TS_TOKEN_READERS_MAX_CNT);
	for (i = 0; i < readers.cnt; i++)
		assert(ts_token_reader_is_ok(readers.reader[i].name));
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_token_readers_encode(&wr, &readers) == TS_OK);
	assert(tsw_wr_len(&wr) == len);
	assert(memcmp(buf, data, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ts_token_result res;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	check_channel(data, len);
	check_readers(data, len);
	if (ts_token_result_decode(&res, data, len) != TS_OK)
		return 0;
	assert(res.err <= 0);
	if (res.err == TS_OK && res.op == TS_TOKEN_MSG_INFO) {
		check_words(&res.u.info.versions);
		check_words(&res.u.info.algorithms);
		check_words(&res.u.info.extensions);
		check_words(&res.u.info.options);
	}
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_token_result_encode(&wr, &res) == TS_OK);
	assert(tsw_wr_len(&wr) == len);
	assert(memcmp(buf, data, len) == 0);
	return 0;
}
