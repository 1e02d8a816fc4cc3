/* SPDX-License-Identifier: BSD-2-Clause */
#include "twin.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERIAL_LEAST 4 /* shorter ones are no serials, but counters */

/* The value of a line "key=value", or "". */
static void
value_of(char out[TS_TWIN_TEXT_MAX], const char *text, const char *key)
{
	const size_t key_len = strlen(key);
	size_t len;

	out[0] = '\0';
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len <= key_len || strncmp(text, key, key_len) != 0 ||
		    len - key_len >= TS_TWIN_TEXT_MAX)
			continue;
		memcpy(out, text + key_len, len - key_len);
		out[len - key_len] = '\0';
		return;
	}
}

void
ts_twin_read(struct ts_twin_usb *out, const char *uevent)
{
	value_of(out->name, uevent, "HID_NAME=");
	value_of(out->serial, uevent, "HID_UNIQ=");
}

void
ts_twin_look(struct ts_twin_usb *out, const char *device)
{
	static const char prefix[] = "fido:/dev/";
	char path[96], text[1024] = "";
	ssize_t n;
	int fd;

	memset(out, 0, sizeof(*out));
	if (strncmp(device, prefix, sizeof(prefix) - 1) != 0)
		return;
	(void)snprintf(path, sizeof(path),
	    "/sys/class/hidraw/%.32s/device/uevent",
	    device + sizeof(prefix) - 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	ts_twin_read(out, text);
}

/*
 * libccid names a reader "Product [Interface] (Serial)", and pcscd adds two
 * numbers: reader and slot.
 */
static bool
has_any_serial(const char *reader)
{
	const char *open = strchr(reader, '(');

	return open != NULL && strchr(open, ')') != NULL;
}

bool
ts_twin_has_serial(const struct ts_twin_usb *usb, const char *reader)
{
	char mark[TS_TWIN_TEXT_MAX + 3];

	if (strlen(usb->serial) < SERIAL_LEAST)
		return false;
	(void)snprintf(mark, sizeof(mark), "(%s)", usb->serial);
	return strstr(reader, mark) != NULL;
}

bool
ts_twin_has_name(const struct ts_twin_usb *usb, const char *reader)
{
	const size_t len = strlen(usb->name);

	return usb->serial[0] == '\0' && !has_any_serial(reader) && len > 0 &&
	    strncmp(reader, usb->name, len) == 0 && reader[len] == ' ';
}
