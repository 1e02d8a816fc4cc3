// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while an identity key is made and signs its chain: a head that
// the host has a signature for is never taken back (docs/SPEC.md 12.3).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APPLET, APPLET_RP, PERMISSION, sha256 } from './ctap.mjs';
import { addKey, genesis, tokenId } from './statement.mjs';
import { Sweep } from './sweep.mjs';

const PIN = '1234';
const SK_ED25519 = 1;
const FIELD = { handle: 1, statement: 2, alg: 3, publicKey: 3, signature: 5,
  seq: 18, head: 19 };
const UNBOUND = -1;

// A token serves one command; touching it uses it up.
async function authorised(rig, permission, command, fields) {
  const token = await rig.ctap.pinToken(PIN, permission, APPLET_RP);
  return rig.ctap.applet(command, fields, token);
}

async function create(rig) {
  const made = await authorised(rig, PERMISSION.mc, APPLET.CREATE,
    [[FIELD.alg, SK_ED25519]]);
  return made.get(FIELD.publicKey);
}

async function sign(rig, handle, statement) {
  const answer = await authorised(rig, PERMISSION.ga, APPLET.SIGN,
    [[FIELD.handle, handle], [FIELD.statement, statement]]);
  assert.equal(answer.get(FIELD.signature).length, 64);
}

// What the token says of its key.
async function headOf(rig, handle) {
  const answer = await rig.ctap.applet(APPLET.KEY, [[FIELD.handle, handle]]);
  return { seq: answer.get(FIELD.seq) ?? UNBOUND, head: answer.get(FIELD.head) };
}

// Nothing is taken back, and nothing but the statement of the step added.
async function judge(rig, { promises }) {
  if (!promises.handle) {
    assert.ok((await rig.ctap.applet(APPLET.INFO)).size > 0);
    return;
  }
  const { seq, head } = await headOf(rig, promises.handle);
  assert.ok(seq >= promises.seq, `seq ${seq} after ${promises.seq}`);
  assert.ok(seq <= promises.seq + 1, `seq ${seq} after ${promises.seq}`);
  if (seq >= 0) {
    assert.deepEqual(Buffer.from(head), Buffer.from(promises.heads[seq]));
  }
}

test('every cut of making an identity and signing its chain', async (t) => {
  const sweep = new Sweep({ seq: UNBOUND });
  const { promises } = sweep;
  let first, second;

  sweep.start();
  await sweep.prepare((rig) => rig.ctap.setPin(PIN));
  sweep.cuts.length = 0; // those of power-up, which power_up.test.mjs has
  await sweep.run('CREATE', async (rig) => {
    const key = await create(rig);
    first = genesis(key);
    second = addKey(sha256(first), 1, first);
    return { handle: tokenId(key), heads: [sha256(first), sha256(second)] };
  });
  await sweep.run('SIGN genesis', async (rig) => {
    await sign(rig, promises.handle, first);
    return { seq: 0 };
  });
  await sweep.run('SIGN update', async (rig) => {
    await sign(rig, promises.handle, second);
    return { seq: 1 };
  });
  sweep.restart();
  const count = await sweep.judge(judge);
  assert.ok(sweep.cuts.length >= 10, `only ${sweep.cuts.length} operations`);
  t.diagnostic(`${sweep.cuts.length} operations, ${count} cuts`);
});
