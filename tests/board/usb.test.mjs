// SPDX-License-Identifier: BSD-2-Clause
// What the image does on the bus: descriptors, enumeration, reset, suspend,
// and power.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Chip } from './chip.mjs';
import { EDDSA, credentialId } from './ctap.mjs';
import { CMD, frames } from './ctaphid.mjs';
import { imagePath, Rig } from './rig.mjs';
import { split } from './usb/descriptors.mjs';
import { UsbHost } from './usb/host.mjs';

const FIDO_USAGE_PAGE = [0x06, 0xd0, 0xf1];
const KEYBOARD_REPORT_LEN = 63; // HID 1.11, appendix E.6
const CTRL_MAX_MS = 500; // USB 2.0, 9.2.6.4

const interfaces = (config) => [...split(config)].filter((d) => d[1] === 4)
  .map((d) => [d[2], d[4], d[5], d[6], d[7]]);
const endpoints = (config) => [...split(config)].filter((d) => d[1] === 5)
  .map((d) => [d[2], d[3], d.readUInt16LE(4), d[6]]);

test('descriptors are those of the design', () => {
  const rig = new Rig();
  const { device, config, strings, reports } = rig.found;

  assert.equal(device.length, 18);
  assert.equal(device[7], 64);
  assert.deepEqual([device.readUInt16LE(8), device.readUInt16LE(10)],
    [0x1209, 0x0001]);
  assert.equal(strings[0], 'Touchstone');
  assert.equal(config.length, config.readUInt16LE(2));
  assert.equal(config[4], 3);
  assert.deepEqual(interfaces(config),
    [[0, 2, 3, 0, 0], [1, 2, 0x0b, 0, 0], [2, 1, 3, 1, 1]]);
  assert.deepEqual(endpoints(config), [[0x81, 3, 64, 5], [0x01, 3, 64, 5],
    [0x82, 2, 64, 0], [0x02, 2, 64, 0], [0x83, 3, 8, 10]]);
  assert.deepEqual([...reports.get(0).subarray(0, 3)], FIDO_USAGE_PAGE);
  assert.equal(reports.get(2).length, KEYBOARD_REPORT_LEN);
  rig.faultless();
});

test('the clock that USB runs from is right', () => {
  const rig = new Rig();
  const { clkSys, pllUsb } = rig.chip.mcu;

  assert.equal(clkSys, 125e6);
  assert.equal(pllUsb.frequency, 48e6);
  rig.faultless();
});

// Erratum E5: behind a busy hub a B1 never counts as connected by itself.
test('it enumerates on both revisions of the chip', () => {
  for (const revision of [1, 2]) {
    const rig = new Rig({ revision });
    rig.hid.ping(Buffer.from('x'));
    rig.faultless();
  }
});

// While the flash erases, up to 400 ms, no new address is taken.
test('it shows itself once there is nothing to erase', () => {
  let flash;

  for (const boot of ['first', 'next']) {
    const chip = new Chip({ elf: imagePath, flash });
    const host = new UsbHost(chip);
    const { erase } = chip.nor;
    const order = [];

    chip.nor.erase = (...where) => {
      order.push('erase');
      return erase.apply(chip.nor, where);
    };
    host.sie.onAttach = () => order.push('attach');
    chip.runFor(1000);
    assert.deepEqual(order, ['erase', 'attach'], boot);
    assert.deepEqual(chip.faults, []);
    flash = chip.flash.slice();
  }
});

test('standard requests keep to the standard', () => {
  const rig = new Rig();
  const { chip, host } = rig;
  const from = chip.nanos;
  const get = (setup) => [...host.request(setup).data];
  const status = (setup) => host.request(setup).status;

  assert.deepEqual(get([0x80, 0, 0, 0, 0, 0, 2, 0]), [0, 0]); // bus-powered
  assert.deepEqual(get([0x80, 8, 0, 0, 0, 0, 1, 0]), [1]); // configured
  assert.deepEqual(get([0x81, 10, 0, 0, 0, 0, 1, 0]), [0]); // interface 0
  assert.equal(status([0x80, 6, 0, 6, 0, 0, 10, 0]), 'stall'); // qualifier
  assert.equal(status([0x80, 6, 9, 3, 0, 0, 255, 0]), 'stall'); // no string 9
  // Halt an endpoint, see it halted, clear it.
  assert.equal(status([0x02, 3, 0, 0, 0x81, 0, 0, 0]), 'ok');
  assert.deepEqual(get([0x82, 0, 0, 0, 0x81, 0, 2, 0]), [1, 0]);
  assert.equal(host.transfer({ endpoint: 0x81, length: 64 }).status, 'stall');
  assert.equal(status([0x02, 1, 0, 0, 0x81, 0, 0, 0]), 'ok');
  assert.deepEqual(get([0x82, 0, 0, 0, 0x81, 0, 2, 0]), [0, 0]);
  assert.ok(chip.nanos - from < CTRL_MAX_MS * 1e6);
  rig.hid.ping(Buffer.from('still there'));
  rig.faultless();
});

test('it sleeps while the bus does', () => {
  const rig = new Rig();
  const { chip, host } = rig;
  let isDark = true;

  host.sie.suspend();
  chip.runFor(10);
  chip.onLed(() => { isDark = false; });
  const cycles = chip.cycles;
  chip.runFor(10000);
  assert.ok(isDark, 'the LED lit');
  // Suspended, it may draw 2.5 mA: the processor sleeps nearly always.
  assert.ok(chip.cycles - cycles < 0.01 * 10000 * 125e3);
  host.sie.resume();
  chip.runFor(30);
  rig.hid.ping(Buffer.from('awake'));
  rig.faultless();
});

test('a reset in the middle of a message forgets the message', () => {
  const rig = new Rig();
  const [first] = frames(rig.hid.channel, CMD.PING, Buffer.alloc(500));

  rig.hid.write(first);
  rig.found = rig.host.enumerate();
  rig.open();
  rig.hid.ping(Buffer.alloc(500, 7));
  rig.faultless();
});

test('a reset in the middle of a touch ends the wait', () => {
  const rig = new Rig();

  rig.hid.onKeepalive = () => {};
  rig.hid.send(CMD.CBOR, Uint8Array.of(0x0b));
  rig.chip.runFor(300);
  rig.found = rig.host.enumerate();
  rig.open();
  rig.hid.ping(Buffer.from('new'));
  rig.chip.button(true); // for nobody
  rig.chip.runFor(1000);
  assert.deepEqual([...rig.hid.call(CMD.CBOR, Uint8Array.of(0x04))][0], 0);
  rig.faultless();
});

// The token is not told of the reset before it has computed.
test('a reset in the middle of arithmetic drops the answer', async () => {
  const rig = new Rig();
  const stray = { endpoint: 0x81, length: 64 };
  const exchange = rig.ctap.exchange;
  const interrupted = new Error('reset');

  rig.ctap.exchange = (message) => {
    if (message[0] !== 0x06 || message.length < 200) {
      return exchange(message);
    }
    rig.hid.send(CMD.CBOR, message);
    rig.chip.runFor(20);
    rig.found = rig.host.enumerate();
    rig.host.submit(stray);
    rig.chip.runFor(1000);
    throw interrupted;
  };
  await assert.rejects(rig.ctap.setPin('1234'), interrupted);
  assert.equal(stray.status, undefined);
  rig.host.cancel(stray);
  rig.open();
  rig.hid.ping(Buffer.from('new'));
  rig.faultless();
});

test('what it keeps survives a power cycle', async () => {
  const rig = new Rig();
  const rpId = 'a.example';
  const made = await rig.ctap.makeCredential({ rpId, alg: EDDSA });
  const id = credentialId(made);
  const counter = async () => Buffer.from(
    (await rig.ctap.getAssertion({ rpId, id })).get(2)).readUInt32BE(33);

  const before = await counter();
  rig.replug();
  assert.ok(await counter() > before);
  rig.faultless();
});
