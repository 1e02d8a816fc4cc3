// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while the token starts: for the first time, which makes its
// device key, again, and after such a cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Chip } from './chip.mjs';
import { credentialId, EDDSA } from './ctap.mjs';
import { imagePath, Rig } from './rig.mjs';
import { Sweep } from './sweep.mjs';

const RP = 'a.example';

async function make(rig) {
  return credentialId(await rig.ctap.makeCredential({ rpId: RP, alg: EDDSA }));
}

async function scenario(sweep) {
  sweep.start();
  await sweep.prepare(async (rig) => ({ id: await make(rig) }));
  sweep.restart();
}

// It works, and its device key is still the one of the credential.
async function judge(rig, { promises }) {
  if (promises.id === undefined) {
    await make(rig);
  } else {
    await rig.ctap.getAssertion({ rpId: RP, id: promises.id });
  }
}

test('every cut of a power-up', async (t) => {
  const sweep = new Sweep(scenario, judge);
  const { operations, cuts } = await sweep.sweep();

  assert.ok(operations >= 20, `only ${operations} operations`);
  t.diagnostic(`${operations} operations, ${cuts} cuts`);
  await sweep.replay(7);
  await sweep.replay(sweep.cuts.findLastIndex(({ kind }) => kind === 'erase'));
});

test('a cut in a running chip, and another in the power-up after it', async () => {
  const options = { elf: imagePath, cut: { op: 5, seed: 5, part: 0.5 } };
  let chip = new Chip(options);

  for (const next of [{ op: 2, seed: 6, part: 0.5 }, undefined]) {
    assert.throws(() => new Rig(chip), /power cut/);
    assert.equal(chip.stopped, 'power cut');
    assert.deepEqual(chip.faults, []);
    chip = chip.powerCycle({ cut: next });
  }
  const rig = new Rig(chip);
  await judge(rig, { promises: {} });
  rig.faultless();
});
