/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for the mailbox: u8 box, u16 seconds that pass, u16 length, bytes.
 * Each is also read as what else comes with a request: the name and the query
 * of a box, and the file of a domain.
 */
#include "directory/domain.h"
#include "directory/mailbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define BOXES 8
#define MESSAGES 48

static void
read_as_text(struct tsw_slice s)
{
	static const uint8_t id[TSW_ID_LEN];
	const struct tsw_slice label = {(const uint8_t *)"a@b.c", 5};
	uint8_t name[TS_BOX_NAME_LEN];
	char url[TS_DOMAIN_URL_MAX], *text = malloc(s.len + 1);
	uint32_t after = 0, wait_s = 0;

	assert(text != NULL);
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (ts_box_name(name, text, s.len) == TS_OK)
		assert(s.len == 2 * sizeof(name));
	if (ts_box_query(&after, &wait_s, text))
		assert(after > 0 || wait_s > 0 || strlen(text) <= 14);
	(void)ts_domain_vouches(s, label, id);
	if (s.len <= TSW_LABEL_MAX && ts_domain_url(url, s) == TS_OK)
		assert(strlen(url) > 28 && memcmp(url, "https://", 8) == 0);
	free(text);
}

static void
check(struct ts_mailbox *mailbox, const uint8_t *name, uint64_t now_ms)
{
	static struct ts_mailbox_room room;
	static struct ts_box box;
	struct ts_mailbox_counts counts;
	uint8_t out[TS_BOX_MAX];
	size_t i;

	ts_mailbox_get(mailbox, &box, &room, name, 0, now_ms);
	assert(box.cnt <= TS_BOX_MESSAGES_CNT);
	for (i = 1; i < box.cnt; i++)
		assert(box.message[i].number > box.message[i - 1].number);
	assert(ts_box_encode(out, sizeof(out), &box) > 0);
	ts_mailbox_count(mailbox, &counts);
	assert(counts.boxes <= BOXES && counts.messages <= MESSAGES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ts_mailbox_bounds bounds = {BOXES, MESSAGES};
	uint8_t name[TS_BOX_NAME_LEN] = {0};
	struct ts_mailbox *mailbox = NULL;
	uint64_t now_ms = 1000;
	struct tsw_slice s;
	struct tsw_rd rd;

	assert(ts_mailbox_new(&mailbox, &bounds) == TS_OK);
	tsw_rd_init(&rd, data, len);
	while (!rd.bad && rd.left > 0) {
		name[0] = tsw_rd_u8(&rd);
		now_ms += 1000u * tsw_rd_u16(&rd);
		s.len = tsw_rd_u16(&rd);
		s.p = tsw_rd_view(&rd, s.len);
		if (s.p == NULL)
			break;
		if (ts_mailbox_put(mailbox, name, s, now_ms) == TS_BOX_OK)
			assert(s.len > 0 && s.len <= TS_BOX_MESSAGE_MAX);
		check(mailbox, name, now_ms);
		read_as_text(s);
	}
	ts_mailbox_free(&mailbox);
	return 0;
}
