/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SSD1306 panel of 128x64 pixels on I2C0, if one answers at power-up.
 *
 * A frame takes 24 ms at 400 kHz.  Nobody waits for it: an alarm fills the
 * FIFO, and pixels are made of the text as they are sent.  A bus that is stuck
 * is given up; the next text begins with a fresh controller.
 */
#include "rp2.h"
#include "rp2040.h"
#include "text.h"

#define PANEL_ADDRESS 0x3c
/* While the FIFO empties by three quarters; a byte takes 22.5 us. */
#define REFILL_US 270
#define STALLS_MAX 16 /* refills in a row that moved nothing */
/* Looks at a status register, of some 10 cycles each: 8 ms.  Counted, because
 * rp2_display_off() trusts no timer. */
#define LOOKS_MAX 100000

/* 400 kHz from 125 MHz, as the datasheet's section 4.3.14.2 divides it: a
 * period of 312 cycles, three fifths of it low; data held for 300 ns. */
#define SCL_HIGH 125
#define SCL_LOW 187
#define SDA_HOLD 38
#define SPIKE_LEN 11

/* Each transfer begins with what follows: commands or pixels (SSD1306
 * datasheet section 8.1.5.2). */
#define COMMANDS 0x00
#define PIXELS 0x40

static const uint8_t panel_init[] = {COMMANDS, 0xae, /* off until a frame */
    0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40,	     /* clock, 64 rows */
    0x8d, 0x14,					     /* charge pump on */
    0x20, 0x00,				/* address: along the rows */
    0xa1, 0xc8, 0xda, 0x12,		/* top left is first */
    0x81, 0x7f, 0xd9, 0xf1, 0xdb, 0x40, /* contrast, voltages */
    0xa4, 0xa6, 0x2e}; /* from its memory, lit is lit, no scroll */
static const uint8_t panel_off[] = {COMMANDS, 0xae};
/* A frame: from the first pixel, the pixels, on. */
static const uint8_t frame_head[] = {COMMANDS, 0x21, 0, 127, 0x22, 0, 7};
static const uint8_t frame_tail[] = {COMMANDS, 0xaf};
#define PIXELS_AT sizeof(frame_head)
#define PIXELS_LEN (1u + RP2_TEXT_WIDTH * RP2_TEXT_PAGES)
#define TAIL_AT (PIXELS_AT + PIXELS_LEN)
#define FRAME_LEN (TAIL_AT + sizeof(frame_tail))

static bool is_there;
/* The interrupt's; the main loop changes it with interrupts off. */
static struct {
	struct rp2_text text;
	bool is_sending;
	bool again;	     /* the text changed since the frame began */
	size_t pos;	     /* in the frame */
	unsigned int stalls; /* refills without room */
} display;

/* A controller that knows of nothing that was before. */
static void
i2c_start(void)
{
	REG_SET(RESETS_RESET) = RESETS_I2C0;
	REG_CLR(RESETS_RESET) = RESETS_I2C0;
	while ((REG(RESETS_RESET_DONE) & RESETS_I2C0) == 0)
		;
	REG(I2C_ENABLE) = 0;
	REG(I2C_CON) = I2C_CON_MASTER_FAST;
	REG(I2C_TAR) = PANEL_ADDRESS;
	REG(I2C_FS_SCL_HCNT) = SCL_HIGH;
	REG(I2C_FS_SCL_LCNT) = SCL_LOW;
	REG(I2C_FS_SPKLEN) = SPIKE_LEN;
	REG(I2C_SDA_HOLD) = SDA_HOLD;
	REG(I2C_ENABLE) = 1;
	(void)REG(I2C_CLR_INTR);
}

/* One transfer, waited for; false if it was not taken. */
static bool
send(const uint8_t *p, size_t len)
{
	unsigned int looks = 0;
	size_t i = 0;

	i2c_start();
	while ((REG(I2C_RAW_INTR_STAT) & (I2C_STOP_DET | I2C_TX_ABRT)) == 0) {
		if (i < len && (REG(I2C_STATUS) & I2C_STATUS_TFNF) != 0) {
			REG(I2C_DATA_CMD) =
			    i + 1 < len ? p[i] : p[i] | I2C_CMD_STOP;
			i++;
		}
		if (++looks > LOOKS_MAX)
			return false;
	}
	return (REG(I2C_RAW_INTR_STAT) & I2C_TX_ABRT) == 0;
}

/* What is at this place of a frame, as the controller takes it. */
static uint32_t
frame_word(size_t pos)
{
	size_t pixel;

	if (pos < PIXELS_AT)
		return pos + 1 < PIXELS_AT ? frame_head[pos]
					   : frame_head[pos] | I2C_CMD_STOP;
	if (pos >= TAIL_AT)
		return pos + 1 < FRAME_LEN
		    ? frame_tail[pos - TAIL_AT]
		    : frame_tail[pos - TAIL_AT] | I2C_CMD_STOP;
	if (pos == PIXELS_AT)
		return PIXELS;
	pixel = pos - PIXELS_AT - 1;
	return rp2_text_byte(&display.text, pixel / RP2_TEXT_WIDTH,
		   pixel % RP2_TEXT_WIDTH) |
	    (pos + 1 == TAIL_AT ? I2C_CMD_STOP : 0);
}

static void
refill(void)
{
	size_t from = display.pos;

	if (display.pos == FRAME_LEN && display.again) {
		display.again = false;
		display.pos = 0;
	}
	while (
	    display.pos < FRAME_LEN && (REG(I2C_STATUS) & I2C_STATUS_TFNF) != 0)
		REG(I2C_DATA_CMD) = frame_word(display.pos++);
	display.stalls = display.pos != from ? 0 : display.stalls + 1;
	display.is_sending = display.pos < FRAME_LEN || display.again ||
	    (REG(I2C_STATUS) & I2C_STATUS_MST_ACTIVITY) != 0;
	if (display.stalls > STALLS_MAX ||
	    (REG(I2C_RAW_INTR_STAT) & I2C_TX_ABRT) != 0)
		display.is_sending = false;
	if (display.is_sending)
		rp2_alarm_at(RP2_ALARM_DISPLAY, rp2_micros() + REFILL_US);
}

void
rp2_display_irq(void)
{
	rp2_alarm_ack(RP2_ALARM_DISPLAY);
	refill();
}

void
rp2_display_init(void)
{
	const uint32_t pad = PADS_IE | PADS_DRIVE_4MA | PADS_PUE | PADS_SCHMITT;

	REG(PADS_BANK0_GPIO(RP2_SDA_PIN)) = pad;
	REG(PADS_BANK0_GPIO(RP2_SCL_PIN)) = pad;
	REG(IO_BANK0_CTRL(RP2_SDA_PIN)) = IO_FUNC_I2C;
	REG(IO_BANK0_CTRL(RP2_SCL_PIN)) = IO_FUNC_I2C;
	is_there = send(panel_init, sizeof(panel_init));
}

void
rp2_display_off(void)
{
	rp2_alarm_off(RP2_ALARM_DISPLAY);
	if (is_there)
		(void)send(panel_off, sizeof(panel_off));
}

unsigned int
hal_outputs(void)
{
	return HAL_OUT_LED | HAL_OUT_KEYBOARD |
	    (is_there ? HAL_OUT_DISPLAY : 0);
}

void
hal_display(const char *secret_text)
{
	uint32_t primask;

	if (!is_there)
		return;
	primask = rp2_irq_save();
	rp2_text_set(&display.text, secret_text);
	if (display.is_sending) {
		display.again = true;
	} else {
		i2c_start();
		display.pos = 0;
		display.stalls = 0;
		refill();
	}
	rp2_irq_restore(primask);
}
