/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which hidraw nodes are FIDO tokens, told by their report descriptor
 * (HID 1.11 section 6.2.2, CTAP 2.1 section 11.2.8.1).
 */
#ifndef TOKEN_HIDRAW_H
#define TOKEN_HIDRAW_H

#include <touchstone/error.h>

#include <stddef.h>
#include <stdint.h>

/*
 * TS_OK for a descriptor with a collection of usage page 0xF1D0, usage 1 whose
 * input and output reports have 64 bytes; TS_ERR_NOT_FOUND for another device,
 * TS_ERR_TOKEN_UNSUPPORTED for other report lengths, TS_ERR_TOKEN_IO for bytes
 * that are no descriptor.
 */
int ts_token_descriptor_check(const uint8_t *desc, size_t len) TS_MUST_CHECK;

/* The same for an open hidraw node; TS_ERR_NOT_FOUND if fd is no hidraw. */
int ts_token_hidraw_check(int fd) TS_MUST_CHECK;

#endif
