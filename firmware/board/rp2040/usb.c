/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints are single-buffered.  A packet stays in the controller's RAM until
 * hal_recv() takes it, and only then the endpoint is open for the next one: the
 * buffer is the queue, and the host waits by itself.
 *
 * An endpoint is a bit, as in BUFF_STATUS: FW_USB_IN() and FW_USB_OUT() of
 * usb_desc.h.  The bit's number n also says where its registers are.
 */
#include "usb.h"

#include "rp2040.h"
#include "usb_control.h"
#include "usb_e5.h"
#include "usb_regs.h"

#define ENDPOINT_BITS (2 * FW_USB_EP_CNT)
#define CONTROL_IN FW_USB_IN(FW_USB_EP_CONTROL)
#define CONTROL_OUT FW_USB_OUT(FW_USB_EP_CONTROL)
#define CCID_IN FW_USB_IN(FW_USB_EP_CCID)
#define ALL_OUT (FW_USB_OUT(FW_USB_EP_FIDO) | FW_USB_OUT(FW_USB_EP_CCID))

/* Erratum E15: a bulk IN buffer that becomes available near the end of a frame
 * can lock the controller up behind some hubs. */
#define FRAME_US 1000
#define FRAME_JITTER_US 50 /* of the interrupt, as long as it is not off */
#define FRAME_BULK_US 750  /* 200 before the end, less the jitter */
#define FRAMES_IDLE 10	   /* without bulk IN: no more interrupts */

struct link {
	struct fw_usb usb;
	unsigned int enabled;
	unsigned int data1; /* the toggle of the next packet */
	unsigned int armed; /* IN: on its way; OUT: open for one */
	unsigned int full;  /* OUT: a packet waits for hal_recv() */
	bool was_reset;	    /* and the token is yet to be told */
	bool is_suspended;
	/* E15: the time in the frame is known, and since when it runs. */
	bool frame_known;
	bool bulk_waits; /* for the next frame */
	uint32_t frame_start;
	unsigned int frames_idle;
};

static struct link link;

/* No interrupt comes between lock() and unlock(), and what they changed is read
 * again. */
static uint32_t
lock(void)
{
	uint32_t primask;

	__asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
	return primask;
}

static void
unlock(uint32_t primask)
{
	__asm volatile("msr primask, %0" ::"r"(primask) : "memory");
}

static volatile uint8_t *
buffer(unsigned int n)
{
	uint32_t off = n < 2 ? BUFFER_0 : BUFFERS + (n - 2) * FW_USB_PACKET_LEN;

	return (volatile uint8_t *)(uintptr_t)(USB_DPRAM + off);
}

static bool
is_out(unsigned int n)
{
	return (n & 1) != 0;
}

/* Bulk IN may be made available now, and for the time this takes (E15). */
static bool
frame_has_room(void)
{
	return link.frame_known &&
	    REG(TIMER_TIMERAWL) - link.frame_start < FRAME_BULK_US;
}

/*
 * Hand a buffer to the controller.  AVAILABLE is to be written later than the
 * rest, which takes a cycle of clk_usb to arrive: 12 cycles are enough up to a
 * clk_sys of 576 MHz (datasheet section 4.1.2.5.1).
 */
static void
give(unsigned int n, uint32_t control)
{
	unsigned int bit = 1u << n;

	control |= link.data1 & bit ? BUFFER_DATA1 : 0;
	BUFFER_CONTROL(n) = control;
	link.armed |= bit;
	if (bit == CCID_IN) {
		REG_SET(INTE) = IRQ_SOF;
		link.frames_idle = 0;
		link.bulk_waits = !frame_has_room();
		if (link.bulk_waits)
			return;
	}
	__asm volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\t"
		       "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::
			   : "memory");
	BUFFER_CONTROL(n) = control | BUFFER_AVAILABLE;
}

static void
open_out(unsigned int n)
{
	give(n, FW_USB_PACKET_LEN);
}

static void
put_in(unsigned int n, const uint8_t *p, size_t len)
{
	volatile uint8_t *to = buffer(n);
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = p[i];
	give(n, BUFFER_FULL | (uint32_t)len);
}

/*
 * Whatever the endpoint was about is gone.  EP_ABORT, which would wait for a
 * packet that is on the wire, does not work on B0 and B1 (erratum E2); there is
 * none, as the host resets the bus, or asks for this on endpoint 0 and uses the
 * endpoint after the answer.
 */
static void
take_back(unsigned int n)
{
	unsigned int bit = 1u << n;

	BUFFER_CONTROL(n) = 0;
	REG(BUFF_STATUS) = bit; /* nor is it done, if it was just now */
	link.armed &= ~bit;
	link.full &= ~bit;
	link.data1 &= ~bit;
	if (bit == CCID_IN)
		link.bulk_waits = false;
}

static void
enable(unsigned int n)
{
	unsigned int ep = n / 2;

	take_back(n);
	link.enabled |= 1u << n;
	ENDPOINT_CONTROL(n) = ENDPOINT_ENABLE | ENDPOINT_IRQ |
	    (ep == FW_USB_EP_CCID ? ENDPOINT_BULK : ENDPOINT_INTERRUPT) |
	    (BUFFERS + (n - 2) * FW_USB_PACKET_LEN);
	if (is_out(n))
		open_out(n);
}

static void
disable(unsigned int n)
{
	ENDPOINT_CONTROL(n) = 0;
	take_back(n);
	link.enabled &= ~(1u << n);
}

static void
halt(unsigned int n)
{
	BUFFER_CONTROL(n) =
	    (BUFFER_CONTROL(n) & (BUFFER_FULL | BUFFER_LEN)) | BUFFER_STALL;
	if (1u << n == CCID_IN)
		link.bulk_waits = false;
}

/* The end of a halt, or only of the toggle: what the endpoint carries stays. */
static void
clear(unsigned int n)
{
	unsigned int bit = 1u << n;
	uint32_t control = BUFFER_CONTROL(n) & (BUFFER_FULL | BUFFER_LEN);

	link.data1 &= ~bit;
	BUFFER_CONTROL(n) = 0;
	if (is_out(n) && (link.full & bit) == 0)
		open_out(n);
	else if (!is_out(n) && (link.armed & bit) != 0)
		give(n, control);
}

static void
each(unsigned int eps, void (*act)(unsigned int n))
{
	unsigned int n;

	for (n = 2; n < ENDPOINT_BITS; n++)
		if (eps & 1u << n)
			act(n);
}

static void
effect(const struct fw_usb_turn *turn)
{
	switch (turn->effect) {
	case FW_USB_EFFECT_NONE:
		break;
	case FW_USB_EFFECT_SET_ADDRESS:
		REG(ADDR_ENDP) = turn->address;
		break;
	case FW_USB_EFFECT_CONFIGURE:
		each(turn->eps, enable);
		link.was_reset = true;
		break;
	case FW_USB_EFFECT_DISABLE:
		each(turn->eps, disable);
		link.was_reset = true;
		break;
	case FW_USB_EFFECT_HALT:
		each(turn->eps, halt);
		break;
	case FW_USB_EFFECT_CLEAR:
		each(turn->eps, clear);
		break;
	}
}

static void
take_turn(struct fw_usb_turn turn)
{
	effect(&turn);
	if (turn.stall) {
		/* Both are needed; SETUP clears the first by itself. */
		REG_SET(EP_STALL_ARM) = CONTROL_IN | CONTROL_OUT;
		BUFFER_CONTROL(0) = BUFFER_STALL;
		BUFFER_CONTROL(1) = BUFFER_STALL;
	}
	if (turn.recv)
		open_out(1);
	if (turn.send)
		put_in(0, turn.packet.p, turn.packet.len);
}

/* The controller is done with a buffer. */
static void
buffer_done(unsigned int n)
{
	unsigned int bit = 1u << n;
	size_t len = BUFFER_CONTROL(n) & BUFFER_LEN, i;
	uint8_t data[FW_USB_PACKET_LEN];

	link.armed &= ~bit;
	link.data1 ^= bit;
	if (bit == CONTROL_IN) {
		take_turn(fw_usb_sent(&link.usb));
	} else if (bit == CONTROL_OUT) {
		for (i = 0; i < len && i < sizeof(data); i++)
			data[i] = buffer(n)[i];
		take_turn(fw_usb_received(&link.usb, data, i));
	} else if (bit == FW_USB_OUT(FW_USB_EP_FIDO) ? len != HAL_HID_REPORT_LEN
						     : is_out(n) && len == 0) {
		open_out(n); /* no report, nothing: not for the token */
	} else if (is_out(n)) {
		link.full |= bit;
	}
}

static void
buffers_done(void)
{
	uint32_t done = REG(BUFF_STATUS);
	unsigned int n;

	REG(BUFF_STATUS) = done;
	for (n = 0; n < ENDPOINT_BITS; n++)
		if (done & link.armed & 1u << n)
			buffer_done(n);
}

/* A SETUP that overtakes the copy is copied again. */
static void
setup(void)
{
	const volatile uint8_t *from =
	    (const volatile uint8_t *)(uintptr_t)USB_DPRAM;
	uint8_t packet[FW_USB_SETUP_LEN];
	size_t i;

	do {
		REG(SIE_STATUS) = STATUS_SETUP;
		for (i = 0; i < sizeof(packet); i++)
			packet[i] = from[i];
	} while (REG(SIE_STATUS) & STATUS_SETUP);
	take_back(0);
	take_back(1);
	link.data1 |= CONTROL_IN | CONTROL_OUT;
	take_turn(fw_usb_setup(&link.usb, packet));
}

static void
bus_reset(void)
{
	REG(SIE_STATUS) = STATUS_BUS_RESET;
	REG(ADDR_ENDP) = 0;
	each(FW_USB_EPS, disable);
	take_back(0);
	take_back(1);
	REG(BUFF_STATUS) = REG(BUFF_STATUS);
	fw_usb_reset(&link.usb);
	link.was_reset = true;
	link.is_suspended = false;
	rp2_usb_e5_connect();
}

/*
 * A frame begins; to read SOF_RD clears the interrupt.  If it comes when it was
 * due it is on time: after a while without interrupts the first may be late,
 * and says nothing of where in the frame this is.
 */
static void
sof(void)
{
	uint32_t now = REG(TIMER_TIMERAWL);
	uint32_t late = now - link.frame_start - (FRAME_US - FRAME_JITTER_US);
	uint32_t control;

	(void)REG(SOF_RD);
	link.frame_known = late <= 2 * FRAME_JITTER_US;
	link.frame_start = now;
	if (link.bulk_waits && link.frame_known) {
		control = BUFFER_CONTROL(2 * FW_USB_EP_CCID);
		give(2 * FW_USB_EP_CCID, control & (BUFFER_FULL | BUFFER_LEN));
	}
	if (link.armed & CCID_IN)
		link.frames_idle = 0;
	else if (++link.frames_idle == FRAMES_IDLE)
		REG_CLR(INTE) = IRQ_SOF;
}

/* Before the first SOF the bus is idle for long enough to look suspended
 * (datasheet section 4.1.2.6.4): only who has an address can be. */
static void
suspend(void)
{
	REG(SIE_STATUS) = STATUS_SUSPENDED;
	link.is_suspended = link.usb.state != FW_USB_DEFAULT;
}

void
rp2_usb_irq(void)
{
	uint32_t ints = REG(INTS);

	if (ints & IRQ_BUS_RESET)
		bus_reset();
	if (ints & IRQ_SUSPEND)
		suspend();
	if (ints & IRQ_RESUME)
		REG(SIE_STATUS) = STATUS_RESUME;
	if (ints & (IRQ_RESUME | IRQ_SOF | IRQ_SETUP))
		link.is_suspended = false;
	if (ints & IRQ_SOF)
		sof();
	/* The end of one transfer before the beginning of the next. */
	if (ints & IRQ_BUFFER)
		buffers_done();
	if (ints & IRQ_SETUP)
		setup();
}

void
rp2_usb_init(void)
{
	uint32_t off;

	REG_SET(RESETS_RESET) = RESETS_USBCTRL;
	REG_CLR(RESETS_RESET) = RESETS_USBCTRL;
	while ((REG(RESETS_RESET_DONE) & RESETS_USBCTRL) == 0)
		;
	for (off = 0; off < DPRAM_LEN; off += sizeof(uint32_t))
		REG(USB_DPRAM + off) = 0;
	fw_usb_reset(&link.usb);
	REG(USB_MUXING) = MUXING_TO_PHY | MUXING_SOFTCON;
	/* The board has no power but that of the bus. */
	REG(USB_PWR) = PWR_VBUS_DETECT | PWR_VBUS_OVERRIDE;
	REG(MAIN_CTRL) = MAIN_ENABLE;
	REG(SIE_CTRL) = SIE_EP0_IRQ;
	REG(INTE) =
	    IRQ_BUFFER | IRQ_BUS_RESET | IRQ_SUSPEND | IRQ_RESUME | IRQ_SETUP;
	REG(M0PLUS_NVIC_ISER) = 1u << RP2_USB_IRQ;
	REG_SET(SIE_CTRL) = SIE_PULLUP;
}

bool
rp2_usb_take_reset(void)
{
	uint32_t primask = lock();
	bool was_reset = link.was_reset;

	link.was_reset = false;
	unlock(primask);
	return was_reset;
}

bool
rp2_usb_is_suspended(void)
{
	uint32_t primask = lock();
	bool is_suspended = link.is_suspended;

	unlock(primask);
	return is_suspended;
}

static unsigned int
endpoint_of(enum hal_pipe pipe)
{
	switch (pipe) {
	case HAL_PIPE_HID:
		return FW_USB_EP_FIDO;
	case HAL_PIPE_CCID:
		return FW_USB_EP_CCID;
	case HAL_PIPE_KEYBOARD:
		break;
	}
	return FW_USB_EP_KEYBOARD;
}

size_t
hal_recv(enum hal_pipe pipe, uint8_t packet[HAL_PACKET_LEN])
{
	unsigned int ep = endpoint_of(pipe), bit = FW_USB_OUT(ep);
	unsigned int n = 2 * ep + 1;
	uint32_t primask = lock();
	size_t len = 0, i;

	if (!link.was_reset && (link.full & bit) != 0) {
		len = BUFFER_CONTROL(n) & BUFFER_LEN;
		for (i = 0; i < len && i < HAL_PACKET_LEN; i++)
			packet[i] = buffer(n)[i];
		link.full &= ~bit;
		if ((link.usb.halted & bit) == 0)
			open_out(n);
	}
	unlock(primask);
	return len;
}

bool
hal_can_send(enum hal_pipe pipe)
{
	unsigned int bit = FW_USB_IN(endpoint_of(pipe));
	uint32_t primask = lock();
	bool can = !link.was_reset &&
	    (link.enabled & ~link.armed & ~link.usb.halted & bit) != 0;

	unlock(primask);
	return can;
}

bool
rp2_usb_send_from_irq(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	size_t max =
	    pipe == HAL_PIPE_KEYBOARD ? FW_USB_KEYBOARD_LEN : FW_USB_PACKET_LEN;

	if (len > max || !hal_can_send(pipe))
		return false;
	put_in(2 * endpoint_of(pipe), packet, len);
	return true;
}

void
hal_send(enum hal_pipe pipe, const uint8_t *packet, size_t len)
{
	uint32_t primask = lock();

	(void)rp2_usb_send_from_irq(pipe, packet, len);
	unlock(primask);
}
