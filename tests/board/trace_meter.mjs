// SPDX-License-Identifier: BSD-2-Clause
// What a command costs the chip, between moments that the image itself gives
// away: the last report of a request has arrived; the token first looks at its
// button; a touch was taken; the first report of the answer is handed over.
// Cycles are those of instructions.  Time has the rest as well: erasing and
// programming, and at power-up the sleep between two bits of noise.
import assert from 'node:assert/strict';

import { Rig } from './rig.mjs';

const HID_ENDPOINT = 1;
const HAL_PIPE_HID = 0; // enum hal_pipe
const KEEPALIVE = 0xbb; // fifth byte of such a report
const MS = 1e6; // in nanoseconds
const STACK = 0x20000000; // link.ld: the stack is at the bottom of the RAM
const PAINT = 0xa5;

const span = (from, to) => ({ cycles: to.cycles - from.cycles,
  ms: (to.nanos - from.nanos) / MS });

export class Meter extends Rig {
  plug(chip) {
    this.chip = chip;
    this.marks = {};
    this.flashOps = { erase: 0, program: 0 };
    this.stackTop = chip.symbol('rp2_stack_top').addr;
    chip.mcu.sram.fill(PAINT, 0, this.stackTop - STACK);
    this.watchCalls();
    chip.nor.onOp = ({ kind }) => { this.flashOps[kind]++; };
    super.plug(chip);
    this.watchReports();
  }

  now() {
    return { cycles: this.chip.cycles, nanos: this.chip.nanos };
  }

  mark(name) {
    this.marks[name] ??= this.now();
  }

  watchReports() {
    const { sie } = this.host;
    const out = sie.out.bind(sie);

    sie.out = (endpoint, packet, pid) => {
      const answer = out(endpoint, packet, pid);
      if (endpoint === HID_ENDPOINT && answer === 'ack') {
        this.marks = { begun: this.now() };
      }
      return answer;
    };
  }

  watchCalls() {
    const { chip } = this;
    const at = (name) => chip.symbol(name).addr & ~1;
    const calls = new Map([
      [at('hal_button'), () => this.mark('asked')],
      [at('fw_ctap2_finish'), () => this.mark('touched')],
      [at('hal_send'), () => this.sent()],
    ]);

    chip.core.blTaken = (core) => calls.get(core.PC & ~1)?.();
  }

  sent() {
    const { registers } = this.chip.core;
    const kind = this.chip.mcu.readUint8(registers[1] + 4);

    if (registers[0] === HAL_PIPE_HID && (kind & 0x80) && kind !== KEEPALIVE) {
      this.mark('answered');
    }
  }

  // Runs an action whose last message is what is measured: {before, after,
  // erase, program, value}.  before and after the touch: {cycles, ms}; zeros
  // after it where there is none.
  async measure(action) {
    this.flashOps = { erase: 0, program: 0 };
    const value = await action();
    const { begun, asked, touched, answered } = this.marks;

    assert.equal(asked === undefined, touched === undefined);
    return { before: span(begun, asked ?? answered),
      after: span(touched ?? answered, answered), ...this.flashOps, value };
  }

  // Bytes of stack that were ever used since the chip started.
  stack() {
    const low = this.chip.mcu.sram.findIndex((byte) => byte !== PAINT);

    assert.ok(low > 0, 'the stack was used to its end');
    return this.stackTop - STACK - low;
  }
}
