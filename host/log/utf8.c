/* SPDX-License-Identifier: BSD-2-Clause */
#include "utf8.h"

bool
ts_utf8_next(uint32_t *out, struct tsw_slice *s)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t c;
	size_t i, more;

	if (s->len == 0)
		return false;
	c = s->p[0];
	if (c < 0x80) {
		more = 0;
	} else if (c >= 0xc0 && c < 0xe0) {
		more = 1;
		c &= 0x1f;
	} else if (c >= 0xe0 && c < 0xf0) {
		more = 2;
		c &= 0x0f;
	} else if (c >= 0xf0 && c < 0xf8) {
		more = 3;
		c &= 0x07;
	} else {
		return false;
	}
	if (more >= s->len)
		return false;
	for (i = 1; i <= more; i++) {
		if ((s->p[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (s->p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	s->p += more + 1;
	s->len -= more + 1;
	*out = c;
	return true;
}

bool
ts_utf8_is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 ||
	    c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000;
}
