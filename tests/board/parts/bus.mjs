// SPDX-License-Identifier: BSD-2-Clause
// The judge of every load, store and instruction fetch.  The emulator lets
// most wrong ones pass; silicon takes a hard fault, or worse, does not.
const ROM_END = 0x4000;
const XIP_END = 0x14000000;
const SIO = 0xd0000000;
const SIO_LAST = 0x17c;

// Peripherals that silicon holds in reset at power-up: page -> bit of RESETS
// (RP2040 datasheet 2.14.3).
const RESET_BITS = new Map([
  [0x4004c, 0], [0x40030, 1], [0x50000, 2], [0x40044, 3], [0x40048, 4],
  [0x40014, 5], [0x40018, 6], [0x4001c, 8], [0x40020, 9], [0x50200, 10],
  [0x50300, 11], [0x40028, 12], [0x4002c, 13], [0x40050, 14], [0x4005c, 15],
  [0x4003c, 16], [0x40040, 17], [0x40004, 18], [0x40000, 19], [0x40054, 21],
  [0x40034, 22], [0x40038, 23], [0x50110, 24], [0x50100, 24],
]);

const hex = (n) => '0x' + (n >>> 0).toString(16);

class Judge {
  constructor(chip) {
    this.chip = chip;
    this.core = chip.mcu.core;
  }

  // What is wrong with touching this address, or undefined.
  wrong(address, size) {
    if (address & (size - 1)) {
      return 'misaligned';
    }
    if (address < ROM_END) {
      // Programs read the ROM's header; the rest of the first 16 KB is what
      // a null pointer points at.
      const isHeader = address >= 0x10 && address < 0x1c;
      return isHeader || this.core.PC < ROM_END || this.chip.rom.isTable(address)
        ? undefined : 'null pointer?';
    }
    if (address < XIP_END) {
      return this.wrongFlash(address);
    }
    return this.wrongRegister(address);
  }

  wrongFlash(address) {
    const flash = this.chip.nor;
    if (address < 0x10000000 || (address & 0xffffff) >= flash.bytes.length) {
      return 'unmapped';
    }
    return flash.isReadable ? undefined : 'flash while XIP is off';
  }

  wrongRegister(address) {
    const region = address >>> 28;
    if (region === 0xd) {
      const offset = address - SIO;
      return offset > SIO_LAST || (offset >= 0x50 && offset < 0x5c)
        ? 'unmapped' : undefined;
    }
    const bit = RESET_BITS.get((address >>> 14) << 2);
    return bit !== undefined && (this.chip.resets.held >>> bit) & 1
      ? 'peripheral in reset' : undefined;
  }

  check(what, address, size) {
    const wrong = this.wrong(address, size);
    if (wrong !== undefined) {
      this.chip.fault(`${what} ${hex(address)}: ${wrong}`);
      if (wrong !== 'peripheral in reset') {
        this.chip.halt('hard fault');
      }
    }
  }
}

// SRAM and flash that can be read need no more than an alignment check: they
// are nearly all accesses.
export function guardBus(chip) {
  const { mcu } = chip;
  const judge = new Judge(chip);

  for (const size of [1, 2, 4]) {
    const bits = size * 8;
    const read = mcu[`readUint${bits}`].bind(mcu);
    const write = mcu[`writeUint${bits}`].bind(mcu);
    const mask = size - 1;
    mcu.core[`readUint${bits}`] = (addr) => {
      const address = addr >>> 0;
      const region = address >>> 28;
      if ((address & mask) || (region !== 2 && !(region === 1 &&
          chip.nor.isReadable && address < chip.nor.end))) {
        judge.check(`read${bits}`, address, size);
      }
      return read(address);
    };
    mcu.core[`writeUint${bits}`] = (addr, value) => {
      const address = addr >>> 0;
      if (address < XIP_END) {
        chip.fault(`write${bits} ${hex(address)}: read-only`);
        chip.halt('hard fault');
        return;
      }
      if ((address & mask) || address >>> 28 !== 2) {
        judge.check(`write${bits}`, address, size);
      }
      write(address, value);
    };
  }
}
