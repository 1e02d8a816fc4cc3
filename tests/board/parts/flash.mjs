// SPDX-License-Identifier: BSD-2-Clause
// The NOR flash chip beside the RP2040 (a W25Q16): what programs may do to it
// through the boot ROM (RP2040 datasheet 2.8.3.1.3), how long that takes, and
// what a power cut leaves behind.
import { Random } from '../random.mjs';

export const FLASH_LEN = 0x200000;
export const SECTOR_LEN = 4096;
export const PAGE_LEN = 256;
const ERASE_NS = 45e6; // W25Q16JV: typical sector erase
const PROGRAM_NS = 0.4e6; // and page program
const BASE = 0x10000000;

// In which order the ROM's functions must be called; XIP is right only after
// the caches were flushed, which also releases the chip select.
const XIP = 'XIP';
const CONNECTED = 'connected';
const COMMANDS = 'commands';
const FLUSHED = 'flushed';

export class Flash {
  // bytes: FLASH_LEN of them, changed in place.  cut: {op, seed, part}: the
  // power fails in flash operation op (counted from 1) when a random part
  // (0 to 1; drawn by seed if absent) of its bits is done.
  constructor(chip, bytes, cut) {
    this.chip = chip;
    this.bytes = bytes;
    this.cut = cut;
    this.end = BASE + bytes.length;
    this.state = FLUSHED;
    this.isSelectable = true;
    this.isReadable = false;
    this.busyUntil = 0;
    this.imageEnd = 0; // nothing below is erased or programmed
    this.ops = 0;
    this.onOp = () => {}; // ({op, kind, offset, wanted}) before each
  }

  update() {
    this.isReadable = this.state === XIP && this.isSelectable;
  }

  // The pin of the chip select is, or is not, the flash controller's.
  selectable(yes) {
    this.isSelectable = yes;
    this.update();
  }

  move(next, ...from) {
    if (from.length > 0 && !from.includes(this.state)) {
      this.chip.fault(`flash: ${next} after ${this.state}`);
    }
    this.state = next;
    this.update();
  }

  connect() {
    this.move(CONNECTED);
  }

  exitXip() {
    this.move(COMMANDS, CONNECTED);
  }

  flush() {
    this.move(FLUSHED, COMMANDS, FLUSHED);
  }

  enterXip() {
    this.move(XIP, FLUSHED, XIP);
  }

  // The flash controller was disabled.
  leaveXip() {
    if (this.state === XIP) {
      this.move(FLUSHED);
    }
  }

  // A sector or page operation is allowed and begins now.
  isAllowed(what, offset, length, unit) {
    const { chip } = this;
    const wrong = this.state !== COMMANDS ? `while ${this.state}`
      : offset % unit || length % unit ? 'misaligned'
        : offset + length > this.bytes.length ? 'out of range'
          : offset < this.imageEnd ? 'over the program'
            : chip.nanos < this.busyUntil ? 'while busy' : undefined;
    if (wrong !== undefined) {
      chip.fault(`flash: ${what} ${offset.toString(16)}+${length} ${wrong}`);
    }
    return wrong === undefined;
  }

  erase(offset, length) {
    if (this.isAllowed('erase', offset, length, SECTOR_LEN)) {
      for (let at = offset; at < offset + length; at += SECTOR_LEN) {
        this.change('erase', at, new Uint8Array(SECTOR_LEN).fill(0xff));
      }
      this.busyUntil = this.chip.nanos + ERASE_NS * length / SECTOR_LEN;
    }
  }

  program(offset, data) {
    if (!this.isAllowed('program', offset, data.length, PAGE_LEN)) {
      return;
    }
    for (let at = 0; at < data.length; at += PAGE_LEN) {
      const old = this.bytes.subarray(offset + at, offset + at + PAGE_LEN);
      const page = data.subarray(at, at + PAGE_LEN);
      if (page.some((d, i) => d !== 0xff && (old[i] & d) !== d)) {
        this.chip.fault(`flash: program ${(offset + at).toString(16)} ` +
          'over bits that are not erased');
      }
      this.change('program', offset + at, page.map((d, i) => d & old[i]));
    }
    this.busyUntil = this.chip.nanos + PROGRAM_NS * data.length / PAGE_LEN;
  }

  change(kind, offset, wanted) {
    if (this.chip.stopped) {
      return;
    }
    this.ops++;
    this.onOp({ op: this.ops, kind, offset, wanted });
    if (this.ops === this.cut?.op) {
      tear(this.bytes, offset, wanted, this.cut);
      this.chip.halt('power cut');
    } else {
      this.bytes.set(wanted, offset);
    }
  }
}

// What a power cut leaves of an operation that was to make these bytes
// `wanted`: a random part of the bits changed, or none, or all.
export function tear(bytes, offset, wanted, { seed = 1, part }) {
  const rng = new Random(seed);
  const share = part ?? rng.pick([0, 1, rng.fraction()]);

  for (let i = 0; i < wanted.length; i++) {
    let mask = 0;
    for (let bit = 0; bit < 8; bit++) {
      mask |= Number(rng.fraction() < share) << bit;
    }
    const old = bytes[offset + i];
    bytes[offset + i] = (old & ~mask) | (wanted[i] & mask);
  }
}
