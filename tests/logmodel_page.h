/* SPDX-License-Identifier: BSD-2-Clause */
/* The pages of the model: true, and then spoilt. */
#ifndef TESTS_LOGMODEL_PAGE_H
#define TESTS_LOGMODEL_PAGE_H

#include "logmodel.h"

void logmodel_check(bool ok);
/* The answer is a refusal; its status. */
unsigned logmodel_refuse(struct logmodel *m, enum ts_refusal code,
    uint32_t err);
void logmodel_key(const struct logmodel *m, uint8_t k[32],
    struct tsw_slice label, uint32_t number);
struct ts_tree_source logmodel_source(const struct logmodel *m);
/* The checkpoint, as the lie has it; its length. */
size_t logmodel_note(const struct logmodel *m, char out[TS_NOTE_MAX]);
/* Answers a lookup in m->answer; the status. */
unsigned logmodel_lookup(struct logmodel *m, struct tsw_slice body);

#endif
