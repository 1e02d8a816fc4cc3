// SPDX-License-Identifier: BSD-2-Clause
// The smartcard reader (CCID 1.1) and the keyboard beside the security key.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Random } from './random.mjs';
import { Rig } from './rig.mjs';

const POWER_ON = 0x62;
const XFR_BLOCK = 0x6f;
const SLOT_STATUS = 0x65;
const DATA_BLOCK = 0x80;
const CCID_OUT = 0x02;
const CCID_IN = 0x82;
const MORE_TIME = 0x80;
const SILENCE_MS = 600; // the longest between two signs of life
const SELECT = '00a4040008a0000006472f0001'; // FIDO's applet

class Reader {
  constructor(rig) {
    this.host = rig.host;
    this.sequence = 0;
  }

  // A command, and its answer: { type, status, error, data }.
  send(type, data = Buffer.alloc(0)) {
    const header = Buffer.alloc(10);
    header[0] = type;
    header.writeUInt32LE(data.length, 1);
    header[6] = this.sequence = (this.sequence + 1) & 0xff;
    const sent = this.host.transfer(
      { endpoint: CCID_OUT, data: Buffer.concat([header, data]) });
    assert.equal(sent.status, 'ok');
    return this.receive();
  }

  // A command of the card, and its answer; onExtension(count) is called each
  // time that the card asks for more time, under the command's number.
  apdu(hex, onExtension = () => {}) {
    let answer = this.send(XFR_BLOCK, Buffer.from(hex, 'hex'));
    let extensions = 0;
    while (answer.status === MORE_TIME) {
      assert.equal(answer.error, 1);
      assert.equal(answer.data.length, 0);
      onExtension(++extensions);
      answer = this.receive();
    }
    assert.equal(answer.status, 0);
    return { extensions, hex: answer.data.toString('hex') };
  }

  receive() {
    const urb = this.host.transfer(
      { endpoint: CCID_IN, length: 1100 }, SILENCE_MS);
    const { data } = urb;
    assert.equal(urb.status, 'ok');
    assert.equal(data.length, 10 + data.readUInt32LE(1));
    assert.equal(data[6], this.sequence);
    return { type: data[0], status: data[7], error: data[8],
      data: data.subarray(10) };
  }
}

// ISO 7816-3, 8.2.5: the exclusive or from T0 on is 0 if T=1 is offered.
function assertAtr(atr) {
  assert.equal(atr[0], 0x3b);
  assert.ok(atr.length >= 2 && atr.length <= 33);
  if (atr.length > 4) {
    assert.equal(atr.subarray(1).reduce((a, b) => a ^ b), 0);
  }
}

test('a card is there, has an ATR and answers APDUs', () => {
  const rig = new Rig();
  const reader = new Reader(rig);

  const on = reader.send(POWER_ON);
  assert.equal(on.type, DATA_BLOCK);
  assert.equal(on.error, 0);
  assertAtr(on.data);
  for (let i = 0; i < 3; i++) {
    const answer = reader.send(XFR_BLOCK, Buffer.from(SELECT, 'hex'));
    assert.equal(answer.type, DATA_BLOCK);
    assert.ok(answer.data.length >= 2, 'no status word');
  }
  assert.equal(reader.send(SLOT_STATUS).error, 0);
  rig.faultless();
});

test('card and security key do not disturb each other', () => {
  const rig = new Rig();
  const reader = new Reader(rig);
  const rng = new Random(4);

  reader.send(POWER_ON);
  for (let i = 0; i < 5; i++) {
    const data = Buffer.from(rng.bytes(100));
    reader.send(XFR_BLOCK, Buffer.from(SELECT, 'hex'));
    assert.deepEqual(rig.hid.ping(data), data);
  }
  rig.faultless();
});

const U2F = `0001000040${'c1'.repeat(32)}${'a2'.repeat(32)}00`;
const SELECTION = '80100000010b00';

test('a command that waits for a touch asks for time until it comes', () => {
  const rig = new Rig();
  const reader = new Reader(rig);

  reader.send(POWER_ON);
  assert.equal(reader.apdu(SELECT).hex,
    `${Buffer.from('U2F_V2').toString('hex')}9000`);
  const { hex, extensions } = reader.apdu(SELECTION, (count) => {
    rig.chip.button(count >= 4);
  });
  assert.equal(hex, '009000');
  assert.ok(extensions >= 4, `${extensions} requests for time`);
  rig.chip.button(false);
  rig.faultless();
});

test('a command that computes for long asks for time meanwhile', () => {
  const rig = new Rig();
  const reader = new Reader(rig);

  reader.send(POWER_ON);
  reader.apdu(SELECT);
  assert.equal(reader.apdu(U2F).hex, '6985');
  rig.chip.runFor(600);
  rig.chip.button(true);
  rig.chip.runFor(100);
  rig.chip.button(false);
  const { hex, extensions } = reader.apdu(U2F);
  assert.match(hex, /^0504.*61..$/);
  assert.ok(extensions >= 1, 'no request for time');
  rig.faultless();
});

test('the keyboard says nothing unasked', () => {
  const rig = new Rig();
  const urb = rig.host.submit({ endpoint: 0x83, length: 8 });

  rig.chip.runFor(1000);
  assert.equal(urb.status, undefined);
  rig.host.cancel(urb);
  assert.equal(urb.status, 'cancelled');
  rig.faultless();
});
