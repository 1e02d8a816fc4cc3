// SPDX-License-Identifier: BSD-2-Clause
// The emulated board as something a person holds: it is plugged in and pulled
// out, its button is pressed, its LED and display are looked at.  The front
// ends reach the firmware through this class only.
//
// 'plug' and 'unplug' are its events.

import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { Chip } from '../chip.mjs';
import { UsbHost } from '../usb/host.mjs';
import { BlinkReader } from './blinks.mjs';
import { KeyReader } from './keys.mjs';
import { ledName } from './led.mjs';
import { picture } from './picture.mjs';
import { DisplayReader } from './reader.mjs';

// The stores: 32 sectors at the end of a 2 MB flash, and as many before them.
const REGIONS = [0x1e0000, 0x1c0000], REGION_LEN = 32 * 4096;
const STORE_LEN = REGIONS.length * REGION_LEN;
const KEYBOARD_EP = 3;

// The firmware wants the button up for 500 ms before some touches and down for
// 5 s for others (firmware/core/token.h).
const SETTLE_MS = 550, LONG_TOUCH_MS = 5000;
const COMPUTE_MS = 5000; // longer than any command takes
const BEGIN_MS = 5000;
const SLICE = 20000, SLICE_MS = 20; // instructions, and not longer than
const FLASH_LEN = 0x200000;
const WATCH_MS = 4; // how often somebody looks at the LED

export class Token extends EventEmitter {
  // options: elf (path), display (bool), store (path of a file, or undefined:
  // what the token keeps is lost when the program ends).
  constructor(options) {
    super();
    this.options = options;
    this.chip = null;
    this.info = null;
    this.faults = []; // of all chips so far
    this.flash = undefined;
    this.stored = Buffer.alloc(STORE_LEN, 0xff);
    this.autoTouch = false;
    this.touching = false;
    this.waiters = [];
    this.noise = 'good';
    this.keys = new KeyReader();
    this.drain = async () => {}; // hand it what a front end still holds
    if (options.store) this.#openStore(options.store);
  }

  get isPlugged() {
    return this.chip !== null;
  }

  // A new store appears under its name only when it is whole.
  #openStore(file) {
    if (!fs.existsSync(file)) {
      fs.writeFileSync(file + '.new', this.stored, { mode: 0o600 });
      fs.renameSync(file + '.new', file);
    }
    this.storeFd = fs.openSync(file, 'r+');
    const stored = fs.readFileSync(this.storeFd);
    // One of before there was a second region grows at the next save.
    if (stored.length !== STORE_LEN && stored.length !== REGION_LEN)
      throw new Error(`${file}: this is not a flash image`);
    stored.copy(this.stored);
  }

  // What the token keeps is in the file before anybody hears of it.
  save() {
    const now = Buffer.concat(REGIONS.map((off) =>
      this.chip.flash.subarray(off, off + REGION_LEN)));
    if (Buffer.compare(now, this.stored) === 0) return;
    this.stored.set(now);
    if (this.storeFd === undefined) return;
    fs.writeSync(this.storeFd, this.stored, 0, STORE_LEN, 0);
  }

  plug() {
    const { elf, display } = this.options;
    const flash = new Uint8Array(FLASH_LEN).fill(0xff);
    REGIONS.forEach((off, i) => flash.set(
      this.stored.subarray(i * REGION_LEN, (i + 1) * REGION_LEN), off));
    const chip = this.chip = new Chip({
      elf, flash, display, realtime: true, entropy: this.noise,
      seed: crypto.randomInt(2 ** 32),
    });
    this.blinks = new BlinkReader();
    chip.onLed((on) => this.blinks.see(on, chip.nanos / 1e6));
    chip.onStopped = (reason) => this.emit('stopped', reason);
    this.host = new UsbHost(chip);
    this.info = this.#enumerate();
    this.#begin();
    chip.start();
    this.watch = setInterval(() => this.#look(), WATCH_MS);
    this.emit('plug');
  }

  // USB answers before the token itself is there, which shows on the LED.  One
  // that never is has its reason among the faults.
  #begin() {
    try {
      this.chip.runUntil(() => this.led() !== 'off', { ms: BEGIN_MS });
    } catch (error) {
      this.chip.fault(error.message);
    }
  }

  // What a port does with what is plugged into it: reset, address,
  // configuration.  null: it does not answer; why is among the faults.
  #enumerate() {
    try {
      const { device, config } = this.host.enumerate();
      return { dev: device, cfg: config };
    } catch (error) {
      this.chip.fault(error.message);
      return null;
    }
  }

  unplug() {
    if (!this.chip) return;
    clearInterval(this.watch);
    this.host.unplug();
    this.save();
    this.faults.push(...this.chip.faults);
    this.chip = this.host = this.info = null;
    this.emit('unplug');
  }

  // Into another port.
  reset() {
    if (this.host) this.info = this.#enumerate();
    return this.info;
  }

  // A transfer: {ep, dir (1: in), len, data, setup (endpoint 0)}.  Resolves to
  // {status, data}; status is 'gone' if it was pulled out.
  async submit(urb) {
    if (!this.host) return { status: 'gone' };
    const { ep, dir, len, data } = urb;
    const transfer = ep === 0 ? this.host.control(urb.setup, data)
      : this.host.submit({ endpoint: ep | (dir << 7), length: len, data });
    urb.transfer = transfer;
    await transfer.done;
    if (this.chip) this.#passed(urb, transfer);
    return transfer;
  }

  cancel(urb) {
    if (urb.transfer) this.host?.cancel(urb.transfer);
  }

  #passed(urb, result) {
    if (urb.dir !== 1 || result.status !== 'ok') return;
    this.save();
    if (urb.ep === KEYBOARD_EP) this.keys.report(result.data);
  }

  // Let the chip's time pass, as fast as it can be emulated.  The turns in
  // between are for who listens to it.
  async advance(ms, until = () => false) {
    const { chip } = this;
    const end = chip.nanos + ms * 1e6;
    while (this.chip === chip && chip.nanos < end && !until()) {
      const slice = Math.min(end, chip.nanos + SLICE_MS * 1e6);
      if (chip.run(SLICE, slice) === 'stopped') return;
      chip.pacer.rebase();
      await nextTurn();
    }
  }

  // Until the chip has done what it was asked and sleeps.
  async settle() {
    const { chip } = this;
    await nextTurn();
    await this.drain();
    while (this.chip === chip && chip && chip.run(SLICE, chip.nanos) === 'busy')
      await nextTurn();
  }

  // The pattern by its name in firmware/hal.h.  A person sees it from the
  // flashes, which takes seconds; here it is read from the firmware's memory,
  // for the control socket and for nothing else.
  led() {
    if (!this.chip) return 'off';
    const { addr } = this.chip.symbol('led');
    return ledName(this.chip.mcu.readUint8(addr));
  }

  isWaiting() {
    return this.led().startsWith('touch-');
  }

  // Resolves when the token waits for a touch.
  waitTouch() {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  #look() {
    if (this.touching || !this.isWaiting()) return;
    for (const resolve of this.waiters.splice(0)) resolve();
    if (this.autoTouch) this.touch();
  }

  // Touch it for as long as it asks; false if it does not wait for that.
  async touch() {
    if (this.touching || !this.isWaiting()) return false;
    this.touching = true;
    const { chip } = this;
    const answered = () => !this.isWaiting();
    chip.button(false);
    await this.advance(SETTLE_MS, answered);
    if (this.chip === chip) chip.button(true);
    await this.advance(LONG_TOUCH_MS + COMPUTE_MS, answered);
    if (this.chip === chip) chip.button(false);
    this.touching = false;
    return true;
  }

  button(down) {
    this.autoTouch = false;
    this.chip?.button(down);
  }

  // Its lines with " | " between.
  display() {
    if (!this.chip?.panel) return '';
    this.reader ??= new DisplayReader(this.options.elf);
    return this.reader.read(this.chip.panel);
  }

  // Resolves to the digits that the LED blinks, or "none".
  async readBlinks() {
    const ROUND_MS = 200000; // two rounds of the longest code
    if (!this.chip) return 'none';
    const { blinks } = this;
    blinks.forget();
    const read = () => blinks.code(this.chip.nanos / 1e6) !== null;
    await this.advance(ROUND_MS, read);
    return this.chip ? blinks.code(this.chip.nanos / 1e6) ?? 'none' : 'none';
  }

  setNoise(kind) {
    this.noise = kind;
    if (this.chip) this.chip.rosc.mode = kind;
  }

  // Write a picture of the display; there has to be one.
  png(file) {
    fs.writeFileSync(file, picture(this.chip.panel));
  }

  // What the emulator found wrong with the firmware, ever.
  allFaults() {
    return [...this.faults, ...(this.chip?.faults ?? [])].map(String);
  }

  static storePath(dir) {
    return path.join(dir, 'flash');
  }
}
