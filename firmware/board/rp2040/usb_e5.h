/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Erratum E5 of RP2040 B0 and B1: after a bus reset the controller waits for
 * 800 us of silence before it takes itself for connected, which a busy hub does
 * not give it.  Silence is therefore made, by way of GPIO15.
 */
#ifndef RP2_USB_E5_H
#define RP2_USB_E5_H

/*
 * After a bus reset: wait until it ends, and 1 ms more.  Returns at once on
 * chips without the erratum, and in any case after 60 ms.  GPIO15 must not be
 * in use, nor GPIO16 be given to the USB function.
 */
void rp2_usb_e5_connect(void);

#endif
