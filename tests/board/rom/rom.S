/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boot ROM with the interface of the silicon's (RP2040 datasheet, 2.8):
 * header at 0x10, table lookup, and the flash functions by their two-letter
 * codes.  It holds no flash code: each function is a breakpoint that the
 * emulated board answers (parts/bootrom.mjs), with r0 to r3 as arguments.
 */
	.syntax unified
	.cpu cortex-m0plus
	.thumb
	.text

	.word	0x20041f00	/* stack while the ROM and boot2 run */
	.word	start + 1
	.word	dead + 1	/* NMI */
	.word	dead + 1	/* hard fault */
	.byte	'M', 'u', 1, 3	/* magic; 3 is the ROM of chip revision B2 */
	.hword	functions, data, lookup + 1, 0

	/* Where a function that a test called returns to. */
	.org	0x20
	.thumb_func
called:	bkpt	#0x7e
	.thumb_func
dead:	bkpt	#0x7f
	b	dead

	/* void *lookup(uint16_t *table, uint32_t code), NULL if absent */
	.thumb_func
lookup:	ldrh	r2, [r0]
	ldrh	r3, [r0, #2]
	adds	r0, #4
	cmp	r2, #0
	beq	1f
	cmp	r2, r1
	bne	lookup
	mov	r0, r3
	bx	lr
1:	movs	r0, #0
	bx	lr

	/* The board checks boot2 and copies it to RAM; r0 is 0 then, or 1 for
	   a program without boot2, which is entered by its vectors. */
	.thumb_func
start:	bkpt	#0x50
	cmp	r0, #0
	bne	1f
	mov	lr, r0		/* boot2 enters the image if lr is 0 */
	ldr	r0, =0x20041f01
	bx	r0
1:	ldr	r0, =0x10000100
	ldr	r1, =0xe000ed08
	str	r0, [r1]
	ldr	r1, [r0]
	mov	sp, r1
	ldr	r1, [r0, #4]
	bx	r1

	.macro	trap name, code
	.thumb_func
\name:	bkpt	#\code
	bx	lr
	.endm
	trap	flash_connect, 0x40
	trap	flash_exit_xip, 0x41
	trap	flash_flush, 0x44
	trap	flash_enter_xip, 0x45
	trap	usb_boot, 0x46

	/* These two take milliseconds, in which interrupts are served. */
	.thumb_func
flash_erase:
	bkpt	#0x42
	b	busy
	.thumb_func
flash_program:
	bkpt	#0x43
busy:	bkpt	#0x47		/* r0 is 0 when the flash is done */
	cmp	r0, #0
	bne	busy
	bx	lr

	.macro	entry a, b, name
	.byte	\a, \b
	.hword	\name + 1
	.endm
	.balign	4
functions:
	entry	'I', 'F', flash_connect
	entry	'E', 'X', flash_exit_xip
	entry	'R', 'E', flash_erase
	entry	'R', 'P', flash_program
	entry	'F', 'C', flash_flush
	entry	'C', 'X', flash_enter_xip
	entry	'U', 'B', usb_boot
	.hword	0
data:	.hword	0
	.balign	4
	.ltorg
