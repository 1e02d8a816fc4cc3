/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiler calls these four by itself, too, and is told not to see them in
 * their own loops (CMakeLists.txt).  Their time depends on lengths and
 * addresses only, except where string.h says so.
 */
#include <string.h>

#include <stdbool.h>
#include <stdint.h>

/* Memory as words, whatever type it was declared with. */
typedef uint32_t __attribute__((may_alias)) word;

/* This chip has no unaligned words. */
static bool
is_aligned(uintptr_t bits)
{
	return (bits & (sizeof(word) - 1)) == 0;
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	uint8_t *to = dst;
	const uint8_t *from = src;

	if (is_aligned((uintptr_t)dst | (uintptr_t)src))
		for (; len >= sizeof(word); len -= sizeof(word)) {
			*(word *)(void *)to = *(const word *)(const void *)from;
			to += sizeof(word);
			from += sizeof(word);
		}
	while (len-- > 0)
		*to++ = *from++;
	return dst;
}

void *
memmove(void *dst, const void *src, size_t len)
{
	uint8_t *to = dst;
	const uint8_t *from = src;

	if ((uintptr_t)to <= (uintptr_t)from)
		return memcpy(dst, src, len); /* ours goes upwards */
	while (len-- > 0)
		to[len] = from[len];
	return dst;
}

void *
memset(void *dst, int byte, size_t len)
{
	uint8_t *to = dst;
	uint32_t all = (uint8_t)byte * UINT32_C(0x01010101);

	if (is_aligned((uintptr_t)dst))
		for (; len >= sizeof(word); len -= sizeof(word)) {
			*(word *)(void *)to = all;
			to += sizeof(word);
		}
	while (len-- > 0)
		*to++ = (uint8_t)byte;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len > 0; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t
strlen(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return len;
}

int
strcmp(const char *a, const char *b)
{
	for (; *a != '\0' && *a == *b; a++)
		b++;
	return (uint8_t)*a - (uint8_t)*b;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (*s == '\0')
			return NULL;
	return (char *)(uintptr_t)s;
}
