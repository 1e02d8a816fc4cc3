// SPDX-License-Identifier: BSD-2-Clause
// Power cuts around the PIN: one that was set stays set, the one that was
// promised opens, and a wrong try is never given back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Sweep } from './sweep.mjs';

const PIN = '1234';
const NEW_PIN = '56789';
const TRIES = 8;
const GET_RETRIES = 0x01;
const WRONG_PIN = 0x31;
const PERMISSION_MC = 1;

const give = (rig, pin) => rig.ctap.pinToken(pin, PERMISSION_MC, 'a.example');

// pins: those that may be in force, as the host knows it; null is none.
async function scenario(sweep) {
  await sweep.prepare(() => sweep.start());
  Object.assign(sweep.promises, { pins: [null, PIN], least: TRIES, most: TRIES });
  await sweep.run('setPIN', async (rig) => {
    await rig.ctap.setPin(PIN);
    return { pins: [PIN], least: TRIES - 1 };
  });
  await sweep.run('wrong PIN', async (rig) => {
    await assert.rejects(give(rig, '4321'), { status: WRONG_PIN });
    return { least: TRIES - 2, most: TRIES - 1 };
  });
  sweep.promises.most = TRIES; // the right one gives all back
  await sweep.run('right PIN', async (rig) => {
    await give(rig, PIN);
    return { pins: [PIN, NEW_PIN], least: TRIES - 1 };
  });
  await sweep.run('changePIN', async (rig) => {
    await rig.ctap.changePin(PIN, NEW_PIN);
    return { pins: [NEW_PIN], least: TRIES };
  });
}

async function opens(rig, pin) {
  try {
    await give(rig, pin);
    return true;
  } catch (error) {
    assert.equal(error.status, WRONG_PIN);
    return false;
  }
}

async function judge(rig, { promises: { pins, least, most } }) {
  const info = await rig.ctap.getInfo();
  if (!info.get(4).get('clientPin')) {
    assert.ok(pins.includes(null), 'there is no PIN');
    return;
  }
  const left = (await rig.ctap.clientPin(GET_RETRIES, [])).get(3);
  assert.ok(left <= most && left >= least, `${left} tries`);
  const [first, second] = pins.filter((pin) => pin !== null);
  if (!await opens(rig, first)) {
    assert.ok(second !== undefined && await opens(rig, second), 'nothing opens');
  }
}

test('every cut of setting, giving and changing a PIN', async (t) => {
  const sweep = new Sweep(scenario, judge);
  const { operations, cuts } = await sweep.sweep();

  assert.ok(operations >= 40, `only ${operations} operations`);
  t.diagnostic(`${operations} operations, ${cuts} cuts`);
  await sweep.replay(operations - 2);
});
