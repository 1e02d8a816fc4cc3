/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card with OpenPGP says in the middle of an operation. */
#include "cardfuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct cardfuzz f;

	cardfuzz_run(&f, TS_TOKEN_KIND_OPENPGP, data, len);
	return 0;
}
