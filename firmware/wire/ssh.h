/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings and key type names of the SSH protocol (RFC 4251 5). */
#ifndef FIRMWARE_WIRE_SSH_H
#define FIRMWARE_WIRE_SSH_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/statement.h>

/* A view of the next string; NULL and 0 once the reader is bad. */
struct tsw_slice tsw_rd_ssh(struct tsw_rd *rd);
void tsw_wr_ssh(struct tsw_wr *wr, const void *p, size_t len);
void tsw_wr_ssh_text(struct tsw_wr *wr, const char *text);

bool tsw_slice_is(struct tsw_slice s, const char *text);

/* Key type name of alg; NULL if there is none. */
const char *tsw_alg_ssh_name(enum tsw_alg alg);
bool tsw_alg_is_sk(enum tsw_alg alg);
bool tsw_alg_is_p256(enum tsw_alg alg);

#endif
