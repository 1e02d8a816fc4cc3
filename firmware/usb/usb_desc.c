/* SPDX-License-Identifier: BSD-2-Clause */
#include "usb_desc.h"

#define LE16(v) (v) & 0xff, (v) >> 8
#define LE32(v) LE16((v)&0xffff), LE16((v) >> 16)
#define LANGUAGE 0x0409 /* English, United States: what every host asks for */

enum string { STRING_LANGUAGES, STRING_MANUFACTURER, STRING_PRODUCT };

/* Descriptors stand here as the standards' tables have them, a field or two in
 * a line. */
/* clang-format off */
static const uint8_t device[] = {
	18, FW_USB_DESC_DEVICE, LE16(0x0200),
	0, 0, 0, /* each interface has its own class */
	FW_USB_PACKET_LEN,
	LE16(0x1209), LE16(0x0001), /* pid.codes: for tests */
	LE16(0x0010), /* 0.1.0 */
	STRING_MANUFACTURER, STRING_PRODUCT, 0, /* no serial number */
	1,
};

/* CTAP 2.1 section 11.2.8.1. */
static const uint8_t fido_report[] = {
	0x06, 0xd0, 0xf1, /* usage page: FIDO alliance */
	0x09, 0x01, /* usage: authenticator */
	0xa1, 0x01, /* collection: application */
	0x09, 0x20, /*  usage: data in */
	0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, FW_USB_PACKET_LEN,
	0x81, 0x02, /*  input: bytes of 0..255 */
	0x09, 0x21, /*  usage: data out */
	0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, FW_USB_PACKET_LEN,
	0x91, 0x02, /*  output */
	0xc0,
};

/* HID 1.11 appendix B.1: what a BIOS takes for granted. */
static const uint8_t keyboard_report[] = {
	0x05, 0x01, /* usage page: generic desktop */
	0x09, 0x06, /* usage: keyboard */
	0xa1, 0x01, /* collection: application */
	0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01,
	0x75, 0x01, 0x95, 0x08,
	0x81, 0x02, /*  input: a bit for each modifier */
	0x95, 0x01, 0x75, 0x08,
	0x81, 0x01, /*  input: a byte of nothing */
	0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05,
	0x91, 0x02, /*  output: a bit for each LED */
	0x95, 0x01, 0x75, 0x03,
	0x91, 0x01, /*  output: three bits of nothing */
	0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65,
	0x05, 0x07, 0x19, 0x00, 0x29, 0x65,
	0x81, 0x00, /*  input: six keys that are down */
	0xc0,
};

#define CONFIGURATION_LEN 9
#define INTERFACE_LEN 9
#define ENDPOINT_LEN 7
#define HID_LEN 9
#define CCID_LEN 54

#define FIDO_AT (CONFIGURATION_LEN + INTERFACE_LEN) /* its HID descriptor */
#define CCID_AT (FIDO_AT + HID_LEN + 2 * ENDPOINT_LEN + INTERFACE_LEN)
#define KEYBOARD_AT (CCID_AT + CCID_LEN + 2 * ENDPOINT_LEN + INTERFACE_LEN)
#define TOTAL_LEN (KEYBOARD_AT + HID_LEN + ENDPOINT_LEN)

#define INTERFACE(number, endpoints) \
	INTERFACE_LEN, 4, (number), 0, (endpoints)
#define HID(report) \
	HID_LEN, FW_USB_DESC_HID, LE16(0x0111), 0, 1, \
	FW_USB_DESC_REPORT, LE16(sizeof(report))
#define BULK(address) \
	ENDPOINT_LEN, 5, (address), 2, LE16(FW_USB_PACKET_LEN), 0
#define INTERRUPT(address, len, ms) \
	ENDPOINT_LEN, 5, (address), 3, LE16(len), (ms)
#define TO_HOST 0x80

static const uint8_t configuration[] = {
	CONFIGURATION_LEN, FW_USB_DESC_CONFIGURATION, LE16(TOTAL_LEN),
	FW_USB_IF_CNT, FW_USB_CONFIGURATION, 0,
	0x80, /* power from the bus, wakes nobody up */
	50, /* 100 mA, of which a display takes 20 */

	INTERFACE(FW_USB_IF_FIDO, 2), 3, 0, 0, 0, /* HID */
	HID(fido_report),
	INTERRUPT(FW_USB_EP_FIDO | TO_HOST, FW_USB_PACKET_LEN, 5),
	INTERRUPT(FW_USB_EP_FIDO, FW_USB_PACKET_LEN, 5),

	/* CCID 1.1 section 5.1.  One card that is never taken out, so there is
	 * no interrupt endpoint.  Clock and rates are the default of ISO
	 * 7816-3: there are no contacts to measure them at. */
	INTERFACE(FW_USB_IF_CCID, 2), 0x0b, 0, 0, 0,
	CCID_LEN, 0x21, LE16(0x0110),
	0, 7, /* highest slot; 5, 3 and 1.8 V */
	LE32(2), /* T=1 */
	LE32(4000), LE32(4000), 0, /* clock in kHz, no others */
	LE32(10752), LE32(10752), 0, /* bits/s, no others */
	LE32(254), LE32(0), LE32(0), /* IFSD; no synchronous, no mechanics */
	LE32(0x000404be), /* all is automatic; extended APDUs */
	LE32(FW_USB_CCID_MESSAGE_MAX),
	0xff, 0xff, /* class of envelopes: as the command's */
	LE16(0), 0, 1, /* no LCD, no PIN pad; one slot busy at most */
	BULK(FW_USB_EP_CCID | TO_HOST),
	BULK(FW_USB_EP_CCID),

	INTERFACE(FW_USB_IF_KEYBOARD, 1), 3, 1, 1, 0, /* HID, boot, keyboard */
	HID(keyboard_report),
	INTERRUPT(FW_USB_EP_KEYBOARD | TO_HOST, FW_USB_KEYBOARD_LEN, 10),
};
/* clang-format on */

_Static_assert(sizeof(configuration) == TOTAL_LEN, "lengths add up");
_Static_assert(sizeof(device) == 18, "USB 2.0 table 9-8");

static const uint8_t languages[] = {4, FW_USB_DESC_STRING, LE16(LANGUAGE)};

static bool
string(struct tsw_slice *out, uint8_t number, uint16_t language,
    uint8_t buf[FW_USB_PACKET_LEN])
{
	static const char *const text[] = {
	    [STRING_MANUFACTURER] = "Touchstone",
	    [STRING_PRODUCT] = "Touchstone token",
	};
	uint8_t len = 2;
	const char *p;

	if (number == STRING_LANGUAGES) {
		*out = (struct tsw_slice){languages, sizeof(languages)};
		return language == 0;
	}
	if (number > STRING_PRODUCT || language != LANGUAGE)
		return false;
	for (p = text[number]; *p != '\0' && len < FW_USB_PACKET_LEN; p++) {
		buf[len++] = (uint8_t)*p; /* UTF-16, little-endian */
		buf[len++] = 0;
	}
	buf[0] = len;
	buf[1] = FW_USB_DESC_STRING;
	*out = (struct tsw_slice){buf, len};
	return true;
}

bool
fw_usb_desc_device(struct tsw_slice *out, uint16_t value, uint16_t index,
    uint8_t buf[FW_USB_PACKET_LEN])
{
	uint8_t number = (uint8_t)(value & 0xff);

	switch (value >> 8) {
	case FW_USB_DESC_DEVICE:
		*out = (struct tsw_slice){device, sizeof(device)};
		return number == 0 && index == 0;
	case FW_USB_DESC_CONFIGURATION:
		*out = (struct tsw_slice){configuration, sizeof(configuration)};
		return number == 0 && index == 0;
	case FW_USB_DESC_STRING:
		return string(out, number, index, buf);
	default:
		/* A qualifier is of devices that have another speed. */
		return false;
	}
}

bool
fw_usb_desc_interface(struct tsw_slice *out, uint16_t value, uint16_t index)
{
	bool fido = index == FW_USB_IF_FIDO;

	if (!fido && index != FW_USB_IF_KEYBOARD)
		return false;
	if (value == FW_USB_DESC_HID << 8) {
		out->p = configuration + (fido ? FIDO_AT : KEYBOARD_AT);
		out->len = HID_LEN;
		return true;
	}
	if (value != FW_USB_DESC_REPORT << 8)
		return false;
	out->p = fido ? fido_report : keyboard_report;
	out->len = fido ? sizeof(fido_report) : sizeof(keyboard_report);
	return true;
}
