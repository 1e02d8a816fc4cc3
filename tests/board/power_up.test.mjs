// SPDX-License-Identifier: BSD-2-Clause
// Power cuts while the token starts: for the first time, which makes its
// device key, again, and after such a cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Chip } from './chip.mjs';
import { EDDSA } from './ctap.mjs';
import { imagePath, Rig } from './rig.mjs';
import { Sweep } from './sweep.mjs';

async function works(rig) {
  await rig.ctap.makeCredential({ rpId: 'a.example', alg: EDDSA });
}

test('every cut of a power-up', async (t) => {
  const sweep = new Sweep({});

  sweep.start();
  sweep.restart();
  const count = await sweep.judge(works);
  assert.ok(sweep.cuts.length >= 10, `only ${sweep.cuts.length} operations`);
  t.diagnostic(`${sweep.cuts.length} operations, ${count} cuts`);
});

// The sweeps make torn flashes themselves; this is where they come from.
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
  await works(rig);
  rig.faultless();
});
