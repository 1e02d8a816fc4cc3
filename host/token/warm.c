/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/warm.h"

#include "token/fido2.h"

#include <openssl/crypto.h>

int
ts_warm_up(void)
{
	/*
	 * No configuration file: it could load engines and providers, and it
	 * could not be opened later.
	 */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return TS_ERR_INTERNAL;
	ts_fido2_init();
	return TS_OK;
}
