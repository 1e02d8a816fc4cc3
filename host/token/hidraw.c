/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/hidraw.h"

#include <touchstone/wire/bytes.h>

#include <linux/hidraw.h>
#include <string.h>
#include <sys/ioctl.h>

#define FIDO_USAGE_PAGE 0xf1d0
#define FIDO_USAGE 1
#define REPORT_BITS (64 * 8)

/* Item prefixes without their size bits (HID 1.11 section 6.2.2.2 to 8). */
enum item {
	ITEM_INPUT = 0x80,
	ITEM_OUTPUT = 0x90,
	ITEM_COLLECTION = 0xa0,
	ITEM_END_COLLECTION = 0xc0,
	ITEM_USAGE_PAGE = 0x04,
	ITEM_REPORT_SIZE = 0x74,
	ITEM_REPORT_ID = 0x84,
	ITEM_REPORT_COUNT = 0x94,
	ITEM_USAGE = 0x08
};
#define ITEM_LONG 0xfe

struct scan {
	uint32_t page, usage, size, count;
	unsigned depth;	  /* of collections */
	unsigned fido;	  /* depth of the FIDO collection; 0: not inside */
	bool found;	  /* there was one */
	uint64_t in, out; /* bits of its reports */
};

/* Little-endian data of a short item; 4 for size code 3. */
static uint32_t
item_data(struct tsw_rd *rd, uint8_t prefix)
{
	size_t i, len = prefix & 3;
	uint32_t v = 0;

	if (len == 3)
		len = 4;
	for (i = 0; i < len; i++)
		v |= (uint32_t)tsw_rd_u8(rd) << (8 * i);
	return v;
}

static void
open_collection(struct scan *s)
{
	s->depth++;
	if (s->fido == 0 && !s->found && s->page == FIDO_USAGE_PAGE &&
	    s->usage == FIDO_USAGE) {
		s->fido = s->depth;
		s->found = true;
	}
	s->usage = 0;
}

/* False if collections do not nest. */
static bool
close_collection(struct scan *s)
{
	if (s->depth == 0)
		return false;
	if (s->fido == s->depth)
		s->fido = 0;
	s->depth--;
	s->usage = 0;
	return true;
}

static bool
take_item(struct scan *s, uint8_t prefix, uint32_t v)
{
	uint64_t bits = (uint64_t)s->size * s->count;

	switch (prefix & 0xfc) {
	case ITEM_USAGE_PAGE:
		s->page = v;
		return true;
	case ITEM_USAGE:
		s->usage = v;
		return true;
	case ITEM_REPORT_SIZE:
		s->size = v;
		return true;
	case ITEM_REPORT_COUNT:
		s->count = v;
		return true;
	case ITEM_COLLECTION:
		open_collection(s);
		return true;
	case ITEM_END_COLLECTION:
		return close_collection(s);
	case ITEM_INPUT:
		s->in += s->fido != 0 ? bits : 0;
		s->usage = 0;
		return true;
	case ITEM_OUTPUT:
		s->out += s->fido != 0 ? bits : 0;
		s->usage = 0;
		return true;
	case ITEM_REPORT_ID:
		/* A leading id byte is nothing CTAPHID knows. */
		s->in += s->fido != 0 ? 8 : 0;
		return true;
	default:
		return true;
	}
}

int
ts_token_descriptor_check(const uint8_t *desc, size_t len)
{
	struct scan s;
	struct tsw_rd rd;
	uint8_t prefix, skip;
	bool ok = true;

	memset(&s, 0, sizeof(s));
	tsw_rd_init(&rd, desc, len);
	while (ok && !rd.bad && rd.left > 0) {
		prefix = tsw_rd_u8(&rd);
		if (prefix == ITEM_LONG) {
			skip = tsw_rd_u8(&rd);
			(void)tsw_rd_u8(&rd); /* its tag */
			(void)tsw_rd_view(&rd, skip);
			continue;
		}
		ok = take_item(&s, prefix, item_data(&rd, prefix));
	}
	if (!ok || !tsw_rd_done(&rd) || s.depth != 0)
		return TS_ERR_TOKEN_IO;
	if (!s.found)
		return TS_ERR_NOT_FOUND;
	if (s.in != REPORT_BITS || s.out != REPORT_BITS)
		return TS_ERR_TOKEN_UNSUPPORTED;
	return TS_OK;
}

int
ts_token_hidraw_check(int fd)
{
	struct hidraw_report_descriptor desc;
	int size = 0;

	if (ioctl(fd, HIDIOCGRDESCSIZE, &size) < 0 || size < 1 ||
	    size > HID_MAX_DESCRIPTOR_SIZE)
		return TS_ERR_NOT_FOUND;
	memset(&desc, 0, sizeof(desc));
	desc.size = (uint32_t)size;
	if (ioctl(fd, HIDIOCGRDESC, &desc) < 0)
		return TS_ERR_NOT_FOUND;
	return ts_token_descriptor_check(desc.value, (size_t)size);
}
