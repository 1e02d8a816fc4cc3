// SPDX-License-Identifier: BSD-2-Clause
// Runs a chip in the background of node's event loop, for front ends: as fast
// as it can, or never ahead of the wall clock.
const SLICE = 50000; // instructions between two looks at the event loop
const SLIP_NS = 5e6;
const MS = 1e6;

export class Pacer {
  constructor(chip, isRealtime) {
    this.chip = chip;
    this.isRealtime = isRealtime;
    this.isRunning = false;
    this.isQueued = false;
    this.timer = null;
  }

  start() {
    this.isRunning = true;
    this.rebase();
    this.kick();
  }

  stop() {
    this.isRunning = false;
    clearTimeout(this.timer);
  }

  // Emulated time and wall time are the same from this moment on.
  rebase() {
    this.wallStart = performance.now() - this.chip.nanos / MS;
  }

  // Up to when the chip may run now.
  get limit() {
    return this.isRunning && this.isRealtime
      ? (performance.now() - this.wallStart) * MS : Infinity;
  }

  // Something happened outside: the chip has slept until now, not longer.
  sync() {
    const { chip } = this;
    const { limit } = this;
    if (!this.isRunning) {
      return;
    }
    const next = chip.clock.nextAlarm?.nanos ?? Infinity;
    if (limit !== Infinity && chip.core.waiting && limit > chip.nanos &&
        next > limit) {
      chip.clock.tick(limit - chip.nanos);
    }
    this.kick();
  }

  kick() {
    if (!this.isQueued) {
      this.isQueued = true;
      setImmediate(() => this.turn());
    }
  }

  turn() {
    const { chip } = this;
    this.isQueued = false;
    if (!this.isRunning) {
      return;
    }
    const state = chip.run(SLICE, this.limit);
    if (state === 'stopped') {
      this.stop();
      chip.onStopped(chip.stopped);
    } else if (state === 'busy') {
      this.slip();
      this.kick();
    } else if (state === 'sleep') {
      const wait = (chip.clock.nextAlarm.nanos - this.limit) / MS;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.kick(), Math.max(0, wait));
    }
  }

  // A chip that is slower than silicon falls behind; it need not catch up.
  slip() {
    if (this.isRealtime && this.limit - this.chip.nanos > SLIP_NS) {
      this.rebase();
    }
  }
}
