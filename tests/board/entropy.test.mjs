// SPDX-License-Identifier: BSD-2-Clause
// A noise source that fails: the token signs nothing, says so, and shows it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EDDSA } from './ctap.mjs';
import { Rig } from './rig.mjs';

const ENTROPY = 0xfe; // docs/SPEC.md 12.7
const ROUND_MS = 1850; // firmware/board/rp2040/pattern.c: FAULT_ENTROPY
const FLASHES = 3;

async function flashes(rig) {
  let count = 0;
  rig.chip.onLed((isLit) => { count += Number(isLit); });
  rig.chip.runFor(2 * ROUND_MS);
  return count;
}

async function refuses(rig) {
  const made = rig.ctap.makeCredential({ rpId: 'a.example', alg: EDDSA });
  await assert.rejects(made, { status: ENTROPY });
  assert.ok((await rig.ctap.getInfo()).size > 0);
  assert.equal(await flashes(rig), 2 * FLASHES);
  rig.faultless();
}

for (const entropy of ['stuck', 'biased', 'locked']) {
  test(`a source that is ${entropy} from the start`, async () => {
    await refuses(new Rig({ entropy }));
  });
}

test('a source that gets stuck while the token runs', async () => {
  const rig = new Rig();

  await rig.ctap.makeCredential({ rpId: 'a.example', alg: EDDSA });
  rig.chip.rosc.mode = 'stuck';
  await rig.ctap.getInfo(); // its samples were taken before
  await refuses(rig);
});

test('a good source draws other keys for each seed, the same for one', async () => {
  const publicKey = async (seed) => {
    const rig = new Rig({ seed });
    const made = await rig.ctap.makeCredential({ rpId: 'a', alg: EDDSA });
    return Buffer.from(made.get(2)).subarray(37).toString('hex');
  };
  const [one, again, two] =
    [await publicKey(1), await publicKey(1), await publicKey(2)];

  assert.equal(one, again);
  assert.notEqual(one, two);
});
