/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a hidraw node and a reader are one USB device, by their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/twin.h"

static struct ts_twin_usb
usb(const char *name, const char *serial)
{
	struct ts_twin_usb out;

	memset(&out, 0, sizeof(out));
	strcpy(out.name, name);
	strcpy(out.serial, serial);
	return out;
}

static void
reads_uevent(void **state)
{
	struct ts_twin_usb out;

	(void)state;
	ts_twin_read(&out,
	    "DRIVER=hid-generic\nHID_ID=0003:00001050:00000407\n"
	    "HID_NAME=Yubico YubiKey OTP+FIDO+CCID\n"
	    "HID_PHYS=usb-0000:00:14.0-1/input1\nHID_UNIQ=0011223344\n"
	    "MODALIAS=hid:b0003\n");
	assert_string_equal(out.name, "Yubico YubiKey OTP+FIDO+CCID");
	assert_string_equal(out.serial, "0011223344");
	ts_twin_read(&out, "XHID_NAME=no\nHID_UNIQ=\n");
	assert_string_equal(out.name, "");
	assert_string_equal(out.serial, "");
	ts_twin_read(&out, "HID_UNIQ=last, without an end");
	assert_string_equal(out.serial, "last, without an end");
	ts_twin_read(&out, "");
	assert_string_equal(out.name, "");
}

static void
too_long_is_nothing(void **state)
{
	char text[400] = "HID_UNIQ=";
	struct ts_twin_usb out;

	(void)state;
	memset(text + 9, 'x', sizeof(text) - 10);
	ts_twin_read(&out, text);
	assert_string_equal(out.serial, "");
	text[9 + TS_TWIN_TEXT_MAX - 1] = '\0';
	ts_twin_read(&out, text);
	assert_int_equal(strlen(out.serial), TS_TWIN_TEXT_MAX - 1);
}

static void
serial_in_the_reader(void **state)
{
	const struct ts_twin_usb with = usb("Touchstone Token", "E66058388374");
	const struct ts_twin_usb none = usb("Touchstone Token", "");
	const struct ts_twin_usb counter = usb("A reader", "01");

	(void)state;
	assert_true(ts_twin_has_serial(&with,
	    "Touchstone Token [CCID] (E66058388374) 00 00"));
	assert_false(ts_twin_has_serial(&with,
	    "Touchstone Token [CCID] (E66058388375) 00 00"));
	assert_false(ts_twin_has_serial(&with,
	    "Touchstone Token [CCID] (xE66058388374) 00 00"));
	assert_false(ts_twin_has_serial(&with, "Touchstone E66058388374"));
	assert_false(ts_twin_has_serial(&none, "Touchstone Token () 00 00"));
	/* Cheap readers all have the same "serial". */
	assert_false(ts_twin_has_serial(&counter, "A reader (01) 00 00"));
}

static void
name_of_the_product(void **state)
{
	const struct ts_twin_usb yubikey =
	    usb("Yubico YubiKey OTP+FIDO+CCID", "");
	const struct ts_twin_usb serial =
	    usb("Yubico YubiKey OTP+FIDO+CCID", "0011223344");
	const struct ts_twin_usb nameless = usb("", "");

	(void)state;
	assert_true(
	    ts_twin_has_name(&yubikey, "Yubico YubiKey OTP+FIDO+CCID 00 00"));
	assert_false(
	    ts_twin_has_name(&yubikey, "Yubico YubiKey FIDO+CCID 00 00"));
	assert_false(
	    ts_twin_has_name(&yubikey, "Yubico YubiKey OTP+FIDO+CCID2 00 00"));
	/* One that has a serial says by it which one it is. */
	assert_false(
	    ts_twin_has_name(&serial, "Yubico YubiKey OTP+FIDO+CCID 00 00"));
	assert_false(ts_twin_has_name(&yubikey,
	    "Yubico YubiKey OTP+FIDO+CCID (0011223344) 00 00"));
	assert_false(ts_twin_has_name(&nameless, " 00 00"));
}

static void
only_hidraw_nodes(void **state)
{
	struct ts_twin_usb out = usb("x", "y");

	(void)state;
	ts_twin_look(&out, "sim:/tmp/token");
	assert_string_equal(out.name, "");
	assert_string_equal(out.serial, "");
	ts_twin_look(&out, "fido:/dev/no-such-node");
	assert_string_equal(out.name, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_uevent),
	    cmocka_unit_test(too_long_is_nothing),
	    cmocka_unit_test(serial_in_the_reader),
	    cmocka_unit_test(name_of_the_product),
	    cmocka_unit_test(only_hidraw_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
