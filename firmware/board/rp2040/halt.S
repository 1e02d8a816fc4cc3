/* SPDX-License-Identifier: BSD-2-Clause */
/* The end: what a stopped token does until it loses power. */

	.syntax unified
	.cpu cortex-m0plus
	.thumb

	.equ	LED, 1 << 25			/* RP2_LED_PIN */
	.equ	SRAM_BASE, 0x20000000
	.equ	SRAM_END, SRAM_BASE + 264 * 1024
	.equ	SIO_GPIO_OUT_XOR, 0xd000001c
	.equ	DELAY, 125000000 / 20 / 3	/* 50 ms in rounds of 3 cycles */

	/* The stack may be what is broken: begin it anew. */
	.section .text.rp2_fault, "ax"
	.global	rp2_fault
	.thumb_func
rp2_fault:
	cpsid	i
	ldr	r0, =rp2_stack_top
	mov	sp, r0
	bl	rp2_stop

	/* No stack and no RAM from here on.  By cycles: the timer may be what
	 * is broken. */
	.section .text.rp2_wipe_and_blink, "ax"
	.global	rp2_wipe_and_blink
	.thumb_func
rp2_wipe_and_blink:
	cpsid	i
	movs	r0, #0
	ldr	r1, =SRAM_BASE
	ldr	r2, =SRAM_END
1:	stm	r1!, {r0}
	cmp	r1, r2
	blo	1b
	ldr	r1, =SIO_GPIO_OUT_XOR
	ldr	r2, =LED
2:	str	r2, [r1]
	ldr	r0, =DELAY
3:	subs	r0, #1
	bne	3b
	b	2b
	.ltorg
