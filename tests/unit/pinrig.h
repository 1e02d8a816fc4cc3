/* SPDX-License-Identifier: BSD-2-Clause */
/* A PIN in a store on the board in memory, for the tests of pin.h. */
#ifndef PINRIG_H
#define PINRIG_H

#include <stddef.h>

#include "pin.h"

extern const uint8_t pinrig_device[FW_DEVICE_SECRET_LEN];
extern struct fw_store pinrig_store;
extern struct fw_pin pinrig_pin;
extern struct fw_rng pinrig_rng;

/* Power-up: all that is not in flash is gone. */
void pinrig_boot(void);
/* Of each test: an erased flash. */
int pinrig_setup(void **state);
enum fw_status pinrig_set(const char *text);
enum fw_status pinrig_try(const char *text);
/* The record of the version before, for the PIN 1234. */
void pinrig_put_old(uint8_t tries);

#endif
