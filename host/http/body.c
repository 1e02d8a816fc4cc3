/* SPDX-License-Identifier: BSD-2-Clause */
#include "http/body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 15	 /* of a Content-Length */
#define FIRST_LEN 4096U	 /* of a buffer that grows as bytes arrive */
#define OVER_MAX 262144U /* bytes that are read for nothing */

static bool
read_length(uint64_t *out, const char *text)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (i == DIGITS_MAX || text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
	}
	*out = n;
	return i != 0;
}

void
ts_http_head_add(struct ts_http_head *head, const char *name, const char *value)
{
	if (name == NULL)
		return;
	if (value == NULL)
		value = "";
	if (strcasecmp(name, "Content-Length") == 0) {
		head->lengths++;
		if (!read_length(&head->length, value))
			head->bad = true;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		head->encodings++;
		if (strcasecmp(value, "chunked") != 0)
			head->bad = true;
	} else if (strcasecmp(name, "X-Forwarded-For") == 0) {
		head->forwarded = value;
	}
}

unsigned
ts_http_body_expect(struct ts_http_body *body, const struct ts_http_head *head,
    bool post, size_t max)
{
	memset(body, 0, sizeof(*body));
	body->max = max;
	if (head->bad || head->lengths + head->encodings > 1)
		return 400;
	if (!post)
		return head->encodings != 0 || head->length != 0 ? 400 : 0;
	if (head->lengths + head->encodings == 0)
		return 411;
	body->too_large = head->length > max;
	return head->length > (uint64_t)max + OVER_MAX ? 413 : 0;
}

static bool
grow(struct ts_http_body *body, size_t need)
{
	size_t size = body->size == 0 ? FIRST_LEN : body->size;
	uint8_t *p;

	while (size < need)
		size *= 2;
	if (size > body->max)
		size = body->max;
	p = realloc(body->p, size);
	if (p == NULL)
		return false;
	body->p = p;
	body->size = size;
	return true;
}

bool
ts_http_body_add(struct ts_http_body *body, const char *p, size_t len)
{
	if (body->too_large || len > body->max - body->len) {
		body->too_large = true;
		if (len > OVER_MAX || body->over > OVER_MAX - len)
			return false;
		body->over += len;
		return true;
	}
	if (len > body->size - body->len && !grow(body, body->len + len))
		return false;
	memcpy(body->p + body->len, p, len);
	body->len += len;
	return true;
}

void
ts_http_body_free(struct ts_http_body *body)
{
	free(body->p);
	body->p = NULL;
	body->len = body->size = 0;
}
