// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while credentials are made and used: none is lost, and no
// signature counter falls back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { credentialId, EDDSA } from './ctap.mjs';
import { Sweep } from './sweep.mjs';

const RP = 'a.example';

async function make(rig) {
  return credentialId(await rig.ctap.makeCredential(
    { rpId: RP, alg: EDDSA, rk: true }));
}

// The signature counter of an assertion.
async function use(rig, id) {
  const answer = await rig.ctap.getAssertion({ rpId: RP, id });
  return Buffer.from(answer.get(2)).readUInt32BE(33);
}

async function scenario(sweep) {
  await sweep.prepare(() => sweep.start());
  await sweep.run('makeCredential', async (rig) =>
    ({ id: await make(rig), counter: 0 }));
  await sweep.run('getAssertion', async (rig) =>
    ({ counter: await use(rig, sweep.promises.id) }));
}

async function judge(rig, { promises: { id, counter } }) {
  if (id === undefined) {
    await make(rig);
  } else {
    const next = await use(rig, id);
    assert.ok(next > counter, `counter ${next} after ${counter}`);
  }
}

test('every cut of making and using credentials', async (t) => {
  const sweep = new Sweep(scenario, judge);
  const { operations, cuts } = await sweep.sweep();

  assert.ok(operations >= 20, `only ${operations} operations`);
  await sweep.replay(operations - 1);
  t.diagnostic(`${operations} operations, ${cuts} cuts`);
});
