/* SPDX-License-Identifier: BSD-2-Clause */
#include "pattern.h"

#include <stddef.h>

#define TIMES_MAX 12
#define S 150
#define L 700
#define GAP 250
#define PAUSE 1200

/* The first 0 ends a list; an empty one never changes. */
static const uint16_t times[][TIMES_MAX] = {
    [HAL_LED_OFF] = {0},
    [HAL_LED_IDLE] = {40, 3960},
    [HAL_LED_BUSY] = {0},
    [HAL_LED_WINK] = {250, 250},
    [HAL_LED_TOUCH_REGISTER] = {S, GAP, S, PAUSE},
    [HAL_LED_TOUCH_LOGIN] = {S, PAUSE},
    [HAL_LED_TOUCH_SELECT] = {S, GAP, S, GAP, S, PAUSE},
    [HAL_LED_TOUCH_RESET] = {1500, 150},
    [HAL_LED_TOUCH_KEYS] = {L, PAUSE},
    [HAL_LED_TOUCH_TOKENS] = {L, GAP, L, PAUSE},
    [HAL_LED_TOUCH_CONFIRM] = {L, GAP, S, PAUSE},
    [HAL_LED_TOUCH_DEVICE] = {L, GAP, S, GAP, S, PAUSE},
    [HAL_LED_TOUCH_CARD] = {S, GAP, L, GAP, S, PAUSE},
    [HAL_LED_ON] = {0},
    [HAL_LED_FAULT_ENTROPY] = {50, 100, 50, 100, 50, 1500},
    [HAL_LED_FAULT_STORE] = {50, 100, 50, 100, 50, 100, 50, 100, 50, 100, 50,
	1500},
};

_Static_assert(sizeof(times) / sizeof(times[0]) == HAL_LED_FAULT_STORE + 1,
    "every pattern has its times");

bool
rp2_pattern_is_lit(enum hal_led pattern, uint64_t since, uint32_t *next)
{
	const uint16_t *ms = times[pattern];
	uint32_t period = 0, at;
	size_t cnt, i;

	for (cnt = 0; cnt < TIMES_MAX && ms[cnt] != 0; cnt++)
		period += ms[cnt];
	*next = UINT32_MAX;
	if (cnt == 0)
		return pattern == HAL_LED_ON || pattern == HAL_LED_BUSY;
	at = (uint32_t)(since % period);
	for (i = 0; at >= ms[i]; i++)
		at -= ms[i];
	*next = ms[i] - at;
	return i % 2 == 0;
}
