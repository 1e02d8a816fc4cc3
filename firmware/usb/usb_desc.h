/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the token says of itself on a USB: one full-speed device with three
 * interfaces, none of which needs a driver of its own on Linux, macOS or
 * Windows (USB 2.0 chapter 9, HID 1.11, CCID 1.1).
 *
 * There is no serial number.  One that is the same in all tokens would make
 * Windows mix up two of them, and one that differs would name its owner to
 * every program that may list devices.
 */
#ifndef FW_USB_DESC_H
#define FW_USB_DESC_H

#include <touchstone/wire/bytes.h>

#define FW_USB_PACKET_LEN 64	     /* of all endpoints but the keyboard's */
#define FW_USB_KEYBOARD_LEN 8	     /* HID 1.11 appendix B.1 */
#define FW_USB_CONFIGURATION 1	     /* the number of the only one */
#define FW_USB_STRING_MAX 31	     /* characters, so that it fits a packet */
#define FW_USB_CCID_MESSAGE_MAX 1043 /* header, and a command of 1 KB */

enum fw_usb_interface {
	FW_USB_IF_FIDO,
	FW_USB_IF_CCID,
	FW_USB_IF_KEYBOARD,
	FW_USB_IF_CNT
};

enum fw_usb_ep {
	FW_USB_EP_CONTROL,
	FW_USB_EP_FIDO,	    /* interrupt, both ways */
	FW_USB_EP_CCID,	    /* bulk, both ways */
	FW_USB_EP_KEYBOARD, /* interrupt, to the host */
	FW_USB_EP_CNT
};

/* Sets of endpoints: a bit for each number and direction. */
#define FW_USB_IN(ep) (1u << (2 * (ep)))
#define FW_USB_OUT(ep) (2u << (2 * (ep)))
#define FW_USB_EPS_FIDO (FW_USB_IN(FW_USB_EP_FIDO) | FW_USB_OUT(FW_USB_EP_FIDO))
#define FW_USB_EPS_CCID (FW_USB_IN(FW_USB_EP_CCID) | FW_USB_OUT(FW_USB_EP_CCID))
#define FW_USB_EPS_KEYBOARD FW_USB_IN(FW_USB_EP_KEYBOARD)
#define FW_USB_EPS (FW_USB_EPS_FIDO | FW_USB_EPS_CCID | FW_USB_EPS_KEYBOARD)

/* bDescriptorType (USB 2.0 table 9-5, HID 1.11 section 7.1). */
enum fw_usb_desc {
	FW_USB_DESC_DEVICE = 1,
	FW_USB_DESC_CONFIGURATION = 2,
	FW_USB_DESC_STRING = 3,
	FW_USB_DESC_HID = 0x21,
	FW_USB_DESC_REPORT = 0x22
};

/*
 * The descriptor that GET_DESCRIPTOR asks for with these wValue and wIndex, of
 * the device or of an interface; false if there is none.  A string is made in
 * buf.
 */
bool fw_usb_desc_device(struct tsw_slice *out, uint16_t value, uint16_t index,
    uint8_t buf[FW_USB_PACKET_LEN]);
bool fw_usb_desc_interface(struct tsw_slice *out, uint16_t value,
    uint16_t index);

#endif
