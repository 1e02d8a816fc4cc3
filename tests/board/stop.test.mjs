// SPDX-License-Identifier: BSD-2-Clause
// Every way in which the token stops: nothing is left in it, the host sees it
// leave, the display is dark, and the LED flickers until the power goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Rig } from './rig.mjs';

const MS = 1e6;
const FLICKER_MS = 50;
const WATCHDOG_MS = 8000;
const STACK_BOTTOM = 0x20000000;
const SCRATCH = 0x40000; // in SRAM, above all that the program uses
const SELECTION = [0x0b];
const HANG = [0x30, 0xbf, 0xfd, 0xe7]; // WFI, again and again

const live = (bytes) => bytes.reduce((n, byte) => n + Number(byte !== 0), 0);

// Goes on at another place, as after a slip.
function jump(chip, address) {
  chip.core.PC = address & ~1;
  chip.core.waiting = false;
}

// A token that shows a question, and does not look at the button right now: its
// flash is let go of for that.
function askingRig() {
  const rig = new Rig();
  rig.hid.send(0x10, Buffer.from(SELECTION));
  rig.chip.runFor(200);
  assert.ok(rig.chip.panel.isOn);
  assert.ok(live(rig.chip.panel.memory) > 0);
  while (!rig.chip.core.waiting) {
    rig.chip.run(1);
  }
  return rig;
}

function assertStopped({ chip, host }) {
  const changes = [];

  chip.runFor(100);
  chip.onLed(() => changes.push(chip.nanos / MS));
  chip.runFor(10 * FLICKER_MS);
  assert.equal(live(chip.mcu.sram), 0, 'bytes left in RAM');
  assert.equal(live(chip.mcu.usbDPRAM), 0, 'bytes left in the USB buffers');
  assert.equal(host.isAttached, false);
  assert.equal(chip.panel.isOn, false);
  assert.ok(changes.length >= 9, `${changes.length} changes of the LED`);
  changes.slice(1).forEach((at, i) =>
    assert.ok(Math.abs(at - changes[i] - FLICKER_MS) < 1));
  assert.deepEqual(chip.faults, []);
}

test('a contradiction of its own', () => {
  const rig = askingRig();

  jump(rig.chip, rig.chip.symbol('hal_halt').addr);
  assertStopped(rig);
});

test('an exception that nobody expects, with a broken stack', () => {
  const rig = askingRig();

  rig.chip.core.SP = STACK_BOTTOM;
  jump(rig.chip, rig.chip.symbol('rp2_fault').addr);
  assertStopped(rig);
});

test('a hang: the watchdog restarts it, and it stops', () => {
  const rig = askingRig();
  const { chip } = rig;

  chip.mcu.sram.set(HANG, SCRATCH);
  chip.core.enabledInterrupts = 0;
  jump(chip, 0x20000000 + SCRATCH);
  chip.runFor(WATCHDOG_MS - 500);
  assert.deepEqual(chip.restarts, []);
  chip.runFor(600);
  assert.deepEqual(chip.restarts, ['timer']);
  assertStopped(rig);
});

test('only the power ends it', () => {
  const rig = askingRig();

  jump(rig.chip, rig.chip.symbol('hal_halt').addr);
  assertStopped(rig);
  assert.equal(rig.chip.mcu.peripherals[0x40058].timer.enable, false);
  rig.replug();
  assert.equal(rig.hid.ping(Buffer.from('again')).toString(), 'again');
  rig.faultless();
});

// What the boot ROM does after it was given a new program over USB.
test('a restart by the boot ROM is none of it', () => {
  const rig = new Rig();
  const { chip } = rig;

  chip.mcu.peripherals[0x40058].reason = 1;
  chip.mcu.peripherals[0x40058].scratchData.fill(0);
  chip.restart();
  rig.host.enumerate();
  rig.open();
  assert.equal(rig.hid.ping(Buffer.from('new')).toString(), 'new');
  assert.deepEqual(chip.faults, []);
});

test('an idle token keeps the watchdog quiet', () => {
  const rig = new Rig();

  rig.chip.runFor(4 * WATCHDOG_MS);
  rig.faultless();
});
