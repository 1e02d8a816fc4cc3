/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The USB device controller of the RP2040 (datasheet section 4.1): endpoints,
 * toggles and the state of the bus.  What control requests mean is decided in
 * firmware/usb/, which knows no register.
 *
 * hal_recv(), hal_can_send() and hal_send() of hal.h live here.  A pipe whose
 * queue is full answers NAK, so the host waits and nothing is lost.  After a
 * bus reset and while the host has not configured the device, every pipe is
 * empty and takes nothing; nor does it before rp2_usb_take_reset() told of it,
 * so that no answer to the host before reaches the one after.
 *
 * rp2_usb_irq() is the handler of interrupt 5.  It and the interrupt that calls
 * rp2_usb_send_from_irq() must have the same priority (the reset value), so
 * that neither comes between the other; all other functions are for the main
 * loop and shut both out for some microseconds.
 */
#ifndef RP2_USB_H
#define RP2_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal.h"

/* The interrupt number, USBCTRL_IRQ (datasheet section 2.3.2). */
#define RP2_USB_IRQ 5

/*
 * Take the controller out of reset and show the pull-up to the host.  Needs
 * clk_usb at 48 MHz, IO_BANK0 and PADS_BANK0 out of reset, and enables
 * interrupt 5 in the NVIC.  To be called once.
 */
void rp2_usb_init(void);

void rp2_usb_irq(void);

/* True once after the link was lost: bus reset, another configuration.  All
 * that was queued is gone; the token is to forget its transactions. */
bool rp2_usb_take_reset(void);

/* The host saves power; it may draw 2.5 mA (USB 2.0 section 7.2.3). */
bool rp2_usb_is_suspended(void);

/*
 * hal_send() for an interrupt: sends the packet if the pipe takes one now, else
 * drops it and returns false.
 */
bool rp2_usb_send_from_irq(enum hal_pipe pipe, const uint8_t *packet,
    size_t len);

#endif
