// SPDX-License-Identifier: BSD-2-Clause
// Power cuts: a scenario runs once, without any; each of its flash operations
// is written down, with what the host had been promised by then.  What a cut
// in it leaves behind follows from that (replay() compares it with a real one),
// and a token with such a flash must start, keep every promise and work.
//
// TS_CUT_EVERY=n tries every nth operation, 3 if it is not set: in each of them
// the host's build of the same code is cut by tests/unit.  TS_CUTS=n tries each
// n times, with other bits torn.  TS_CUT_EVERY=1 before a release.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';

import { Chip } from './chip.mjs';
import { loadElf } from './elf.mjs';
import { serveP256, withHostP256 } from './host_p256.mjs';
import { FLASH_LEN, tear } from './parts/flash.mjs';
import { Random } from './random.mjs';
import { imagePath, Rig } from './rig.mjs';

const STORE_OFF = 0x1e0000;
const TRIES = Number(process.env.TS_CUTS ?? 1);
const EVERY = Number(process.env.TS_CUT_EVERY ?? 3);

const image = loadElf(imagePath);
const quickImage = withHostP256(image);

export class Sweep {
  // scenario(sweep): what happens, with start(), run() and prepare().
  // judge(rig, cut): throws if a promise is broken.
  constructor(scenario, judge) {
    Object.assign(this, { scenario, judge });
    this.program = quickImage;
    this.onOp = () => {}; // (chip, op, number) before operation number
  }

  // Runs the scenario, then tries every cut.  Returns how many operations
  // there were and how many different flashes they left.
  async sweep() {
    await this.record();
    return { operations: this.cuts.length, cuts: await this.judgeAll() };
  }

  // --- the scenario ---

  async record() {
    this.cuts = [];
    this.promises = {};
    this.isRecording = true;
    await this.scenario(this);
  }

  chipWith(flash) {
    const chip = new Chip({ elf: this.program, flash });
    serveP256(chip);
    return chip;
  }

  // A power-up with this flash; an erased one, if left out.
  start(flash) {
    const chip = this.chipWith(flash);
    this.step = 'power-up';
    this.answeredAt = this.cuts.length;
    chip.nor.onOp = (op) => this.write(chip, op);
    this.rig = new Rig(chip);
    this.rig.onReply = () => { this.answeredAt = this.cuts.length; };
  }

  restart() {
    this.rig.faultless();
    this.start(this.rig.chip.flash);
  }

  // One step; work(rig) returns what is promised as soon as the host has its
  // last answer.  What is written after that is written too late.
  async run(step, work) {
    this.step = step;
    const promised = await work(this.rig);
    Object.assign(this.promises, promised);
    for (const cut of this.cuts.slice(this.answeredAt)) {
      Object.assign(cut.promises, promised);
    }
    this.rig.faultless();
  }

  // The same, without cuts.
  async prepare(work) {
    this.isRecording = false;
    await this.run('preparation', work);
    this.isRecording = true;
  }

  write(chip, op) {
    const { kind, offset, wanted } = op;

    assert.ok(offset >= STORE_OFF);
    if (this.isRecording) {
      this.onOp(chip, op, this.cuts.length);
      this.cuts.push({
        step: this.step, kind, offset, wanted: wanted.slice(),
        store: chip.flash.slice(STORE_OFF),
        promises: structuredClone(this.promises),
      });
    }
  }

  // --- the cuts ---

  // What try number i of this cut leaves in the flash.
  torn(index, i = 0) {
    const { store, offset, wanted } = this.cuts[index];
    const flash = new Uint8Array(FLASH_LEN).fill(0xff);

    flash.set(store, STORE_OFF);
    tear(flash, offset, wanted, howTorn(index, i));
    return flash;
  }

  async judgeAll() {
    const seen = new Set();

    for (const [index, cut] of this.cuts.entries()) {
      for (let i = 0; i < TRIES && index % EVERY === 0; i++) {
        const flash = this.torn(index, i);
        const id = `${cut.step} ${digest(flash)}`;
        if (!seen.has(id)) {
          seen.add(id);
          await this.judgeOne(index, () => this.chipWith(flash));
        }
      }
    }
    return seen.size;
  }

  async judgeOne(index, makeChip) {
    const cut = this.cuts[index];

    try {
      const rig = new Rig(makeChip());
      await this.judge(rig, cut);
      rig.faultless();
    } catch (error) {
      error.message = `cut in operation ${index} (${cut.kind} ` +
        `${cut.offset.toString(16)}, ${cut.step}): ${error.message}`;
      throw error;
    }
  }

  // The power really fails in this operation, on a chip that does its own
  // arithmetic: its flash is what the sweep says.
  async replay(index) {
    const real = new Sweep(this.scenario, this.judge);
    let chip;

    real.program = image;
    real.onOp = (itsChip, { op }, number) => {
      if (number === index) {
        chip = itsChip;
        chip.nor.cut = { op, ...howTorn(index, 0) };
      }
    };
    await assert.rejects(real.record(), /power cut/);
    assert.deepEqual(chip.faults, []);
    assert.equal(digest(chip.flash), digest(this.torn(index)));
    await this.judgeOne(index, () => chip.powerCycle());
  }
}

// The first try tears some part; of the others some do nothing, or all.
function howTorn(index, i) {
  const seed = index * 1000 + i;
  return i > 0 ? { seed } : { seed, part: new Random(seed).fraction() };
}

function digest(flash) {
  return crypto.createHash('sha256').update(flash.subarray(STORE_OFF))
    .digest('hex');
}
