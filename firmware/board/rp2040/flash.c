/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store in the flash chip that also holds the program, through functions of
 * the boot ROM (datasheet section 2.8.3.1.3).  They end XIP: until a copy of
 * the second boot stage has begun it again no instruction comes from flash, so
 * what runs between is in RAM and interrupts are off.  The USB controller
 * answers NAK by itself meanwhile; an erasure takes 45 ms, 400 at worst.
 *
 * NOR flash clears bits and takes several writes to a page (256 bytes): a unit
 * is programmed as a page that is all ones elsewhere.
 */
#include <string.h>

#include "rp2.h"
#include "rp2040.h"

/* The first region is the last 128 KB of 2 MB, where it always was; the second
 * is before it. */
#define FIRST_OFF 0x1e0000u
#define SECOND_OFF 0x1c0000u
#define SECTOR_LEN 4096
#define REGION_SECTORS 32
#define REGION_LEN (SECTOR_LEN * REGION_SECTORS)
#define SECTOR_CNT (REGION_SECTORS * HAL_FLASH_REGION_CNT)
#define STORE_LEN (SECTOR_LEN * SECTOR_CNT)
#define PAGE_LEN 256
#define BOOT2_WORDS 64
#define BLOCK_LEN 65536 /* what the ROM may erase at once, with command D8h */
#define BLOCK_ERASE_CMD 0xd8

/* Where the boot ROM keeps 16-bit addresses (section 2.8.2). */
#define ROM_TABLE 0x14
#define ROM_LOOKUP 0x18
#define ROM_CODE(a, b) ((uint32_t)(a) | (uint32_t)(b) << 8)

static struct {
	void (*connect)(void);
	void (*exit_xip)(void);
	void (*erase)(uint32_t off, size_t len, uint32_t block_len,
	    uint8_t block_cmd);
	void (*program)(uint32_t off, const uint8_t *data, size_t len);
	void (*flush_cache)(void);
	void (*enter_xip)(void);
} rom;

static uint32_t boot2[BOOT2_WORDS];
static uint8_t page[PAGE_LEN];

/* The compiler takes an address this low for a mistake if it sees it. */
static uintptr_t
rom_address(uintptr_t at)
{
	__asm__("" : "+r"(at));
	return *(const volatile uint16_t *)at;
}

static uintptr_t
rom_function(uint32_t code)
{
	uintptr_t (*lookup)(uintptr_t table, uint32_t code) =
	    (uintptr_t(*)(uintptr_t, uint32_t))rom_address(ROM_LOOKUP);
	uintptr_t function = lookup(rom_address(ROM_TABLE), code);

	if (function == 0)
		rp2_stop();
	return function;
}

void
rp2_flash_init(void)
{
	rom.connect = (void (*)(void))rom_function(ROM_CODE('I', 'F'));
	rom.exit_xip = (void (*)(void))rom_function(ROM_CODE('E', 'X'));
	rom.erase = (void (*)(uint32_t, size_t, uint32_t, uint8_t))rom_function(
	    ROM_CODE('R', 'E'));
	rom.program = (void (*)(uint32_t, const uint8_t *, size_t))rom_function(
	    ROM_CODE('R', 'P'));
	rom.flush_cache = (void (*)(void))rom_function(ROM_CODE('F', 'C'));
	memcpy(boot2, (const void *)XIP_BASE, sizeof(boot2));
	/* A function's address is odd on a Thumb processor. */
	rom.enter_xip = (void (*)(void))((uintptr_t)boot2 | 1);
}

/* Interrupts are off. */
RP2_RAMTEXT static void
erase_in_ram(uint32_t off)
{
	rom.connect();
	rom.exit_xip();
	rom.erase(off, SECTOR_LEN, BLOCK_LEN, BLOCK_ERASE_CMD);
	rom.flush_cache();
	rom.enter_xip();
}

RP2_RAMTEXT static void
program_in_ram(uint32_t off)
{
	rom.connect();
	rom.exit_xip();
	rom.program(off, page, PAGE_LEN);
	rom.flush_cache();
	rom.enter_xip();
}

/* Where a place in the store is in the chip. */
static uint32_t
in_chip(uint32_t off)
{
	return off < REGION_LEN ? FIRST_OFF + off
				: SECOND_OFF + off - REGION_LEN;
}

static const uint8_t *
stored(uint32_t off)
{
	return (const uint8_t *)(uintptr_t)(XIP_BASE + in_chip(off));
}

static bool
is_erased(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

struct hal_flash
hal_flash_geometry(void)
{
	return (struct hal_flash){SECTOR_LEN, REGION_SECTORS};
}

void
hal_flash_read(uint32_t off, uint8_t *out, size_t len)
{
	/* No reader crosses from one region to the other. */
	if (off > STORE_LEN || len > STORE_LEN - off ||
	    (off < REGION_LEN && len > REGION_LEN - off))
		hal_halt(HAL_FAULT_BUG);
	memcpy(out, stored(off), len);
}

void
hal_flash_program(uint32_t off, const uint8_t unit[HAL_FLASH_UNIT_LEN])
{
	uint32_t in_page = off % PAGE_LEN;
	uint32_t primask;

	if (off > STORE_LEN - HAL_FLASH_UNIT_LEN ||
	    off % HAL_FLASH_UNIT_LEN != 0 ||
	    !is_erased(stored(off), HAL_FLASH_UNIT_LEN))
		hal_halt(HAL_FAULT_BUG);
	memset(page, 0xff, sizeof(page));
	memcpy(page + in_page, unit, HAL_FLASH_UNIT_LEN);
	rp2_watchdog_feed();
	primask = rp2_irq_save();
	program_in_ram(in_chip(off - in_page));
	rp2_irq_restore(primask);
	if (memcmp(stored(off), unit, HAL_FLASH_UNIT_LEN) != 0)
		rp2_stop(); /* the chip does not program */
}

void
hal_flash_erase(uint32_t sector)
{
	uint32_t primask;

	if (sector >= SECTOR_CNT)
		hal_halt(HAL_FAULT_BUG);
	rp2_watchdog_feed();
	primask = rp2_irq_save();
	erase_in_ram(in_chip(sector * SECTOR_LEN));
	rp2_irq_restore(primask);
	if (!is_erased(stored(sector * SECTOR_LEN), SECTOR_LEN))
		rp2_stop(); /* the chip does not erase */
}

/* The ROM returns when the flash chip is ready: nothing is left to do. */
void
hal_flash_sync(void)
{
}

/* Any computer reads the flash once the board is started with BOOTSEL. */
bool
hal_flash_is_private(void)
{
	return false;
}
