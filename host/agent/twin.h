/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a hidraw node and a smartcard reader are the same USB device, from
 * the names that the kernel and pcscd give them.  Opens no device.
 */
#ifndef TOUCHSTONE_AGENT_TWIN_H
#define TOUCHSTONE_AGENT_TWIN_H

#include <stdbool.h>
#include <stddef.h>

#define TS_TWIN_TEXT_MAX 128

/* What sysfs says of a HID device; "" where it says nothing. */
struct ts_twin_usb {
	char name[TS_TWIN_TEXT_MAX];   /* manufacturer and product */
	char serial[TS_TWIN_TEXT_MAX]; /* of the USB device */
};

/* From the text of its file uevent. */
void ts_twin_read(struct ts_twin_usb *out, const char *uevent);

/* Of the device "fido:/dev/hidrawN"; all "" for any other. */
void ts_twin_look(struct ts_twin_usb *out, const char *device);

/* The reader's name carries the serial: the same device for sure. */
bool ts_twin_has_serial(const struct ts_twin_usb *usb, const char *reader);

/*
 * Neither has a serial and the names agree: the same device, unless there are
 * two of the kind.
 */
bool ts_twin_has_name(const struct ts_twin_usb *usb, const char *reader);

#endif
