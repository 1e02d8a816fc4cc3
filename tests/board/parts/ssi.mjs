// SPDX-License-Identifier: BSD-2-Clause
// The flash controller (RP2040 datasheet 4.10) as far as boot2 uses it: single
// commands to the flash chip's status registers and id, and the set-up of XIP.
import { BasePeripheral } from '../rp2040.mjs';

const CTRLR0 = 0x00;
const SSIENR = 0x08;
const SR = 0x28;
const DR0 = 0x60;
const SPI_CTRLR0 = 0xf4;
// CTRLR1, SER, BAUDR, TXFTLR, RXFTLR, TXFLR, RXFLR, ICR, RX_SAMPLE_DLY,
// TXD_DRIVE_EDGE
const PLAIN = [0x04, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x48, 0xf0, 0xf8];
const SR_TFNF = 1 << 1;
const SR_TFE = 1 << 2;
const SR_RFNE = 1 << 3;
const TMOD_EEPROM = 3;
const FRF_QUAD = 2;
const STATUS2_QE = 2;
const JEDEC_ID = [0xef, 0x40, 0x15];

export class Ssi extends BasePeripheral {
  constructor(chip) {
    super(chip.mcu, 'SSI');
    this.chip = chip;
    this.values = new Map(PLAIN.map((offset) => [offset, 0]));
    this.ctrlr0 = 0;
    this.spiCtrlr0 = 0;
    this.isEnabled = false;
    this.sent = [];
    this.replies = [];
    this.status = [0, 0]; // of a new flash chip: quad mode is off
    this.isWritable = false;
  }

  // Chip select rose or fell: a new command begins.
  select() {
    this.sent = [];
    this.replies = [];
  }

  readUint32(offset) {
    switch (offset) {
      case CTRLR0: return this.ctrlr0;
      case SPI_CTRLR0: return this.spiCtrlr0;
      case SSIENR: return Number(this.isEnabled);
      case SR:
        return SR_TFNF | SR_TFE | (this.replies.length > 0 ? SR_RFNE : 0);
      case DR0: return this.receive();
      default: return this.values.get(offset) ?? super.readUint32(offset);
    }
  }

  writeUint32(offset, value) {
    switch (offset) {
      case CTRLR0: this.ctrlr0 = value; break;
      case SPI_CTRLR0: this.spiCtrlr0 = value; break;
      case SSIENR: this.enable((value & 1) === 1); break;
      case DR0: this.send(value & 0xff); break;
      default:
        if (!this.values.has(offset)) {
          super.writeUint32(offset, value);
        }
        this.values.set(offset, value);
    }
  }

  receive() {
    if (this.replies.length === 0) {
      this.chip.fault('SSI: read of an empty FIFO');
      return 0;
    }
    const byte = this.replies.shift();
    if (this.replies.length === 0) {
      this.sent = []; // all was clocked out: the chip select has risen
    }
    return byte;
  }

  send(byte) {
    if (!this.isEnabled) {
      this.chip.fault('SSI: write while disabled');
    }
    this.sent.push(byte);
    this.replies.push(this.answer(this.sent[0], this.sent.length - 1, byte));
  }

  // What the flash chip shifts out for byte n of a command (W25Q16JV, 8.2).
  answer(command, n, byte) {
    switch (command) {
      case 0x06: this.isWritable = true; return 0;
      case 0x05: return n > 0 ? this.status[0] : 0;
      case 0x35: return n > 0 ? this.status[1] : 0;
      case 0x01: return this.writeStatus(n - 1, byte);
      case 0x31: return this.writeStatus(n, byte);
      case 0x9f: return n > 0 ? JEDEC_ID[n - 1] ?? 0 : 0;
      case 0x4b: return n > 4 ? 0xd0 + n : 0; // unique id
      default: return 0;
    }
  }

  writeStatus(index, byte) {
    if (index >= 0 && index < 2) {
      if (!this.isWritable) {
        this.chip.fault('SSI: status written without write enable');
      }
      this.status[index] = byte;
    }
    return 0;
  }

  // Enabled in EEPROM-read mode, the controller serves reads of 0x10000000.
  enable(yes) {
    this.isEnabled = yes;
    if (!yes) {
      this.chip.nor.leaveXip();
    }
    if (!yes || ((this.ctrlr0 >>> 8) & 3) !== TMOD_EEPROM) {
      return;
    }
    const isQuad = ((this.ctrlr0 >>> 21) & 3) === FRF_QUAD;
    if (isQuad && !(this.status[1] & STATUS2_QE)) {
      this.chip.fault('SSI: quad XIP, but the flash has QE off');
    }
    this.chip.nor.enterXip();
  }
}
