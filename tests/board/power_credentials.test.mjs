// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while credentials are made and used: none is lost, and no
// signature counter falls back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { credentialId, EDDSA } from './ctap.mjs';
import { Sweep } from './sweep.mjs';

const RP = 'a.example';

async function make(rig, user) {
  return credentialId(await rig.ctap.makeCredential(
    { rpId: RP, alg: EDDSA, rk: true, user }));
}

// The signature counter of an assertion.
async function use(rig, id) {
  const answer = await rig.ctap.getAssertion({ rpId: RP, id });
  return Buffer.from(answer.get(2)).readUInt32BE(33);
}

async function judge(rig, { promises }) {
  let { counter } = promises;

  for (const id of promises.ids) {
    const next = await use(rig, id);
    assert.ok(next > counter, `counter ${next} after ${counter}`);
    counter = next;
  }
  if (promises.ids.length === 0) {
    await use(rig, await make(rig, 'new'));
  }
}

test('every cut of making and using credentials', async (t) => {
  const sweep = new Sweep({ ids: [], counter: 0 });
  const { promises } = sweep;

  sweep.start();
  sweep.cuts.length = 0; // power_up.test.mjs has those
  await sweep.run('makeCredential', async (rig) =>
    ({ ids: [await make(rig, 'one')] }));
  await sweep.run('getAssertion', async (rig) =>
    ({ counter: await use(rig, promises.ids[0]) }));
  const count = await sweep.judge(judge);
  assert.ok(sweep.cuts.length >= 10, `only ${sweep.cuts.length} operations`);
  t.diagnostic(`${sweep.cuts.length} operations, ${count} cuts`);
});
