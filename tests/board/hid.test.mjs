// SPDX-License-Identifier: BSD-2-Clause
// CTAPHID (CTAP 2.1, 11.2) over the image's own USB driver.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ES256 } from './ctap.mjs';
import { CMD, CtapHid, frames } from './ctaphid.mjs';
import { Random } from './random.mjs';
import { Rig } from './rig.mjs';

const ERR_CHANNEL_BUSY = 0x06;
const ERR_KEEPALIVE_CANCEL = 0x2d;
const CAPABILITY_WINK_CBOR = 0x05;
const MS = 1e6;
const KEEPALIVE_MS = 100;
const FRAME_MS = 4; // how often the host asks for a report

// No silence of the token is longer than the standard allows, counting the
// time until the host asks.
function assertLively(hid, from, to) {
  const times = [from, ...hid.keepalives.map(({ ms }) => ms), to];
  for (let i = 1; i < times.length; i++) {
    const silence = times[i] - times[i - 1];
    assert.ok(silence <= KEEPALIVE_MS + FRAME_MS, `${silence} ms of silence`);
  }
}

test('INIT tells version and capabilities', () => {
  const rig = new Rig();
  const { data } = rig.hid.init();

  assert.equal(data.length, 17);
  assert.equal(data[12], 2);
  assert.equal(data[16], CAPABILITY_WINK_CBOR);
  rig.faultless();
});

test('PING returns what was sent, of any length', () => {
  const rig = new Rig();
  const rng = new Random(1);
  const lengths = [0, 1, 56, 57, 58, 115, 116, 117, 500, 1024, 7609];

  for (const length of lengths) {
    const data = Buffer.from(rng.bytes(length));
    assert.deepEqual(rig.hid.ping(data), data);
  }
  rig.faultless();
});

test('two channels take turns; the second is told to wait', () => {
  const rig = new Rig();
  const other = new CtapHid(rig.host);
  other.init();
  assert.notEqual(other.channel, rig.hid.channel);

  const data = Buffer.from(new Random(2).bytes(200));
  const [first, ...rest] = frames(rig.hid.channel, CMD.PING, data);
  rig.hid.write(first);
  other.send(CMD.PING, data);
  const busy = other.receive();
  assert.deepEqual([busy.command, busy.data[0]], [CMD.ERROR, ERR_CHANNEL_BUSY]);
  rest.forEach((report) => rig.hid.write(report));
  assert.deepEqual(rig.hid.receive().data, data);
  assert.deepEqual(other.ping(data), data);
  rig.faultless();
});

test('WINK blinks', () => {
  const rig = new Rig();
  let changes = 0;

  rig.chip.onLed(() => changes++);
  rig.hid.wink();
  rig.chip.runFor(1900);
  assert.ok(changes >= 4, `${changes} changes`);
  rig.faultless();
});

test('CANCEL ends the wait for a touch', () => {
  const rig = new Rig();
  const selection = Uint8Array.of(0x0b);

  rig.hid.onKeepalive = (all) => {
    if (all.length === 3) {
      rig.hid.cancel();
    }
  };
  assert.deepEqual([...rig.hid.call(CMD.CBOR, selection)],
    [ERR_KEEPALIVE_CANCEL]);
  // The next one may have been on its way.
  assert.ok(rig.hid.keepalives.length <= 4);
  rig.faultless();
});

test('keepalives come while it computes and while it waits', async () => {
  const rig = new Rig();
  rig.exchange = (message) => {
    rig.hid.send(CMD.CBOR, message);
    const sent = rig.chip.nanos / MS;
    const { data } = rig.hid.receive();
    assertLively(rig.hid, sent, rig.chip.nanos / MS);
    rig.chip.button(false);
    return data;
  };
  await rig.ctap.setPin('1234');
  const token = await rig.ctap.pinToken('1234', 3, 'a.example');
  await rig.ctap.makeCredential({ rpId: 'a.example', alg: ES256, rk: true, token });
  rig.faultless();
});
