// SPDX-License-Identifier: BSD-2-Clause
// The USB controller's registers in device mode (RP2040 datasheet 4.1.4).
// The emulator's own sends a packet in the moment it is armed, knows no NAK,
// PID, STALL, SOF or suspend; this one leaves all of that to the wire (sie.mjs).
import { BasePeripheral } from '../rp2040.mjs';

const IRQ_USB = 5;
const ADDR_ENDP = 0x00;
const MAIN_CTRL = 0x40;
const SOF_RD = 0x48;
const SIE_CTRL = 0x4c;
const SIE_STATUS = 0x50;
const BUFF_STATUS = 0x58;
const BUFF_CPU_SHOULD_HANDLE = 0x5c;
const EP_STALL_ARM = 0x68;
const EP_STATUS_STALL_NAK = 0x70;
const USB_MUXING = 0x74;
const USB_PWR = 0x78;
const USBPHY_DIRECT = 0x7c;
const USBPHY_DIRECT_OVERRIDE = 0x80;
const USBPHY_TRIM = 0x84;
const INTR = 0x8c;
const INTE = 0x90;
const INTF = 0x94;
const INTS = 0x98;

const PULLUP_EN = 1 << 16;
export const EP0_INT_1BUF = 1 << 29;
const REMOTE_WAKEUP = 1 << 12;
const MUX_TO_PHY = 1 << 0;
const MUX_TO_DIGITAL_PAD = 1 << 2;
const MUX_SOFTCON = 1 << 3;
const VBUS_OVERRIDE = (1 << 3) | (1 << 2);

// SIE_STATUS bits that the wire sets
export const VBUS_DETECTED = 1 << 0;
export const SUSPENDED = 1 << 4;
export const RESUME = 1 << 11;
export const CONNECTED = 1 << 16;
export const SETUP_REC = 1 << 17;
export const BUS_RESET = 1 << 19;
export const RX_OVERFLOW = 1 << 26;
export const DATA_SEQ_ERROR = 1 << 31;
const LINE_STATE_SHIFT = 2;

const INTR_BUFF_STATUS = 1 << 4;
const INTR_DEV_SOF = 1 << 17;
// Which bit of SIE_STATUS raises which bit of INTR
const INTR_OF_STATUS = [
  [DATA_SEQ_ERROR, 1 << 5], [RX_OVERFLOW, 1 << 7], [VBUS_DETECTED, 1 << 11],
  [BUS_RESET, 1 << 12], [CONNECTED, 1 << 13], [SUSPENDED, 1 << 14],
  [RESUME, 1 << 15], [SETUP_REC, 1 << 16],
];
const INTR_ALL = 0xfffff;

// Values of LINE_STATE
export const LINE = { SE0: 0, J: 1, K: 2 };

export class UsbController extends BasePeripheral {
  constructor(chip) {
    super(chip.mcu, 'USB');
    this.chip = chip;
    this.wire = null; // a Sie, told of what the program does
    this.reset();
  }

  // As after RESETS held the block; the memory beside it keeps its content.
  reset() {
    Object.assign(this, {
      address: 0, mainCtrl: 0, frame: 0, sieCtrl: 0, status: 0, changes: 0,
      buffStatus: 0, stallArm: 0, stallNak: 0, muxing: 0, power: 0,
      phyDirect: 0, phyOverride: 0, phyTrim: 0x1f1f, line: LINE.SE0,
      isSofPending: false, intEnable: 0, intForce: 0,
    });
    this.update();
  }

  // The host sees a device: the pull-up is on and leads to the socket.
  get isPulledUp() {
    return (this.mainCtrl & 1) === 1 && (this.sieCtrl & PULLUP_EN) !== 0 &&
      (this.muxing & MUX_SOFTCON) !== 0;
  }

  get isOnPhy() {
    return (this.muxing & MUX_TO_PHY) !== 0;
  }

  // The program forces the line state by GPIO15: the workaround of RP2040-E5.
  get isLineForced() {
    const { ctrl } = this.rp2040.gpio[15];
    return (this.muxing & MUX_TO_DIGITAL_PAD) !== 0 && !this.isOnPhy &&
      (ctrl & 0x1f) === 8 && ((ctrl >>> 16) & 3) === 3;
  }

  get hasVbus() {
    return (this.power & VBUS_OVERRIDE) === VBUS_OVERRIDE;
  }

  // The wire changed something: bits of SIE_STATUS become set.
  raise(bits) {
    this.status |= bits;
    this.update();
  }

  startFrame(number) {
    this.frame = number;
    this.isSofPending = true;
    this.update();
  }

  bufferDone(endpoint, isOut) {
    this.buffStatus |= 1 << (endpoint * 2 + Number(isOut));
    this.update();
  }

  get intRaw() {
    let raw = this.buffStatus !== 0 ? INTR_BUFF_STATUS : 0;
    for (const [status, bit] of INTR_OF_STATUS) {
      raw |= this.status & status ? bit : 0;
    }
    return raw | (this.isSofPending ? INTR_DEV_SOF : 0);
  }

  get intStatus() {
    return (this.intRaw & this.intEnable) | this.intForce;
  }

  update() {
    this.rp2040.setInterrupt(IRQ_USB, this.intStatus !== 0);
    this.wire?.deviceChanged();
  }

  readUint32(offset) {
    switch (offset) {
      case ADDR_ENDP: return this.address;
      case MAIN_CTRL: return this.mainCtrl;
      case SOF_RD: return this.readFrame();
      case SIE_CTRL: return this.sieCtrl;
      case SIE_STATUS: return this.status | (this.line << LINE_STATE_SHIFT);
      case BUFF_STATUS: return this.buffStatus;
      case BUFF_CPU_SHOULD_HANDLE: return 0; // of double buffering only
      case EP_STALL_ARM: return this.stallArm;
      case EP_STATUS_STALL_NAK: return this.stallNak;
      case USB_MUXING: return this.muxing;
      case USB_PWR: return this.power;
      case USBPHY_DIRECT: return this.phyDirect;
      case USBPHY_DIRECT_OVERRIDE: return this.phyOverride;
      case USBPHY_TRIM: return this.phyTrim;
      case INTR: return this.intRaw;
      case INTE: return this.intEnable;
      case INTF: return this.intForce;
      case INTS: return this.intStatus;
      default: return super.readUint32(offset);
    }
  }

  readFrame() {
    this.isSofPending = false;
    this.update();
    return this.frame;
  }

  writeUint32(offset, value) {
    switch (offset) {
      case ADDR_ENDP: this.address = value & 0x7f; break;
      case MAIN_CTRL: this.writeMain(value); break;
      case SIE_CTRL: this.writeSie(value); break;
      // Bits written as one are cleared, whatever alias they come by.
      case SIE_STATUS: this.status &= ~this.rawWriteValue | VBUS_DETECTED; break;
      case BUFF_STATUS: this.buffStatus &= ~this.rawWriteValue; break;
      case EP_STATUS_STALL_NAK: this.stallNak &= ~this.rawWriteValue; break;
      case EP_STALL_ARM: this.stallArm = value & 3; break;
      case USB_MUXING: this.muxing = value & 0xf; break;
      case USB_PWR: this.writePower(value); break;
      case USBPHY_DIRECT: this.phyDirect = value; break;
      case USBPHY_DIRECT_OVERRIDE: this.phyOverride = value; break;
      case USBPHY_TRIM: this.phyTrim = value; break;
      case INTE: this.intEnable = value & INTR_ALL; break;
      case INTF: this.intForce = value & INTR_ALL; break;
      default: super.writeUint32(offset, value);
    }
    this.update();
  }

  writeMain(value) {
    if (value & 2) {
      this.chip.fault('USB: host mode');
    }
    this.mainCtrl = value & 1;
  }

  writeSie(value) {
    if (value & REMOTE_WAKEUP) {
      this.chip.fault('USB: wakes the host, which no descriptor promises');
    }
    this.sieCtrl = value;
  }

  writePower(value) {
    this.power = value & 0x3f;
    this.status = this.hasVbus ? this.status | VBUS_DETECTED
      : this.status & ~VBUS_DETECTED;
  }

  // The emulator calls this after every store to the controller's memory.
  DPRAMUpdated(offset, value) {
    this.wire?.memoryWritten(offset, value >>> 0);
  }
}
