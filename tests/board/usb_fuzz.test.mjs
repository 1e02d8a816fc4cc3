// SPDX-License-Identifier: BSD-2-Clause
// A hostile host: control requests, reports, toggles and smartcard messages
// made of chance, against the image's own USB driver.  The judge of the board
// sees every access; after each round the token must still answer, or do so
// after a reset of the bus.
//
// TS_FUZZ_ROUNDS is how many rounds to play, TS_FUZZ_SEED where to begin.
import { test } from 'node:test';

import { frames } from './ctaphid.mjs';
import { Random } from './random.mjs';
import { Rig } from './rig.mjs';

const ROUNDS = Number(process.env.TS_FUZZ_ROUNDS ?? 60);
const SEED = Number(process.env.TS_FUZZ_SEED ?? 1);
const MOVES = 30; // in a round
const BROADCAST = 0xffffffff;
const HID_OUT = 0x01;
const CCID_OUT = 0x02;
const CCID_IN = 0x82;
const ENDPOINTS = [0, 1, 2, 3, 7, 15];
// Commands that neither wait for a touch nor compute for long.
const HID_COMMANDS = [0x01, 0x03, 0x04, 0x06, 0x08, 0x10, 0x11, 0x3b, 0x3f, 0x40];

// --- what a hostile host does ---

// A request that is nearly one of the standard or of a class.
function request(rng) {
  const type = rng.pick([0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x21, 0xa1, 0x40]);
  const code = rng.below(4) === 0 ? rng.below(256) : rng.below(13);
  const value = rng.pick([0, 1, rng.below(256), rng.below(65536), 0x0100, 0x0200,
    0x0300 + rng.below(8), 0x2100, 0x2200]);
  const index = rng.pick([0, 1, 2, 3, 0x81, 0x82, 0x02, rng.below(65536)]);
  const length = rng.pick([0, 1, 2, 8, 18, 63, 64, 65, 255, 65535]);
  return [type, code, value & 255, value >> 8, index & 255, index >> 8,
    length & 255, length >> 8];
}

// A SETUP, and then as many data packets of any length as the host likes.
function control(sie, rng) {
  const setup = request(rng);
  // An address or a configuration of chance would only end the round.
  if (setup[0] === 0 && (setup[1] === 5 || setup[1] === 9)) {
    setup[1] = 0;
  }
  sie.setup(Uint8Array.from(setup));
  packets(sie, rng, 0, rng.below(6));
}

function packets(sie, rng, endpoint, count) {
  for (let i = 0; i < count; i++) {
    sie.chip.runFor(0.2);
    if (rng.below(2) === 0) {
      sie.in(endpoint);
    } else {
      sie.out(endpoint, rng.bytes(rng.pick([0, 1, 8, 63, 64])), rng.below(2));
    }
  }
}

function report(rig, rng) {
  const channel = rng.pick([BROADCAST, 0, rig.hid.channel, rng.word()]);
  const [full] = frames(channel, rng.pick(HID_COMMANDS),
    Buffer.from(rng.bytes(rng.below(200))));
  if (rng.below(3) === 0) {
    full[4] = rng.below(256);
  }
  if (rng.below(3) === 0) {
    full.writeUInt16BE(rng.below(65536), 5);
  }
  // CBOR of chance: never a command byte that waits or that erases.
  full[7] = full[4] === 0x90 ? rng.pick([0x04, 0x0d, 0x40, 0x50, 0xff]) : full[7];
  return full.subarray(0, rng.pick([64, 64, 64, 0, 1, 7, 63]));
}

function message(rng) {
  const data = Buffer.from(rng.bytes(10 + rng.below(54)));
  data[0] = rng.pick([0x61, 0x62, 0x63, 0x65, 0x69, 0x6c, 0x6f, 0x72, 0x73,
    data[0]]);
  if (rng.below(2) === 0) {
    data.writeUInt32LE(rng.pick([0, 1, 5, data.length - 10, 261, 271, 65536,
      0xffffffff]), 1);
  }
  return data;
}

const MOVES_OF = {
  control: (rig, rng) => control(rig.host.sie, rng),
  token: (rig, rng) => packets(rig.host.sie, rng, rng.pick(ENDPOINTS), 3),
  report: (rig, rng) => rig.host.submit(
    { endpoint: HID_OUT, data: report(rig, rng) }),
  toggle: (rig, rng) => rig.host.sie.out(
    rng.pick([1, 2]), rng.bytes(64), rng.below(2)),
  card: (rig, rng) => rig.host.submit({ endpoint: CCID_OUT, data: message(rng) }),
  read: (rig) => rig.host.submit({ endpoint: CCID_IN, length: 512 }),
  suspend: (rig) => {
    rig.host.sie.suspend();
    rig.chip.runFor(5);
    rig.host.sie.resume();
    rig.chip.runFor(25);
  },
};

function round(rig, rng) {
  const moves = Object.keys(MOVES_OF).filter((m) => m !== 'suspend');
  for (let i = 0; i < MOVES; i++) {
    const move = rng.below(40) === 0 ? 'suspend' : rng.pick(moves);
    MOVES_OF[move](rig, rng);
    rig.chip.runFor(rng.pick([0.05, 1, 6]));
  }
}

// A reset of the bus brings the token back, whatever happened before it.
function recover(rig) {
  rig.found = rig.host.enumerate();
  rig.open();
  rig.hid.ping(Buffer.from('alive'));
}

test('a hostile host', (t) => {
  const rig = new Rig();

  for (let i = 0; i < ROUNDS; i++) {
    const seed = SEED + i;
    try {
      round(rig, new Random(seed));
      // What the hostile host's own toggles did is no fault of the token;
      // a reset ends it.
      recover(rig);
      rig.faultless();
    } catch (error) {
      error.message = `TS_FUZZ_SEED=${seed}: ${error.message}`;
      throw error;
    }
  }
  t.diagnostic(`${ROUNDS} rounds, ${rig.chip.cycles} cycles`);
});
