// SPDX-License-Identifier: BSD-2-Clause
// An SSD1306 OLED of 128x64 on I2C (Solomon Systech SSD1306, rev 1.1, chapters
// 8.1.5 and 9), in horizontal addressing mode.
import { I2CMode } from '../rp2040.mjs';
import { encodePng } from './png.mjs';

export const WIDTH = 128;
export const HEIGHT = 64;
const PAGES = HEIGHT / 8;
const ADDRESS = 0x3c;
const SDA_PIN = 4;
const SCL_PIN = 5;
const PIN_I2C = 3;

const CONTROL_DATA = 0x40;
const CONTROL_CONTINUE = 0x80;

// Commands with arguments, and how many
const ARGUMENTS = new Map([
  [0x20, 1], [0x21, 2], [0x22, 2], [0x81, 1], [0x8d, 1], [0xa8, 1], [0xd3, 1],
  [0xd5, 1], [0xd9, 1], [0xda, 1], [0xdb, 1],
]);
const PLAIN = [0x2e, 0xa0, 0xa1, 0xa4, 0xa5, 0xa6, 0xa7, 0xae, 0xaf, 0xc0,
  0xc8, 0xe3];

export class Panel {
  constructor(chip) {
    this.chip = chip;
    this.memory = new Uint8Array(WIDTH * PAGES);
    this.isOn = false;
    this.hasPower = false; // the charge pump
    this.isInverted = false;
    this.isMirrored = false; // segment remap and scan direction
    this.mode = 2; // page addressing, after reset
    this.multiplex = 63;
    this.columns = [0, WIDTH - 1];
    this.pages = [0, PAGES - 1];
    this.column = 0;
    this.page = 0;
    this.onChange = () => {};
    this.connect(chip.mcu.i2c[0]);
  }

  connect(bus) {
    bus.onConnect = (address, mode) => {
      const isHere = address === ADDRESS && mode === I2CMode.Write &&
        this.isWired();
      this.received = [];
      bus.completeConnect(isHere);
    };
    bus.onWriteByte = (byte) => {
      this.receive(byte);
      bus.completeWrite(true);
    };
    bus.onStop = () => {
      this.endCommands();
      bus.completeStop();
    };
  }

  isWired() {
    const { gpio } = this.chip.mcu;
    return [SDA_PIN, SCL_PIN].every((pin) =>
      gpio[pin].functionSelect === PIN_I2C && gpio[pin].pullupEnabled);
  }

  // A transfer is a control byte, then commands or data to its end.
  receive(byte) {
    this.received.push(byte);
    if (this.received.length === 1) {
      this.isData = (byte & CONTROL_DATA) !== 0;
      this.pending = [];
      if (byte & ~CONTROL_DATA) {
        this.fault(byte & CONTROL_CONTINUE ? 'single-byte control'
          : `control byte ${byte}`);
      }
    } else if (this.isData) {
      this.write(byte);
    } else {
      this.pending.push(byte);
      if (this.pending.length > (ARGUMENTS.get(this.pending[0]) ?? 0)) {
        this.command(...this.pending);
        this.pending = [];
      }
    }
  }

  endCommands() {
    if (this.pending?.length > 0) {
      this.fault(`command ${this.pending[0].toString(16)} lacks arguments`);
    }
    this.pending = [];
    this.chip.poke();
    this.onChange();
  }

  fault(text) {
    this.chip.fault(`display: ${text}`);
  }

  command(code, a, b) {
    switch (code) {
      case 0x20: this.mode = a; break;
      case 0x21: this.columns = this.range(a, b, WIDTH);
        [this.column] = this.columns; break;
      case 0x22: this.pages = this.range(a, b, PAGES);
        [this.page] = this.pages; break;
      case 0x8d: this.hasPower = (a & 4) !== 0; break;
      case 0xa8: this.multiplex = a; break;
      case 0xa6: case 0xa7: this.isInverted = code === 0xa7; break;
      case 0xae: case 0xaf: this.setOn(code === 0xaf); break;
      default:
        if (!PLAIN.includes(code) && !ARGUMENTS.has(code) &&
            (code & 0xc0) !== 0x40) {
          this.fault(`unknown command ${code.toString(16)}`);
        }
    }
  }

  range(first, last, size) {
    if (first > last || last >= size) {
      this.fault(`range ${first}..${last}`);
      return [0, size - 1];
    }
    return [first, last];
  }

  // Dark for ever, on a real panel, if something was forgotten before.
  setOn(isOn) {
    this.isOn = isOn;
    if (isOn && (!this.hasPower || this.mode !== 0 || this.multiplex !== 63)) {
      this.fault('switched on before it was set up');
    }
  }

  write(byte) {
    if (this.mode !== 0) {
      this.fault('data outside of horizontal mode');
    }
    this.memory[this.page * WIDTH + this.column] = byte;
    this.column++;
    if (this.column > this.columns[1]) {
      [this.column] = this.columns;
      this.page = this.page === this.pages[1] ? this.pages[0] : this.page + 1;
    }
  }

  // True if this point is lit.
  pixel(x, y) {
    const bit = (this.memory[(y >> 3) * WIDTH + x] >> (y & 7)) & 1;
    return this.isOn && (bit === 1) !== this.isInverted;
  }

  // The picture, each point `scale` squared, as the bytes of a PNG file.
  png(scale = 4) {
    return encodePng(WIDTH * scale, HEIGHT * scale, (x, y) =>
      this.pixel(Math.floor(x / scale), Math.floor(y / scale)) ? 255 : 16);
  }
}
