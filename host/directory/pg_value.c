/* SPDX-License-Identifier: BSD-2-Clause */
/* Parameters and arrays as PostgreSQL's binary protocol has them. */
#include "pg.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Dimensions, nulls, type of the elements, count, lower bound. */
#define HEAD_LEN 20
#define CNT_AT 12
#define FIRST_ROOM 4096
/* A message of the protocol has a signed 32-bit length. */
#define ARRAY_MAX (512u << 20)

void
pg_parameters_init(struct pg_parameters *p)
{
	memset(p, 0, sizeof(*p));
}

static void
add(struct pg_parameters *p, const void *value, size_t len)
{
	if (p->cnt == PG_PARAMETERS_CNT || len > INT_MAX) {
		p->bad = true;
		return;
	}
	/* NULL would be SQL's NULL. */
	p->value[p->cnt] = value != NULL ? value : "";
	p->len[p->cnt] = (int)len;
	p->cnt++;
}

void
pg_add_u64(struct pg_parameters *p, uint64_t v)
{
	if (p->cnt == PG_PARAMETERS_CNT || v > INT64_MAX) {
		p->bad = true;
		return;
	}
	tsw_store_u64(p->number[p->cnt], v);
	add(p, p->number[p->cnt], 8);
}

void
pg_add_bytes(struct pg_parameters *p, struct tsw_slice s)
{
	add(p, s.p, s.len);
}

void
pg_add_text(struct pg_parameters *p, const char *s)
{
	add(p, s, strlen(s));
}

static void
put(struct pg_array *a, const uint8_t *bytes, size_t len)
{
	size_t room = a->room == 0 ? FIRST_ROOM : a->room;
	uint8_t *p;

	if (a->bad || len > ARRAY_MAX - a->len) {
		a->bad = true;
		return;
	}
	while (room < a->len + len)
		room *= 2;
	if (room != a->room) {
		p = realloc(a->p, room);
		if (p == NULL) {
			a->bad = true;
			return;
		}
		a->p = p;
		a->room = room;
	}
	if (len > 0)
		memcpy(a->p + a->len, bytes, len);
	a->len += len;
}

static void
put_u32(struct pg_array *a, uint32_t v)
{
	uint8_t bytes[4];
	struct tsw_wr wr;

	tsw_wr_init(&wr, bytes, sizeof(bytes));
	tsw_wr_u32(&wr, v);
	put(a, bytes, sizeof(bytes));
}

void
pg_array_init(struct pg_array *a, enum pg_element element)
{
	memset(a, 0, sizeof(*a));
	put_u32(a, 1);
	put_u32(a, 1);
	put_u32(a, (uint32_t)element);
	put_u32(a, 0);
	put_u32(a, 1);
}

void
pg_array_u64(struct pg_array *a, uint64_t v)
{
	uint8_t bytes[8];

	if (v > INT64_MAX)
		a->bad = true;
	tsw_store_u64(bytes, v);
	pg_array_bytes(a, (struct tsw_slice){bytes, sizeof(bytes)});
}

void
pg_array_bytes(struct pg_array *a, struct tsw_slice s)
{
	if (s.len > INT_MAX)
		a->bad = true;
	put_u32(a, (uint32_t)s.len);
	put(a, s.p, s.len);
	a->cnt++;
}

void
pg_array_null(struct pg_array *a)
{
	put_u32(a, UINT32_MAX);
	a->cnt++;
}

void
pg_array_free(struct pg_array *a)
{
	free(a->p);
	memset(a, 0, sizeof(*a));
}

void
pg_add_array(struct pg_parameters *p, struct pg_array *a)
{
	struct tsw_wr wr;

	if (a->bad) {
		p->bad = true;
		return;
	}
	tsw_wr_init(&wr, a->p + CNT_AT, 4);
	tsw_wr_u32(&wr, a->cnt);
	add(p, a->p, a->len);
}
