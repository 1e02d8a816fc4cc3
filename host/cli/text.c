/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

size_t
text_next(uint32_t *cp, const char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	size_t i, n;
	uint32_t c;

	*cp = TEXT_BAD;
	if (p[0] == 0)
		return 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 1;
	*cp = c;
	return n;
}

bool
text_is_utf8(const char *s)
{
	uint32_t cp;
	size_t n;

	while ((n = text_next(&cp, s)) != 0) {
		if (cp == TEXT_BAD)
			return false;
		s += n;
	}
	return true;
}

/* Characters that are not seen but change how the rest looks. */
static bool
is_hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	    cp == 0x61c || cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) ||
	    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	    cp == 0xfeff || (cp >= 0xfff0 && cp <= 0xfffb) ||
	    (cp & 0xfffe) == 0xfffe || (cp >= 0xe0000 && cp <= 0xe0fff);
}

void
text_clean(char *s, enum text_lines lines, bool utf8)
{
	char *to = s;
	uint32_t cp;
	size_t n;

	while ((n = text_next(&cp, s)) != 0) {
		if (lines == TEXT_KEEP_LINES && (cp == '\n' || cp == '\t'))
			*to++ = (char)cp;
		else if (cp == '\n' || cp == '\t' || cp == '\r')
			*to++ = ' ';
		else if (is_hidden(cp) || (cp >= 0x80 && !utf8))
			*to++ = '?';
		else {
			memmove(to, s, n);
			to += n;
		}
		s += n;
	}
	*to = '\0';
}

/* Columns of the first len bytes of s. */
static size_t
columns_of(const char *s, size_t len)
{
	size_t n, used = 0, columns = 0;
	uint32_t cp;
	int w;

	while (used < len && (n = text_next(&cp, s + used)) != 0) {
		w = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);
		columns += w < 0 ? 1 : (size_t)w;
		used += n;
	}
	return columns;
}

size_t
text_columns(const char *s)
{
	return columns_of(s, strlen(s));
}

void
text_wrap(FILE *f, const char *s, size_t at, size_t indent, size_t width)
{
	bool first = true; /* word of all */
	size_t blanks, len, columns;

	if (width == 0) {
		fprintf(f, "%s\n", s);
		return;
	}
	while (*s != '\0') {
		blanks = strspn(s, " ");
		len = blanks + strcspn(s + blanks, " ");
		columns = columns_of(s, len);
		if (!first && at + columns > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			at = indent;
			s += blanks;
			len -= blanks;
			columns -= blanks;
		}
		fprintf(f, "%.*s", (int)len, s);
		at += columns;
		first = false;
		s += len;
	}
	putc('\n', f);
}
