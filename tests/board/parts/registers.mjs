// SPDX-License-Identifier: BSD-2-Clause
// Small peripherals that the emulator lacks or simplifies.  Each reads and
// writes only the registers it knows; any other is a fault of the program.
import { BasePeripheral } from '../rp2040.mjs';

// Registers that only remember what was written.
export class Registers extends BasePeripheral {
  constructor(mcu, name, initial) {
    super(mcu, name);
    this.values = new Map(Object.entries(initial).map(([k, v]) => [+k, v]));
  }

  readUint32(offset) {
    return this.values.get(offset) ?? super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (!this.values.has(offset)) {
      super.writeUint32(offset, value);
      return;
    }
    this.values.set(offset, value >>> 0);
  }
}

// One more register for a part of the emulator; it only remembers.
export function addRegister(part, offset, initial) {
  const read = part.readUint32.bind(part);
  const write = part.writeUint32.bind(part);
  let value = initial;

  part.readUint32 = (at) => at === offset ? value : read(at);
  part.writeUint32 = (at, next) => {
    if (at === offset) {
      value = next;
    } else {
      write(at, next);
    }
  };
}

// RESETS, RP2040 datasheet 2.14.  All is held in reset at power-up but what
// the boot ROM needed: the pins of the flash.
const RESET = 0x00;
const WDSEL = 0x04;
const RESET_DONE = 0x08;
const ALL_BLOCKS = 0x1ffffff;
const BLOCK_USB = 1 << 24;
const BLOCKS_OF_ROM = (1 << 6) | (1 << 9);

export class Resets extends BasePeripheral {
  constructor(mcu, onUsbReset) {
    super(mcu, 'RESETS');
    this.held = ALL_BLOCKS & ~BLOCKS_OF_ROM;
    this.watchdogSelect = 0;
    this.onUsbReset = onUsbReset;
  }

  readUint32(offset) {
    switch (offset) {
      case RESET: return this.held;
      case WDSEL: return this.watchdogSelect;
      case RESET_DONE: return ALL_BLOCKS & ~this.held;
      default: return super.readUint32(offset);
    }
  }

  writeUint32(offset, value) {
    switch (offset) {
      case RESET:
        if (value & ~this.held & BLOCK_USB) {
          this.onUsbReset();
        }
        this.held = value & ALL_BLOCKS;
        break;
      case WDSEL:
        this.watchdogSelect = value & ALL_BLOCKS;
        break;
      default:
        super.writeUint32(offset, value);
    }
  }
}

// IO_QSPI (2.19.6.2): pin control of the six flash pins.  The button BOOTSEL
// pulls the chip select low, which shows only while nothing drives it.
const PIN_SS = 1;
const OVERRIDE_LOW = 2; // as OUTOVER: drive low; as OEOVER: do not drive

export class IoQspi extends BasePeripheral {
  // onSelect(isFloating): the chip select was written
  constructor(mcu, onSelect) {
    super(mcu, 'IO_QSPI');
    this.ctrl = new Uint32Array(6);
    this.isPressed = false;
    this.onSelect = onSelect;
    for (const pin of mcu.qspi) {
      pin.padValue |= 0x40; // input enabled, the pads' value at reset
    }
    this.update();
  }

  get isFloating() {
    return ((this.ctrl[PIN_SS] >>> 12) & 3) === OVERRIDE_LOW;
  }

  press(isPressed) {
    this.isPressed = isPressed;
    this.update();
  }

  update() {
    const override = (this.ctrl[PIN_SS] >>> 8) & 3;
    const isLow = this.isFloating ? this.isPressed : override === OVERRIDE_LOW;
    this.rp2040.qspi[PIN_SS].setInputValue(!isLow);
  }

  readUint32(offset) {
    if (offset < 0x30 && offset & 4) {
      return this.ctrl[offset >> 3];
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    if (offset >= 0x30 || !(offset & 4)) {
      super.writeUint32(offset, value);
      return;
    }
    this.ctrl[offset >> 3] = value;
    this.update();
    if (offset >> 3 === PIN_SS) {
      this.onSelect(this.isFloating);
    }
  }
}
