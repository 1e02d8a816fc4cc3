/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Second boot stage (datasheet section 2.8.1.3.1): makes the flash readable at
 * 0x10000000 and starts the image.  The boot ROM copies these 256 bytes to RAM
 * and calls them with lr = 0; flash.c calls its own copy after each ROM
 * function that ended XIP, and then it returns.  Position-independent, no
 * stack, uses r0 to r2.
 *
 * Serial read, command 03h, one bit a clock: every SPI flash has it, it needs
 * no quad-enable bit written and no mode that a reset in the middle would have
 * to leave, so the boot ROM always finds the chip as it expects it.  At
 * 125 MHz / 4 it stays below the 33 MHz of the slowest parts.  A cache miss
 * takes some four times what quad reads take; loops run from the cache.
 *
 * The build writes the checksum over the last four bytes.
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb

	/* XIP_SSI, datasheet section 4.10.13 */
	.equ	SSI_BASE, 0x18000000
	.equ	SSI_CTRLR0, 0x00
	.equ	SSI_CTRLR1, 0x04
	.equ	SSI_SSIENR, 0x08
	.equ	SSI_BAUDR, 0x14
	.equ	SSI_SPI_CTRLR0, 0xf4
	.equ	CLOCK_DIV, 4
	/* 32 bits a frame; EEPROM read: what is sent first is the command */
	.equ	CTRLR0, (31 << 16) | (3 << 8)
	/* command 03h of 8 bits, address of 6 * 4 bits, both serial */
	.equ	SPI_CTRLR0, (0x03 << 24) | (2 << 8) | (6 << 2)

	.equ	IMAGE, 0x10000100
	.equ	VTOR, 0xe000ed08

	.section .boot2, "ax"
	.global	rp2_boot2
	.thumb_func
rp2_boot2:
	ldr	r2, =SSI_BASE
	movs	r1, #0
	str	r1, [r2, #SSI_SSIENR]	/* off while it is set up */
	str	r1, [r2, #SSI_CTRLR1]	/* one frame a read */
	movs	r1, #CLOCK_DIV
	str	r1, [r2, #SSI_BAUDR]
	ldr	r1, =CTRLR0
	str	r1, [r2, #SSI_CTRLR0]
	ldr	r1, =SPI_CTRLR0
	ldr	r0, =SSI_BASE + SSI_SPI_CTRLR0
	str	r1, [r0]
	movs	r1, #1
	str	r1, [r2, #SSI_SSIENR]
	mov	r0, lr
	cmp	r0, #0
	beq	1f
	bx	lr
1:	ldr	r0, =IMAGE
	ldr	r1, =VTOR
	str	r0, [r1]
	ldr	r1, [r0]		/* the vectors: stack, then start */
	mov	sp, r1
	ldr	r1, [r0, #4]
	bx	r1
	.ltorg
