// SPDX-License-Identifier: BSD-2-Clause
// Power cuts in a power-up when the log has gone round its pages: one that was
// written before is erased.  What is in force moved on in those before it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APPLET, credentialId, EDDSA, PERMISSION } from './ctap.mjs';
import { SECTOR_LEN } from './parts/flash.mjs';
import { Owner, SK_ED25519 } from './statements.mjs';
import { Sweep } from './sweep.mjs';

const PIN = '1234';
const RP = 'a.example';
const PAGES = 32;
const FIELD = { handle: 1, head: 19 };

// The signature counter of an assertion.
async function use(rig, id) {
  const answer = await rig.ctap.getAssertion({ rpId: RP, id });
  return Buffer.from(answer.get(2)).readUInt32BE(33);
}

async function keep({ ctap }) {
  await ctap.setPin(PIN);
  const token = await ctap.pinToken(PIN, PERMISSION.mc, RP);
  const made = await ctap.makeCredential({ rpId: RP, alg: EDDSA, rk: true, token });
  const owner = new Owner(ctap, PIN);
  await owner.create(SK_ED25519);
  await owner.sign(owner.genesis());
  return { id: credentialId(made), handle: owner.handle, head: owner.head };
}

async function scenario(sweep) {
  await sweep.prepare(async () => {
    sweep.start();
    const kept = await keep(sweep.rig);
    // Each power-up begins a page.  The last of these stops before the first.
    for (let i = 1; i < PAGES; i++) {
      sweep.restart();
    }
    return { ...kept, counter: await use(sweep.rig, kept.id) };
  });
  sweep.restart();
}

async function judge(rig, { promises: { id, handle, head, counter } }) {
  const key = await rig.ctap.applet(APPLET.KEY, [[FIELD.handle, handle]]);
  assert.deepEqual(key.get(FIELD.head), head);
  await rig.ctap.pinToken(PIN, PERMISSION.mc, RP);
  const next = await use(rig, id);
  assert.ok(next > counter, `counter ${next} after ${counter}`);
}

test('every cut of a power-up that erases a used page', async (t) => {
  const sweep = new Sweep(scenario, judge);
  const { operations, cuts } = await sweep.sweep();

  const [erased] = sweep.cuts.filter(({ kind }) => kind === 'erase');
  const at = erased.offset % erased.store.length;
  const page = erased.store.subarray(at, at + SECTOR_LEN);
  assert.ok(page.some((byte) => byte !== 0xff), 'the page was not used');
  t.diagnostic(`${operations} operations, ${cuts} cuts`);
});
