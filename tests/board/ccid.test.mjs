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

  receive() {
    const urb = this.host.transfer({ endpoint: CCID_IN, length: 512 });
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

test('the keyboard says nothing unasked', () => {
  const rig = new Rig();
  const urb = rig.host.submit({ endpoint: 0x83, length: 8 });

  rig.chip.runFor(1000);
  assert.equal(urb.status, undefined);
  rig.host.cancel(urb);
  assert.equal(urb.status, 'cancelled');
  rig.faultless();
});
