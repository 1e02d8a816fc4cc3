/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 64-bit product in time that depends on nothing (ARMv6-M, AAPCS; RTABI 4.2).
 *
 * libgcc's own takes a branch on a carry, so with it every uint64_t product of
 * a secret shows in the time.  The linker finds this one first.
 *
 *	r1:r0 = (r1:r0 * r3:r2) mod 2^64
 *
 * a = ah:al and b = bh:bl of 32 bits each; al and bl of 16-bit halves.  The
 * chip multiplies 32 bits to 32 in one cycle; all four products of halves fit.
 */
	.syntax	unified
	.cpu	cortex-m0plus
	.thumb

	.section .text.__aeabi_lmul, "ax", %progbits
	.global	__aeabi_lmul
	.type	__aeabi_lmul, %function
	.thumb_func
__aeabi_lmul:
	push	{r4, r5, lr}
	muls	r1, r2		/* ah bl: only its low half counts */
	muls	r3, r0		/* al bh: likewise */
	adds	r1, r3
	lsrs	r3, r0, #16
	lsrs	r4, r2, #16
	uxth	r0, r0
	uxth	r2, r2
	movs	r5, r3
	muls	r5, r4		/* high half by high half, at 2^32 */
	adds	r1, r5
	muls	r3, r2		/* the two middle products, at 2^16 */
	muls	r4, r0
	muls	r0, r2		/* low half by low half */
	movs	r2, #0
	adds	r3, r4		/* 33 bits; the carry is worth 2^48 */
	adcs	r2, r2
	lsls	r2, r2, #16
	adds	r1, r2
	lsls	r2, r3, #16
	lsrs	r3, r3, #16
	adds	r0, r2
	adcs	r1, r3
	pop	{r4, r5, pc}
	.size	__aeabi_lmul, . - __aeabi_lmul
