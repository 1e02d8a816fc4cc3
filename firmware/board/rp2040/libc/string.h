/* SPDX-License-Identifier: BSD-2-Clause */
/* What the firmware and its libraries take from <string.h>; C11 section 7.24.
 */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
/* Stops at the first difference: not for secrets, which want tsw_ct_eq(). */
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);

#endif
