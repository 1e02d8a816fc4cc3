// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while an identity key is made and signs: a head that the host has
// a signature for is never taken back, nor another statement signed in its
// place, and the counter never falls back (docs/SPEC.md 12.3).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decode, encode } from './cbor.mjs';
import { APPLET, PERMISSION, sha256 } from './ctap.mjs';
import { Owner, SK_ED25519 } from './statements.mjs';
import { Sweep } from './sweep.mjs';

const PIN = '1234';
const FIRST_STATUS = 0xf0; // wire/applet_status.def: why it is not signed
const TIME = 2; // of a statement
const FIELD = { handle: 1, statement: 2, counter: 7, seq: 18, head: 19 };
const UNBOUND = -1;

// Another statement at the same place.
function rivalOf(statement) {
  const map = decode(statement);
  return encode(map.set(TIME, map.get(TIME) + 1));
}

// Signs the next statement.  That of seq i is in statements[i] from before.
function sign(sweep, owner, step, statement) {
  sweep.promises.statements.push(statement);
  return sweep.run(step, async () => {
    const answer = await owner.sign(statement);
    return { seq: owner.seq, counter: answer.get(FIELD.counter) };
  });
}

async function scenario(sweep) {
  let owner;

  await sweep.prepare(async () => {
    sweep.start();
    await sweep.rig.ctap.setPin(PIN);
    owner = new Owner(sweep.rig.ctap, PIN);
  });
  Object.assign(sweep.promises, { seq: UNBOUND, statements: [], counter: 0 });
  await sweep.run('CREATE', async () => {
    await owner.create(SK_ED25519);
    return { handle: owner.handle };
  });
  await sign(sweep, owner, 'SIGN genesis', owner.genesis());
  await sign(sweep, owner, 'SIGN update', owner.update());
  Object.assign(sweep.promises, { confirmation: owner.confirmation() });
  await sweep.run('CONFIRM', async () => {
    const answer = await owner.confirm(sweep.promises.confirmation);
    return { counter: answer.get(FIELD.counter) };
  });
}

// Nothing is taken back, and nothing but the statement of the step added.
async function judge(rig, { promises }) {
  const { handle, statements, confirmation } = promises;

  if (handle === undefined) {
    await rig.ctap.pinToken(PIN, PERMISSION.mc, 'a.example');
    return;
  }
  const key = await rig.ctap.applet(APPLET.KEY, [[FIELD.handle, handle]]);
  const seq = key.get(FIELD.seq) ?? UNBOUND;
  assert.ok(seq >= promises.seq, `seq ${seq} after ${promises.seq}`);
  assert.ok(seq < statements.length, `seq ${seq} from nowhere`);
  if (seq !== UNBOUND) {
    assert.deepEqual(key.get(FIELD.head), sha256(statements[seq]));
    await refuse(rig, handle, rivalOf(statements[seq]));
  }
  if (confirmation !== undefined) {
    const answer = await rig.ctap.applet(APPLET.CONFIRM,
      [[FIELD.handle, handle], [FIELD.statement, confirmation]]);
    assert.ok(answer.get(FIELD.counter) > promises.counter, 'the counter fell');
  }
}

async function refuse(rig, handle, statement) {
  const owner = Object.assign(new Owner(rig.ctap, PIN), { handle });
  await assert.rejects(owner.sign(statement),
    ({ status }) => status >= FIRST_STATUS);
}

test('every cut of making an identity and signing its chain', async (t) => {
  const sweep = new Sweep(scenario, judge);
  const { operations, cuts } = await sweep.sweep();

  assert.ok(operations >= 30, `only ${operations} operations`);
  await sweep.replay(operations - 1);
  t.diagnostic(`${operations} operations, ${cuts} cuts`);
});
