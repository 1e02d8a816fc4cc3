// SPDX-License-Identifier: BSD-2-Clause
// What the boot ROM does at power-up and in its flash functions, for the
// breakpoints of rom/rom.S.
import { romWords } from '../rp2040.mjs';

const BOOT2_LEN = 256;
const BOOT2_RAM = 0x41f00; // offset in SRAM where boot2 runs
const ROM_CONNECT_NS = 1000;
export const RETURN_ADDRESS = 0x20; // `called` in rom.S

// CRC32 of RP2040 datasheet 2.8.1.3.1: no reflection, no final xor.
export function boot2Crc(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
    }
  }
  return crc >>> 0;
}

export class BootRom {
  // entry: 'boot2' as on silicon; 'image' enters a program without boot2 by
  // its vectors at 0x10000100, with XIP on.
  constructor(chip, entry) {
    this.chip = chip;
    this.entry = entry;
    chip.mcu.bootrom.set(romWords);
    chip.mcu.core.VTOR = 0;
    chip.mcu.core.reset();
  }

  // The tables of functions, which lookup() is given by the program.
  isTable(address) {
    const start = romWords[5] & 0xffff;
    return address >= start && address < romWords.length * 4;
  }

  start() {
    const { mcu, nor: flash } = this.chip;
    const boot2 = flash.bytes.subarray(0, BOOT2_LEN);
    const view = new DataView(boot2.buffer, boot2.byteOffset);

    if (this.entry === 'image') {
      flash.enterXip();
      return 1;
    }
    if (boot2Crc(boot2.subarray(0, 252)) !== view.getUint32(252, true)) {
      this.chip.fault('boot ROM: boot2 has a wrong CRC');
      this.chip.halt('no boot2');
    }
    mcu.sram.set(boot2, BOOT2_RAM);
    return 0;
  }

  // One moment of waiting: until the next event, so that the program's
  // interrupts are served.
  wait() {
    const { clock, nor: flash } = this.chip;
    const next = clock.nextAlarm?.nanos ?? Infinity;
    clock.tick(Math.max(0, Math.min(next, flash.busyUntil) - clock.nanos));
    return Number(clock.nanos < flash.busyUntil);
  }

  programData(source, length) {
    const { mcu } = this.chip;
    return Uint8Array.from({ length }, (_, i) => mcu.readUint8(source + i));
  }

  // The breakpoint `code` in the ROM was reached.
  trap(code) {
    const { chip } = this;
    const { mcu, nor: flash } = chip;
    const r = mcu.core.registers;

    switch (code) {
      case 0x40:
        chip.clock.tick(ROM_CONNECT_NS);
        flash.connect();
        break;
      case 0x41: flash.exitXip(); break;
      case 0x42: flash.erase(r[0], r[1]); break;
      case 0x43: flash.program(r[0], this.programData(r[1], r[2])); break;
      case 0x44: flash.flush(); break;
      case 0x45: flash.enterXip(); break;
      case 0x46: chip.halt('USB boot'); break;
      case 0x47: r[0] = this.wait(); break;
      case 0x50: r[0] = this.start(); break;
      case 0x7e: chip.halt('returned'); break;
      default:
        chip.fault(`boot ROM: exception ${mcu.core.IPSR}`);
        chip.halt('dead');
    }
  }
}
