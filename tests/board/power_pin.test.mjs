// SPDX-License-Identifier: BSD-2-Clause
// Power cuts around the PIN: one that was set stays set, and a wrong try that
// the token has begun to judge is never given back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Sweep } from './sweep.mjs';

const PIN = '1234';
const TRIES = 8;
const GET_RETRIES = 0x01;
const WRONG_PIN = 0x31;
const PERMISSION_MC = 1;

async function judge(rig, { step, promises }) {
  const info = await rig.ctap.getInfo();
  const hasPin = new Map(info.get(4)).get('clientPin');

  assert.ok(hasPin === promises.hasPin || step === 'setPIN', `PIN: ${hasPin}`);
  if (hasPin) {
    const left = (await rig.ctap.clientPin(GET_RETRIES, [])).get(3);
    const most = step === 'right PIN' ? TRIES : promises.tries;
    assert.ok(left <= most && left >= promises.tries - 1, `${left} tries`);
  }
}

test('every cut of setting and giving a PIN', async (t) => {
  const sweep = new Sweep({ hasPin: false, tries: TRIES });

  sweep.start();
  sweep.cuts.length = 0; // power_up.test.mjs has those
  await sweep.run('setPIN', async (rig) => {
    await rig.ctap.setPin(PIN);
    return { hasPin: true };
  });
  await sweep.run('wrong PIN', async (rig) => {
    await assert.rejects(rig.ctap.pinToken('4321', PERMISSION_MC, 'a.example'),
      { status: WRONG_PIN });
    return { tries: TRIES - 1 };
  });
  await sweep.run('right PIN', async (rig) => {
    await rig.ctap.pinToken(PIN, PERMISSION_MC, 'a.example');
    return { tries: TRIES };
  });
  const count = await sweep.judge(judge);
  assert.ok(sweep.cuts.length >= 6, `only ${sweep.cuts.length} operations`);
  t.diagnostic(`${sweep.cuts.length} operations, ${count} cuts`);
});
