/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that does one thing wrong, for judge.test.mjs: it is entered by its
 * vectors, runs crime() and ends in a loop. */
#include <stdint.h>

#define REG(a) (*(volatile uint32_t *)(a))
#define REG8(a) (*(volatile uint8_t *)(a))
#define REG16(a) (*(volatile uint16_t *)(a))
#define RAM __attribute__((section(".data"), noinline, long_call))

#define RESETS 0x4000c000u
#define TIMER 0x40054000u
#define SSI 0x18000000u
#define DPRAM 0x50100000u
#define USB 0x50110000u

static inline void *
rom(char a, char b)
{
	volatile uint16_t *header = (volatile uint16_t *)0x10;
	void *(*lookup)(uintptr_t table, uint32_t code);

	__asm__("" : "+r"(header));
	lookup = (void *(*)(uintptr_t, uint32_t))(uintptr_t)header[4];
	return lookup(header[2], (uint32_t)(a | b << 8));
}

typedef void step(void);
typedef void erase(uint32_t off, uint32_t len, uint32_t block, uint8_t cmd);
typedef void program(uint32_t off, const uint8_t *data, uint32_t len);

void crime(void);

static void
out_of_reset(uint32_t bits)
{
	REG(RESETS + 0x3000) = bits;
}

static void
usb_on(void)
{
	out_of_reset(1u << 24);
	REG(USB + 0x74) = 9;
	REG(USB + 0x78) = 12;
	REG(USB + 0x40) = 1;
	REG(USB + 0x4c) = 1u << 29 | 1u << 16;
}

extern uint32_t data_load[], data_start[], data_end[];

void
start(void)
{
	uint32_t *to = data_start;
	const uint32_t *from = data_load;

	while (to < data_end)
		*to++ = *from++;
	(void)usb_on;
	crime();
	for (;;)
		;
}

__attribute__((section(".vectors"),
    used)) static void *const vectors[] = {(void *)0x20004000, start};
