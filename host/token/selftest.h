/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the walls hold on this kernel, in each way that they are put up. */
#ifndef TOKEN_SELFTEST_H
#define TOKEN_SELFTEST_H

/* Says what does not hold.  TS_OK, or TS_ERR_INTERNAL. */
int ts_selftest(void);

#endif
