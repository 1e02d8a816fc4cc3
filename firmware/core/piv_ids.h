/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the PIV protocol (SP 800-73-5, SP 800-78-5). */
#ifndef FW_PIV_IDS_H
#define FW_PIV_IDS_H

enum fw_piv_ins {
	FW_PIV_INS_VERIFY = 0x20,
	FW_PIV_INS_CHANGE = 0x24,
	FW_PIV_INS_UNBLOCK = 0x2c,
	FW_PIV_INS_GENERATE = 0x47,
	FW_PIV_INS_AUTHENTICATE = 0x87,
	FW_PIV_INS_GET_DATA = 0xcb,
	FW_PIV_INS_PUT_DATA = 0xdb,
	/* Of YubiKeys. */
	FW_PIV_INS_MOVE = 0xf6,
	FW_PIV_INS_METADATA = 0xf7,
	FW_PIV_INS_SERIAL = 0xf8,
	FW_PIV_INS_ATTEST = 0xf9,
	FW_PIV_INS_SET_TRIES = 0xfa,
	FW_PIV_INS_RESET = 0xfb,
	FW_PIV_INS_VERSION = 0xfd,
	FW_PIV_INS_SET_ADMIN = 0xff
};

/* Key references (SP 800-73-5 part 1 table 5; F9 is YubiKeys'). */
enum fw_piv_ref {
	FW_PIV_PIN = 0x80,
	FW_PIV_PUK = 0x81,
	FW_PIV_9A = 0x9a,
	FW_PIV_ADMIN = 0x9b,
	FW_PIV_9C = 0x9c,
	FW_PIV_9D = 0x9d,
	FW_PIV_9E = 0x9e,
	FW_PIV_F9 = 0xf9
};

enum fw_piv_alg {
	FW_PIV_3DES = 0x03,
	FW_PIV_AES128 = 0x08,
	FW_PIV_AES192 = 0x0a,
	FW_PIV_AES256 = 0x0c,
	FW_PIV_P256 = 0x11,
	FW_PIV_ED25519 = 0xe0, /* these two are YubiKeys' */
	FW_PIV_X25519 = 0xe1
};

enum fw_piv_pin_policy {
	FW_PIV_PIN_NEVER = 1,
	FW_PIV_PIN_ONCE = 2,
	FW_PIV_PIN_ALWAYS = 3
};

enum fw_piv_touch_policy {
	FW_PIV_TOUCH_NEVER = 1,
	FW_PIV_TOUCH_ALWAYS = 2,
	FW_PIV_TOUCH_CACHED = 3
};

#define FW_PIV_TAG_DYNAMIC 0x7c /* dynamic authentication template */
#define FW_PIV_TAG_WITNESS 0x80
#define FW_PIV_TAG_CHALLENGE 0x81
#define FW_PIV_TAG_RESPONSE 0x82
#define FW_PIV_TAG_POINT 0x85

#endif
