// SPDX-License-Identifier: BSD-2-Clause
// Power cuts: a scenario runs once, without any; each of its flash operations
// is written down, with what the host had been promised by then.  What a cut
// in it leaves behind follows from that, and a token with such a flash must
// start, keep every promise and work.
//
// TS_CUTS=n tries each operation n times, with other bits torn; TS_CUT_EVERY=n
// only every nth operation, for a quick look.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { Chip } from './chip.mjs';
import { loadElf } from './elf.mjs';
import { FLASH_LEN, tear } from './parts/flash.mjs';
import { imagePath, Rig } from './rig.mjs';

const STORE_OFF = 0x1e0000;
const TRIES = Number(process.env.TS_CUTS ?? 1);
const EVERY = Number(process.env.TS_CUT_EVERY ?? 1);

export class Sweep {
  // promises: what the host knows before the first power-up.
  constructor(promises) {
    this.promises = promises;
    this.cuts = [];
    this.step = 'power-up';
    this.program = loadElf(imagePath);
  }

  // A token with this flash, whose operations are written down.
  start(flash) {
    const chip = new Chip({ elf: this.program, flash });
    chip.nor.onOp = (op) => this.write(chip, op);
    this.rig = new Rig(chip);
    return this.rig;
  }

  write(chip, { kind, offset, wanted }) {
    assert.ok(offset >= STORE_OFF);
    this.cuts.push({
      step: this.step, kind, offset, wanted: wanted.slice(),
      store: chip.flash.slice(STORE_OFF),
      promises: structuredClone(this.promises),
    });
  }

  // One step of the scenario; what it returns are promises from then on.
  async run(step, work) {
    this.step = step;
    Object.assign(this.promises, await work(this.rig));
    this.rig.faultless();
  }

  // A step in which no power is cut.
  async prepare(work) {
    const { length } = this.cuts;
    await this.run('preparation', work);
    this.cuts.length = length;
  }

  // The same flash in another power-up.
  restart() {
    this.step = 'power-up';
    this.rig.faultless();
    this.start(this.rig.chip.flash);
  }

  // Tries every cut; judge(rig, cut) throws if a promise is broken.
  // Returns how many different ones there were.
  async judge(judge) {
    const seen = new Set();

    for (const [index, cut] of this.cuts.entries()) {
      for (let i = 0; i < TRIES && index % EVERY === 0; i++) {
        const flash = new Uint8Array(FLASH_LEN).fill(0xff);
        flash.set(cut.store, STORE_OFF);
        tear(flash, cut.offset, cut.wanted, { seed: index * TRIES + i });
        const id = `${cut.step} ${digest(flash)}`;
        if (!seen.has(id)) {
          seen.add(id);
          await this.judgeOne(judge, cut, index, flash);
        }
      }
    }
    return seen.size;
  }

  async judgeOne(judge, cut, index, flash) {
    try {
      const rig = new Rig({ elf: this.program, flash });
      await judge(rig, cut);
      rig.faultless();
    } catch (error) {
      error.message = `cut in operation ${index} (${cut.kind} ` +
        `${cut.offset.toString(16)}, ${cut.step}): ${error.message}`;
      throw error;
    }
  }
}

function digest(flash) {
  return crypto.createHash('sha256').update(flash.subarray(STORE_OFF))
    .digest('hex');
}
