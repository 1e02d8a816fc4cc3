/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card with PIV says in the middle of an operation. */
#include "cardfuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct cardfuzz f;

	cardfuzz_run(&f, TS_TOKEN_KIND_PIV, data, len);
	return 0;
}
