/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person sees of the token: LED, display, and what it types.  In the
 * foreground it is drawn on the terminal, or told in lines to a file.
 */
#include <stdio.h>
#include <string.h>
#include <touchstone/wire/bytes.h>
#include <unistd.h>

#include "sim.h"

#define TEXT_MAX (HAL_DISPLAY_LINES * (HAL_DISPLAY_COLUMNS + 1))
#define TYPED_MAX 64
#define KEY_1 0x1e /* HID Usage Tables, page 7: 1..9, then 0 */
#define KEY_0 0x27

enum panel { PANEL_NONE, PANEL_LINES, PANEL_DRAWN };

static unsigned int outputs = HAL_OUT_DISPLAY | HAL_OUT_LED | HAL_OUT_KEYBOARD;
static enum hal_led led;
static char text[TEXT_MAX + 1];
static char typed[TYPED_MAX + 1];
static size_t typed_len;
static uint8_t keys_down[HAL_KEYBOARD_REPORT_LEN];
static enum panel panel;
static bool panel_there; /* it was drawn before */

static const struct {
	const char *name;
	unsigned int bit;
} output_name[] = {
    {"display", HAL_OUT_DISPLAY},
    {"led", HAL_OUT_LED},
    {"keyboard", HAL_OUT_KEYBOARD},
};

bool
sim_output_choose(const char *list)
{
	unsigned int chosen = 0;
	size_t i, len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		for (i = 0; i < 3; i++)
			if (strlen(output_name[i].name) == len &&
			    strncmp(list, output_name[i].name, len) == 0)
				break;
		if (i == 3)
			return false;
		chosen |= output_name[i].bit;
		if (list[len] == '\0')
			break;
	}
	outputs = chosen;
	return true;
}

unsigned int
hal_outputs(void)
{
	return outputs;
}

const char *
sim_led(void)
{
	switch (led) {
	case HAL_LED_OFF:
		return "off";
	case HAL_LED_IDLE:
		return "idle";
	case HAL_LED_BUSY:
		return "busy";
	case HAL_LED_WINK:
		return "wink";
	case HAL_LED_TOUCH_REGISTER:
		return "touch-register";
	case HAL_LED_TOUCH_LOGIN:
		return "touch-login";
	case HAL_LED_TOUCH_SELECT:
		return "touch-select";
	case HAL_LED_TOUCH_RESET:
		return "touch-reset";
	case HAL_LED_TOUCH_KEYS:
		return "touch-keys";
	case HAL_LED_TOUCH_TOKENS:
		return "touch-tokens";
	case HAL_LED_TOUCH_CONFIRM:
		return "touch-confirm";
	case HAL_LED_TOUCH_DEVICE:
		return "touch-device";
	case HAL_LED_TOUCH_CARD:
		return "touch-card";
	case HAL_LED_ON:
		return "on";
	case HAL_LED_FAULT_ENTROPY:
		return "fault-entropy";
	case HAL_LED_FAULT_STORE:
		return "fault-store";
	}
	return "error: no such pattern";
}

const char *
sim_display(void)
{
	static char line[TEXT_MAX * 3 + 1];
	const char *p;
	size_t n = 0;

	for (p = text; *p != '\0'; p++) {
		if (*p != '\n') {
			line[n++] = *p;
			continue;
		}
		memcpy(line + n, " | ", 3);
		n += 3;
	}
	line[n] = '\0';
	return line;
}

const char *
sim_typed(void)
{
	static char line[TYPED_MAX + 1];

	memcpy(line, typed, sizeof(line));
	tsw_wipe(typed, sizeof(typed));
	typed_len = 0;
	return line;
}

/* Whoever reads stdout may have stopped: the token does not wait for him. */
static bool
stdout_takes(void)
{
	struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0;
}

static void
draw(void)
{
	static const char bar[] = "---------------------";
	const char *p = text;
	size_t i, len;

	if (panel_there)
		(void)printf("\033[%dA", HAL_DISPLAY_LINES + 2);
	panel_there = true;
	(void)printf("\r.-%s-.\n", bar);
	for (i = 0; i < HAL_DISPLAY_LINES; i++) {
		len = strcspn(p, "\n");
		(void)printf("\r| %-*.*s |\n", HAL_DISPLAY_COLUMNS, (int)len,
		    p);
		p += len + (p[len] == '\n');
	}
	(void)printf("\r'-%s-'  LED: %s\033[K\n", bar, sim_led());
	(void)fflush(stdout);
}

static void
tell(const char *what, const char *how)
{
	(void)printf("%s: %s\n", what, how);
	(void)fflush(stdout);
}

/* A person follows touches and faults, not every command's flicker. */
static bool
is_worth_a_line(enum hal_led l)
{
	return l != HAL_LED_OFF && l != HAL_LED_ON && l != HAL_LED_BUSY &&
	    l != HAL_LED_IDLE;
}

void
sim_output_open(void)
{
	panel = isatty(STDOUT_FILENO) ? PANEL_DRAWN : PANEL_LINES;
	if (panel == PANEL_DRAWN)
		draw();
}

void
sim_output_off(void)
{
	hal_display("");
	hal_led(HAL_LED_OFF);
	memset(keys_down, 0, sizeof(keys_down));
}

void
hal_led(enum hal_led pattern)
{
	if (pattern == led)
		return;
	if ((pattern == HAL_LED_ON) != (led == HAL_LED_ON))
		sim_watch(pattern == HAL_LED_ON);
	led = pattern;
	if (panel == PANEL_NONE || !stdout_takes())
		return;
	if (panel == PANEL_DRAWN)
		draw();
	else if (is_worth_a_line(led))
		tell("led", sim_led());
}

void
hal_display(const char *t)
{
	size_t len = strlen(t);

	if ((outputs & HAL_OUT_DISPLAY) == 0 || strcmp(t, text) == 0)
		return;
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	tsw_wipe(text, sizeof(text));
	memcpy(text, t, len);
	if (panel == PANEL_NONE || !stdout_takes())
		return;
	if (panel == PANEL_DRAWN)
		draw();
	else
		tell("display", sim_display());
}

bool
sim_has_keyboard(void)
{
	return (outputs & HAL_OUT_KEYBOARD) != 0;
}

static void
type(uint8_t key)
{
	char c = '?';

	if (key >= KEY_1 && key < KEY_0)
		c = (char)('1' + key - KEY_1);
	else if (key == KEY_0)
		c = '0';
	if (typed_len < TYPED_MAX)
		typed[typed_len++] = c;
}

/* What a computer makes of it: a key that was not down before is a letter. */
void
sim_keyboard_send(const uint8_t *report, size_t len)
{
	size_t i;

	if (len != HAL_KEYBOARD_REPORT_LEN)
		return;
	for (i = 2; i < HAL_KEYBOARD_REPORT_LEN; i++)
		if (report[i] != 0 &&
		    memchr(keys_down + 2, report[i], sizeof(keys_down) - 2) ==
			NULL)
			type(report[0] == 0 ? report[i] : 0);
	memcpy(keys_down, report, sizeof(keys_down));
}
