/* SPDX-License-Identifier: BSD-2-Clause */
/* Results inside the firmware; CTAP status codes are in status.h. */
#ifndef FW_ERR_H
#define FW_ERR_H

enum fw_err {
	FW_OK = 0,
	FW_ERR_RANGE = -1,   /* a scalar or point outside its group */
	FW_ERR_AUTH = -2,    /* a MAC does not match */
	FW_ERR_LENGTH = -3,  /* not a length this function takes */
	FW_ERR_NONE = -4,    /* no such record or credential */
	FW_ERR_FULL = -5,    /* no room */
	FW_ERR_CORRUPT = -6, /* flash content that no version wrote */
	FW_ERR_NEWER = -7,   /* flash content of a newer version */
	FW_ERR_SIZE = -8,    /* flash too small */
	FW_ERR_ENTROPY = -9, /* the noise source failed a health test */
	FW_ERR_FAULT = -10   /* a signature that does not verify */
};

#define FW_MUST_CHECK __attribute__((warn_unused_result))

#endif
