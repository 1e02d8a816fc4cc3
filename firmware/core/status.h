/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAP status codes (CTAP 2.1 section 8.2), those that this token sends, and
 * the vendor codes of the statement applet (SPEC 12.7). */
#ifndef FW_STATUS_H
#define FW_STATUS_H

#include <touchstone/wire/applet.h>

enum fw_status {
	FW_CTAP_OK = 0x00,
	FW_CTAP_INVALID_COMMAND = 0x01,
	FW_CTAP_INVALID_PARAMETER = 0x02,
	FW_CTAP_INVALID_LENGTH = 0x03,
	FW_CTAP_UNEXPECTED_TYPE = 0x11,
	FW_CTAP_INVALID_CBOR = 0x12,
	FW_CTAP_MISSING_PARAMETER = 0x14,
	FW_CTAP_LIMIT_EXCEEDED = 0x15,
	FW_CTAP_CREDENTIAL_EXCLUDED = 0x19,
	FW_CTAP_UNSUPPORTED_ALGORITHM = 0x26,
	FW_CTAP_OPERATION_DENIED = 0x27,
	FW_CTAP_KEY_STORE_FULL = 0x28,
	FW_CTAP_UNSUPPORTED_OPTION = 0x2b,
	FW_CTAP_INVALID_OPTION = 0x2c,
	FW_CTAP_KEEPALIVE_CANCEL = 0x2d,
	FW_CTAP_NO_CREDENTIALS = 0x2e,
	FW_CTAP_USER_ACTION_TIMEOUT = 0x2f,
	FW_CTAP_NOT_ALLOWED = 0x30,
	FW_CTAP_PIN_INVALID = 0x31,
	FW_CTAP_PIN_BLOCKED = 0x32,
	FW_CTAP_PIN_AUTH_INVALID = 0x33,
	FW_CTAP_PIN_AUTH_BLOCKED = 0x34,
	FW_CTAP_PIN_NOT_SET = 0x35,
	FW_CTAP_PUAT_REQUIRED = 0x36,
	FW_CTAP_PIN_POLICY_VIOLATION = 0x37,
	FW_CTAP_INVALID_SUBCOMMAND = 0x3e,
	FW_CTAP_UNAUTHORIZED_PERMISSION = 0x40,
	FW_CTAP_OTHER = 0x7f,
#define X(name, id, sentence) FW_ST_##name = (id),
#include <touchstone/wire/applet_status.def>
#undef X
#define X(name, id, sentence) FW_APPLET_##name = (id),
#include <touchstone/wire/applet_status.def>
#undef X
	/* Not a status: the command waits for a touch. */
	FW_CTAP_WAIT_TOUCH = 0x100
};

#endif
