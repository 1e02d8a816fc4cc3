/* SPDX-License-Identifier: BSD-2-Clause */
/* BearSSL on a chip: of its curves one, in the implementation that is fastest
 * where a product has 32 bits.  Its own default has four more curves. */
#include <bearssl_ec.h>

const br_ec_impl *
br_ec_get_default(void)
{
	return &br_ec_p256_m15;
}
