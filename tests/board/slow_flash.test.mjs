// SPDX-License-Identifier: BSD-2-Clause
// Code that comes from flash for the first time takes some hundred times as
// long as the emulator lets it: a deadline some microseconds away has passed
// before the alarm for it is set.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Chip } from './chip.mjs';
import { CMD } from './ctaphid.mjs';
import { SlowFlash } from './parts/xip.mjs';
import { imagePath, Rig } from './rig.mjs';

const BOOT_MS = 2000;
const GET_INFO = [0x04];
const INSTRUCTIONS = 97; // for which code stays in the cache
const IDLE_MS = 10000; // longer than the watchdog waits

// Nobody is at the other end of the cable, whose interrupts would hide it.
test('starts without a host', () => {
  const chip = new Chip({ elf: imagePath });

  new SlowFlash(chip);
  chip.runUntil(() => chip.panel.isOn, { ms: BOOT_MS, what: 'token is up' });
  assert.deepEqual(chip.restarts, []);
  assert.deepEqual(chip.faults, []);
});

test('takes noise after a command, while its code leaves the cache', async () => {
  const rig = new Rig();
  const cache = new SlowFlash(rig.chip);

  rig.hid.send(CMD.CBOR, Buffer.from(GET_INFO));
  for (let i = 0; i < 4000; i++) {
    cache.flush();
    rig.chip.run(INSTRUCTIONS);
  }
  rig.chip.runFor(IDLE_MS);
  rig.faultless();
});
