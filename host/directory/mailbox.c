/* SPDX-License-Identifier: BSD-2-Clause */
#include "mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/statement.h>

#include "keyed.h"

#define NONE UINT32_MAX
#define CNT_MAX (1u << 24)
#define SWEEP_MS 1000u
#define HELLOS_CNT (TS_BOX_MESSAGES_CNT / 2)

enum class { LIVE, HELLO };
#define CLASSES_CNT 2

struct message {
	uint32_t next; /* of the box, or of those that are free */
	uint32_t number;
	uint16_t len;
	uint8_t class;
	uint8_t bytes[TS_BOX_MESSAGE_MAX];
};

struct box {
	uint32_t next; /* of the bucket, or of those that are free */
	uint32_t first;
	uint32_t last_number;
	uint8_t cnt[CLASSES_CNT];
	uint64_t end_ms[CLASSES_CNT];
	uint8_t name[TS_BOX_NAME_LEN];
};

struct ts_mailbox {
	pthread_mutex_t lock;
	struct ts_keyed key;
	struct ts_mailbox_bounds bounds;
	size_t boxes, messages, hello_messages;
	uint64_t swept_ms;
	uint32_t free_box, free_message;
	size_t bucket_cnt; /* a power of two */
	uint32_t *bucket;
	struct box *box;
	struct message *message;
};

static void
chain_free(struct ts_mailbox *m)
{
	uint32_t i;

	for (i = 0; i < m->bucket_cnt; i++)
		m->bucket[i] = NONE;
	for (i = 0; i < m->bounds.boxes; i++)
		m->box[i].next = i + 1 < m->bounds.boxes ? i + 1 : NONE;
	for (i = 0; i < m->bounds.messages; i++)
		m->message[i].next = i + 1 < m->bounds.messages ? i + 1 : NONE;
	m->free_box = 0;
	m->free_message = 0;
}

int
ts_mailbox_new(struct ts_mailbox **out, const struct ts_mailbox_bounds *bounds)
{
	struct ts_mailbox *m = NULL;
	int r = TS_ERR_NO_MEMORY;

	if (bounds->boxes == 0 || bounds->messages == 0 ||
	    bounds->boxes > CNT_MAX || bounds->messages > CNT_MAX)
		return TS_ERR_ARGUMENT;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return TS_ERR_NO_MEMORY;
	(void)pthread_mutex_init(&m->lock, NULL);
	m->bounds = *bounds;
	m->bucket_cnt = 1;
	while (m->bucket_cnt < bounds->boxes)
		m->bucket_cnt *= 2;
	m->bucket = calloc(m->bucket_cnt, sizeof(*m->bucket));
	m->box = calloc(bounds->boxes, sizeof(*m->box));
	m->message = calloc(bounds->messages, sizeof(*m->message));
	if (m->bucket != NULL && m->box != NULL && m->message != NULL)
		r = ts_keyed_init(&m->key);
	if (r != TS_OK) {
		ts_mailbox_free(&m);
		return r;
	}
	chain_free(m);
	*out = m;
	return TS_OK;
}

void
ts_mailbox_free(struct ts_mailbox **mailbox)
{
	struct ts_mailbox *m = *mailbox;

	if (m == NULL)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	tsw_wipe(&m->key, sizeof(m->key));
	free(m->bucket);
	free(m->box);
	free(m->message);
	free(m);
	*mailbox = NULL;
}

int
ts_box_name(uint8_t out[TS_BOX_NAME_LEN], const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t name[TS_BOX_NAME_LEN] = {0};
	const char *digit;
	size_t i;

	if (len != (size_t)2 * TS_BOX_NAME_LEN)
		return TS_ERR_ARGUMENT;
	for (i = 0; i < len; i++) {
		digit = memchr(digits, text[i], sizeof(digits) - 1);
		if (digit == NULL)
			return TS_ERR_ARGUMENT;
		name[i / 2] = (uint8_t)(name[i / 2] << 4 | (digit - digits));
	}
	memcpy(out, name, sizeof(name));
	return TS_OK;
}

/* A number up to 2^32 - 1 without leading zeros; moves *p behind it. */
static bool
read_number(uint32_t *out, const char **p, const char *name)
{
	size_t len = strlen(name), digits;
	uint64_t v = 0;

	if (strncmp(*p, name, len) != 0)
		return false;
	*p += len;
	for (digits = 0; **p >= '0' && **p <= '9'; digits++) {
		if (digits == 10 || (digits == 1 && v == 0))
			return false;
		v = v * 10 + (uint64_t)(*(*p)++ - '0');
	}
	*out = (uint32_t)v;
	return digits > 0 && v <= UINT32_MAX;
}

bool
ts_box_query(uint32_t *after, uint32_t *wait_s, const char *query)
{
	uint32_t n = 0, s = 0;

	if (query[0] != '\0') {
		if (!read_number(&n, &query, "after="))
			return false;
		if (*query == '&' && !read_number(&s, &query, "&wait="))
			return false;
		if (*query != '\0')
			return false;
	}
	*after = n;
	*wait_s = s;
	return true;
}

/* The link that leads to a box of this name, or to nothing. */
static uint32_t *
find(struct ts_mailbox *m, const uint8_t name[TS_BOX_NAME_LEN])
{
	uint8_t hash[TS_KEYED_LEN];
	uint32_t *link;

	ts_keyed_hash(hash, &m->key, 0,
	    (struct tsw_slice){name, TS_BOX_NAME_LEN});
	link = &m->bucket[ts_keyed_place(hash, m->bucket_cnt)];
	while (*link != NONE &&
	    memcmp(m->box[*link].name, name, TS_BOX_NAME_LEN) != 0)
		link = &m->box[*link].next;
	return link;
}

/* Let messages go whose time is over; true: none are left. */
static bool
expire(struct ts_mailbox *m, struct box *box, uint64_t now_ms)
{
	uint32_t *link = &box->first, i;

	while ((i = *link) != NONE) {
		uint8_t class = m->message[i].class;

		if (now_ms < box->end_ms[class]) {
			link = &m->message[i].next;
			continue;
		}
		*link = m->message[i].next;
		m->message[i].next = m->free_message;
		m->free_message = i;
		box->cnt[class]--;
		m->messages--;
		m->hello_messages -= class == HELLO;
	}
	return box->first == NONE;
}

static void
remove_box(struct ts_mailbox *m, uint32_t *link)
{
	uint32_t i = *link;

	*link = m->box[i].next;
	m->box[i].next = m->free_box;
	m->free_box = i;
	m->boxes--;
}

static void
sweep(struct ts_mailbox *m, uint64_t now_ms)
{
	uint32_t *link;
	size_t i;

	if (now_ms < m->swept_ms + SWEEP_MS)
		return;
	m->swept_ms = now_ms;
	for (i = 0; i < m->bucket_cnt; i++) {
		link = &m->bucket[i];
		while (*link != NONE) {
			if (expire(m, &m->box[*link], now_ms))
				remove_box(m, link);
			else
				link = &m->box[*link].next;
		}
	}
}

/* A box at the end of link's chain; NULL: there are too many. */
static struct box *
add_box(struct ts_mailbox *m, uint32_t *link,
    const uint8_t name[TS_BOX_NAME_LEN])
{
	struct box *box;
	uint32_t i = m->free_box;

	if (i == NONE)
		return NULL;
	box = &m->box[i];
	m->free_box = box->next;
	memset(box, 0, sizeof(*box));
	memcpy(box->name, name, TS_BOX_NAME_LEN);
	box->next = NONE;
	box->first = NONE;
	*link = i;
	m->boxes++;
	return box;
}

static void
add_message(struct ts_mailbox *m, struct box *box, struct tsw_slice bytes,
    enum class class, uint64_t now_ms)
{
	uint32_t i = m->free_message, *link = &box->first;
	struct message *message = &m->message[i];
	uint32_t seconds = (uint32_t)(now_ms / 1000);

	m->free_message = message->next;
	box->last_number =
	    box->last_number < seconds ? seconds : box->last_number + 1;
	message->next = NONE;
	message->number = box->last_number;
	message->len = (uint16_t)bytes.len;
	message->class = (uint8_t) class;
	memcpy(message->bytes, bytes.p, bytes.len);
	while (*link != NONE)
		link = &m->message[*link].next;
	*link = i;
	box->cnt[class]++;
	box->end_ms[class] =
	    now_ms + (class == HELLO ? TS_BOX_HELLO_MS : TS_BOX_LIVE_MS);
	m->messages++;
	m->hello_messages += class == HELLO;
}

static bool
has_room(const struct ts_mailbox *m, bool new_box, enum class class)
{
	if (m->free_message == NONE || (new_box && m->free_box == NONE))
		return false;
	if (class == LIVE)
		return true;
	return m->hello_messages < (m->bounds.messages + 1) / 2 &&
	    (!new_box || m->boxes < (m->bounds.boxes + 1) / 2);
}

static enum ts_box_result
put(struct ts_mailbox *m, const uint8_t name[TS_BOX_NAME_LEN],
    struct tsw_slice message, uint64_t now_ms)
{
	enum class class = tsw_label_check(message) == TSW_OK ? HELLO : LIVE;
	struct box *box = NULL;
	uint32_t *link;

	sweep(m, now_ms);
	link = find(m, name);
	if (*link != NONE) {
		box = &m->box[*link];
		(void)expire(m, box, now_ms);
		if (box->cnt[LIVE] + box->cnt[HELLO] >= TS_BOX_MESSAGES_CNT ||
		    (class == HELLO && box->cnt[HELLO] >= HELLOS_CNT))
			return TS_BOX_FULL;
	}
	if (!has_room(m, box == NULL, class))
		return TS_BOX_NO_ROOM;
	if (box == NULL)
		box = add_box(m, link, name);
	if (box == NULL)
		return TS_BOX_NO_ROOM;
	add_message(m, box, message, class, now_ms);
	return TS_BOX_OK;
}

enum ts_box_result
ts_mailbox_put(struct ts_mailbox *mailbox, const uint8_t box[TS_BOX_NAME_LEN],
    struct tsw_slice message, uint64_t now_ms)
{
	enum ts_box_result result;

	if (message.len == 0 || message.len > TS_BOX_MESSAGE_MAX)
		return TS_BOX_LENGTH;
	pthread_mutex_lock(&mailbox->lock);
	result = put(mailbox, box, message, now_ms);
	pthread_mutex_unlock(&mailbox->lock);
	return result;
}

void
ts_mailbox_get(struct ts_mailbox *mailbox, struct ts_box *out,
    struct ts_mailbox_room *room, const uint8_t box[TS_BOX_NAME_LEN],
    uint32_t after, uint64_t now_ms)
{
	const struct message *message;
	uint32_t *link, i;

	out->cnt = 0;
	pthread_mutex_lock(&mailbox->lock);
	link = find(mailbox, box);
	if (*link != NONE && expire(mailbox, &mailbox->box[*link], now_ms))
		remove_box(mailbox, link);
	else if (*link != NONE) {
		for (i = mailbox->box[*link].first; i != NONE;
		     i = message->next) {
			message = &mailbox->message[i];
			if (message->number <= after)
				continue;
			memcpy(room->bytes[out->cnt], message->bytes,
			    message->len);
			out->message[out->cnt].number = message->number;
			out->message[out->cnt].bytes.p = room->bytes[out->cnt];
			out->message[out->cnt].bytes.len = message->len;
			out->cnt++;
		}
	}
	pthread_mutex_unlock(&mailbox->lock);
}

void
ts_mailbox_count(struct ts_mailbox *mailbox, struct ts_mailbox_counts *out)
{
	pthread_mutex_lock(&mailbox->lock);
	out->boxes = mailbox->boxes;
	out->messages = mailbox->messages;
	pthread_mutex_unlock(&mailbox->lock);
}
