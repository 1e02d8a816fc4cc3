// SPDX-License-Identifier: BSD-2-Clause
// What a person has of the board: button, LED, display; and the image's own
// hash and the noise, which nobody sees.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from 'node:test';

import { Chip } from './chip.mjs';
import { imagePath, Rig } from './rig.mjs';

const MS = 1e6;
const CBOR = 0x10;
const SELECTION = Buffer.from([0x0b]);
const OUT = { DISPLAY: 1, LED: 2, KEYBOARD: 4 };
const PIN_BUTTON = 14;
const BOOT_MS = 1000;
const SCRATCH = 0x20040000; // above all that the program uses
const RANDOMBIT = 0x1c;
const NOISE_US = 20;

// Calls a function as an interrupt would: the chip then goes on.
function callAside(chip, name, args) {
  const { core } = chip;
  const { registers, N, C, Z, V, waiting } = core;

  core.registers = registers.slice();
  chip.call(name, args);
  Object.assign(core, { registers, N, C, Z, V, waiting });
}

// Asks for a touch and lets the token wait for it.
function ask(rig) {
  rig.hid.send(CBOR, SELECTION);
  rig.chip.runFor(300);
}

function bounce(chip, level, ms) {
  for (let i = 0; i < ms / 3; i++) {
    chip.button(level === (i % 2 === 0));
    chip.runFor(3);
  }
  chip.button(level);
}

// True if the touch was taken.
function isAnswered(rig) {
  const urb = { endpoint: 0x81, length: 64 };
  for (;;) {
    rig.host.transfer(urb, 500);
    if (urb.data[4] === (0x80 | CBOR)) {
      return true;
    }
    if (urb.data[4] === 0xbb && rig.chip.nanos > rig.giveUpAt) {
      return false;
    }
  }
}

function answersWithin(rig, ms) {
  rig.giveUpAt = rig.chip.nanos + ms * MS;
  return isAnswered(rig);
}

for (const buttonPin of [undefined, PIN_BUTTON]) {
  const name = buttonPin === undefined ? 'BOOTSEL' : `GPIO${buttonPin}`;

  test(`${name} answers a question, by a touch that bounces`, () => {
    const rig = new Rig({ buttonPin });

    ask(rig);
    bounce(rig.chip, true, 12);
    assert.ok(answersWithin(rig, 400));
    rig.faultless();
  });

  test(`${name} does not by less than a touch`, () => {
    const rig = new Rig({ buttonPin });

    ask(rig);
    rig.chip.button(true);
    rig.chip.runFor(8);
    rig.chip.button(false);
    assert.ok(!answersWithin(rig, 400));
    rig.faultless();
  });

  test(`${name} does not by a touch from before, or its end`, () => {
    const rig = new Rig({ buttonPin });

    rig.chip.button(true);
    ask(rig);
    bounce(rig.chip, false, 12);
    assert.ok(!answersWithin(rig, 600));
    rig.chip.button(true);
    assert.ok(answersWithin(rig, 400));
    rig.faultless();
  });
}

test('a switch that is stuck leaves BOOTSEL', () => {
  const chip = new Chip({ elf: imagePath });
  chip.mcu.gpio[PIN_BUTTON].setInputValue(false);
  const rig = Object.create(Rig.prototype);

  rig.plug(chip);
  ask(rig);
  assert.ok(!answersWithin(rig, 400));
  chip.button(true);
  assert.ok(answersWithin(rig, 400));
  rig.faultless();
});

test('the display is found, or not', () => {
  for (const display of [true, false]) {
    const chip = new Chip({ elf: imagePath, display });

    chip.runFor(BOOT_MS);
    assert.equal(chip.call('hal_outputs'),
      OUT.LED | OUT.KEYBOARD | (display ? OUT.DISPLAY : 0));
    assert.deepEqual(chip.faults, []);
  }
});

test('a bus that is stuck from the start is no display', () => {
  const chip = new Chip({ elf: imagePath });

  chip.mcu.i2c[0].onStart = () => {};
  chip.runFor(BOOT_MS);
  assert.equal(chip.call('hal_outputs'), OUT.LED | OUT.KEYBOARD);
  assert.deepEqual(chip.faults, []);
});

test('a bus that gets stuck holds up nothing', () => {
  const rig = new Rig();

  rig.chip.mcu.i2c[0].onWriteByte = () => {};
  ask(rig);
  rig.chip.button(true);
  assert.ok(answersWithin(rig, 400));
  rig.chip.runFor(1000);
  const { cycles } = rig.chip;
  rig.chip.runFor(1000);
  assert.ok(rig.chip.cycles - cycles < 100000, 'it goes on trying');
  rig.faultless();
});

test('the display shows the last of quick changes, whole', () => {
  const rig = new Rig();
  const text = (words) => Buffer.from(`${words}\0`, 'latin1');
  const shown = (...all) => {
    all.forEach((words) => {
      rig.chip.mcu.sram.set(text(words), SCRATCH - 0x20000000);
      callAside(rig.chip, 'hal_display', [SCRATCH]);
      rig.chip.runFor(7);
    });
    rig.chip.runFor(100);
    return Buffer.from(rig.chip.panel.memory).toString('hex');
  };

  const a = shown('aaaa\nbbbb\ncccc\ndddd');
  const b = shown('1');
  assert.notEqual(a, b);
  assert.equal(shown('1', 'aaaa\nbbbb\ncccc\ndddd'), a);
  assert.equal(shown('aaaa\nbbbb\ncccc\ndddd', 'x', '1'), b);
  assert.match(shown(''), /^0*$/);
  rig.faultless();
});

test('the LED is dark while the host saves power', () => {
  const rig = new Rig();
  const lit = (ms) => {
    let cnt = 0;
    rig.chip.onLed((is) => { cnt += Number(is); });
    rig.chip.runFor(ms);
    return cnt;
  };

  assert.ok(lit(9000) >= 2, 'the idle blink');
  rig.chip.runUntil(() => rig.chip.led, { ms: 5000, what: 'the next blink' });
  rig.host.sie.suspend();
  rig.chip.runFor(10);
  assert.equal(rig.chip.led, false);
  assert.equal(lit(20000), 0);
  rig.host.sie.resume();
  assert.ok(lit(9000) >= 2, 'it blinks again');
  rig.faultless();
});

test('the image measures the bytes that were flashed', () => {
  const chip = new Chip({ elf: imagePath });
  const end = chip.symbol('rp2_image_end').addr - 0x10000000;
  const flashed = chip.program.segments.map(({ address, bytes }) =>
    (address & 0xffffff) + bytes.length);

  assert.equal(end, Math.max(...flashed));
  chip.runFor(BOOT_MS);
  chip.call('hal_image_hash', [SCRATCH]);
  const at = SCRATCH - 0x20000000;
  assert.equal(Buffer.from(chip.mcu.sram.subarray(at, at + 32)).toString('hex'),
    crypto.createHash('sha256').update(chip.flash.subarray(0, end))
      .digest('hex'));
  assert.deepEqual(chip.faults, []);
});

test('the noise is looked at no more often than it claims', () => {
  const chip = new Chip({ elf: imagePath });
  const { rosc } = chip;
  const read = rosc.readUint32.bind(rosc);
  const times = [];

  rosc.readUint32 = (offset) => {
    if (offset === RANDOMBIT) {
      times.push(chip.nanos);
    }
    return read(offset);
  };
  chip.runFor(BOOT_MS);
  assert.ok(times.length >= 2048 * 8);
  const gaps = times.slice(1).map((at, i) => (at - times[i]) / 1000);
  assert.ok(Math.min(...gaps.slice(0, 16000)) >= NOISE_US);
  assert.deepEqual(chip.faults, []);
});
