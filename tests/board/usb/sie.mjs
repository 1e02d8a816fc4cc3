// SPDX-License-Identifier: BSD-2-Clause
// The wire between a USB host and the controller: tokens, handshakes, toggles,
// frames, reset and suspend (USB 2.0 chapters 7.1.7 and 8; RP2040 datasheet
// 4.1.2).  Like silicon it NAKs until a buffer is AVAILABLE; unlike silicon it
// reports every breach of the rules, as a fault of the chip.
import {
  BUS_RESET, CONNECTED, DATA_SEQ_ERROR, EP0_INT_1BUF, LINE, RESUME,
  RX_OVERFLOW, SETUP_REC, SUSPENDED,
} from './controller.mjs';

const AVAILABLE = 1 << 10;
const STALL = 1 << 11;
const PID_DATA1 = 1 << 13;
const FULL = 1 << 15;
const LENGTH = 0x3ff;
const DOUBLE_BUFFERED = 1 << 30;
const INT_PER_BUFFER = 1 << 29;
const TYPE_BULK = 2;
const MEMORY_LEN = 4096;
const PACKET_MAX = 64;
const BUFFER_CONTROL = 0x80;

const MS = 1e6;
const RESET_NS = 10 * MS;
const SUSPEND_NS = 3 * MS;
const RESUME_NS = 20 * MS;
// RP2040-E5: a device of revision B1 counts as connected only after 800 us of
// a quiet bus.  Here it never gets them from the host, as behind a busy hub.
const QUIET_NS = 0.8 * MS;
// RP2040-E15: bulk IN buffers must not become available late in a frame.
const LATE_NS = 0.8 * MS;
// 4.1.2.5.1: AVAILABLE may be set no sooner than this after the other bits.
const SETTLE_NS = 12 * 8;

export class Sie {
  constructor(chip) {
    this.chip = chip;
    this.onAttach = () => {}; // the pull-up went on (true) or off
    this.onFrame = () => {};
    this.frameAlarm = chip.clock.createAlarm(() => this.sof());
    this.quietAlarm = chip.clock.createAlarm(() => this.connected());
    this.stateAlarm = chip.clock.createAlarm(() => this.stateDone());
    this.toggles = new Map();
    this.attach();
  }

  // The chip started; again, if it reset itself.
  attach() {
    if (this.isAttached) {
      this.onAttach(false);
    }
    this.usb = this.chip.usb;
    this.memory = this.chip.mcu.usbDPRAMView;
    this.bytes = this.chip.mcu.usbDPRAM;
    this.state = 'off'; // off, reset, running, suspended, resuming
    this.isAttached = false;
    this.address = 0; // which the host uses
    this.frame = 0;
    this.frameAt = -Infinity;
    this.written = new Map(); // buffer control -> when, and as what
    this.toggles.clear();
    this.usb.wire = this;
  }

  get errors() {
    return this.chip.faults;
  }

  fault(text) {
    this.chip.fault(`USB: ${text}`);
  }

  // --- what the program does ---

  deviceChanged() {
    const { usb } = this;
    if (usb.isPulledUp !== this.isAttached) {
      this.isAttached = usb.isPulledUp;
      usb.line = this.isAttached ? LINE.J : LINE.SE0;
      if (!this.isAttached) {
        this.stop();
      }
      this.onAttach(this.isAttached);
    }
    if (usb.isLineForced && !this.isForced) {
      this.quietAlarm.schedule(QUIET_NS);
    } else if (!usb.isLineForced && this.isForced) {
      this.quietAlarm.cancel();
    }
    this.isForced = usb.isLineForced;
  }

  connected() {
    this.usb.raise(CONNECTED);
  }

  memoryWritten(offset, value) {
    if (offset < BUFFER_CONTROL || offset >= 0x100) {
      return;
    }
    const { nanos } = this.chip;
    const before = this.written.get(offset);

    if (value & AVAILABLE) {
      this.checkArming(offset, value, before, nanos);
    }
    if ((value ^ (before?.value ?? 0)) & ~AVAILABLE) {
      this.written.set(offset, { value: value & ~AVAILABLE, nanos });
    }
  }

  checkArming(offset, value, before, nanos) {
    const endpoint = (offset - BUFFER_CONTROL) >> 3;
    const isOut = (offset & 4) !== 0;
    const name = `EP${endpoint} ${isOut ? 'OUT' : 'IN'}`;
    const control = this.control(endpoint, isOut);
    const late = nanos - this.frameAt;

    if ((before?.value ?? 0) !== (value & ~AVAILABLE) ||
        nanos - (before?.nanos ?? 0) < SETTLE_NS) {
      this.fault(`${name} AVAILABLE set before its buffer control settled`);
    }
    if (value >>> 16) {
      this.fault(`${name} second buffer`);
    }
    if (endpoint > 0 && ((control >>> 26) & 3) === TYPE_BULK && !isOut &&
        late >= LATE_NS && late < MS) {
      this.fault(`${name} made available ${late / 1000} us into a frame (E15)`);
    }
    this.checkBuffer(name, endpoint, value, this.bufferOffset(endpoint, isOut));
  }

  checkBuffer(name, endpoint, value, offset) {
    const length = value & LENGTH;
    if (length > PACKET_MAX || offset + length > MEMORY_LEN ||
        (endpoint > 0 && offset < 0x180)) {
      this.fault(`${name} buffer ${offset.toString(16)}+${length}`);
    }
  }

  control(endpoint, isOut) {
    return endpoint === 0 ? 0
      : this.memory.getUint32(endpoint * 8 + (isOut ? 4 : 0), true);
  }

  bufferOffset(endpoint, isOut) {
    return endpoint === 0 ? 0x100 : this.control(endpoint, isOut) & 0xffc0;
  }

  // --- what the host does ---

  // 10 ms of reset; frames start when it ends.
  busReset() {
    this.frameAlarm.cancel();
    this.state = 'reset';
    this.address = 0;
    this.toggles.clear();
    this.usb.line = LINE.SE0;
    this.usb.raise(BUS_RESET);
    this.stateAlarm.schedule(RESET_NS);
  }

  // The bus falls idle; the device notices after 3 ms.
  suspend() {
    this.frameAlarm.cancel();
    this.frameAt = -Infinity;
    this.state = 'suspended';
    this.usb.line = LINE.J;
    this.stateAlarm.schedule(SUSPEND_NS);
  }

  resume() {
    this.state = 'resuming';
    this.usb.line = LINE.K;
    this.usb.raise(RESUME);
    this.stateAlarm.schedule(RESUME_NS);
  }

  stop() {
    this.state = 'off';
    this.frameAlarm.cancel();
    this.stateAlarm.cancel();
  }

  stateDone() {
    if (this.state === 'suspended') {
      this.usb.raise(SUSPENDED);
      return;
    }
    this.usb.line = LINE.J;
    if (this.state === 'reset' && this.chip.revision > 1) {
      this.usb.raise(CONNECTED);
    }
    this.state = 'running';
    this.sof();
  }

  sof() {
    this.frameAt = this.chip.nanos;
    this.frame = (this.frame + 1) & 0x7ff;
    this.frameAlarm.schedule(MS);
    this.usb.startFrame(this.frame);
    this.onFrame(this.frame);
  }

  get isListening() {
    const { usb } = this;
    return this.state === 'running' && usb.isPulledUp && usb.isOnPhy &&
      usb.hasVbus && (usb.status & CONNECTED) !== 0 &&
      usb.address === this.address;
  }

  // A SETUP transaction: 'ack' or 'timeout'.
  setup(bytes) {
    if (!this.isListening) {
      return 'timeout';
    }
    this.usb.stallArm = 0;
    this.toggles.set(0x80, 1);
    this.toggles.set(0x00, 1);
    this.bytes.set(bytes, 0);
    this.usb.raise(SETUP_REC);
    return 'ack';
  }

  // Buffer control of an endpoint that answers, or a handshake instead.
  ready(endpoint, isOut) {
    const offset = BUFFER_CONTROL + endpoint * 8 + (isOut ? 4 : 0);
    const control = this.control(endpoint, isOut);

    if (!this.isListening || (endpoint > 0 && control >>> 31 === 0)) {
      return 'timeout';
    }
    if (control & DOUBLE_BUFFERED) {
      this.fault(`EP${endpoint} double buffering is not modelled`);
    }
    const value = this.memory.getUint32(offset, true);
    const isArmed = endpoint > 0 || (this.usb.stallArm >> Number(isOut)) & 1;
    if (value & STALL && isArmed) {
      return 'stall';
    }
    return value & AVAILABLE ? { offset, value, control } : 'nak';
  }

  done(endpoint, isOut, buffer, value) {
    const wants = endpoint === 0 ? this.usb.sieCtrl & EP0_INT_1BUF
      : buffer.control & INT_PER_BUFFER;

    this.memory.setUint32(buffer.offset, value >>> 0, true);
    this.written.set(buffer.offset,
      { value: (value & ~AVAILABLE) >>> 0, nanos: -Infinity });
    if (wants) {
      this.usb.bufferDone(endpoint, isOut);
    }
  }

  // An IN transaction: the packet, or 'nak', 'stall', 'timeout'.
  in(endpoint) {
    const buffer = this.ready(endpoint, false);
    if (typeof buffer === 'string') {
      return buffer;
    }
    const { value } = buffer;
    if (!(value & FULL)) {
      return 'nak';
    }
    const key = 0x80 | endpoint;
    const expected = this.toggles.get(key) ?? 0;
    const at = this.bufferOffset(endpoint, false);
    const packet = this.bytes.slice(at, at + Math.min(value & LENGTH, PACKET_MAX));

    this.done(endpoint, false, buffer, value & ~(AVAILABLE | FULL));
    if (((value & PID_DATA1) !== 0) !== (expected === 1)) {
      this.fault(`EP${endpoint} IN sent DATA${1 - expected}`);
      return 'nak'; // a host takes it for a packet it has already
    }
    this.toggles.set(key, 1 - expected);
    return packet;
  }

  // An OUT transaction: 'ack', 'nak', 'stall' or 'timeout'.  pid: DATA0 or
  // DATA1 in place of the right one, which tests a host's mistake.
  out(endpoint, packet, pid) {
    const buffer = this.ready(endpoint, true);
    if (typeof buffer === 'string') {
      return buffer;
    }
    const { value } = buffer;
    const sent = pid ?? this.toggles.get(endpoint) ?? 0;
    const expected = Number((value & PID_DATA1) !== 0);

    if (sent !== expected) {
      if (pid === undefined) {
        this.fault(`EP${endpoint} OUT expects DATA${expected}`);
      }
      this.usb.raise(DATA_SEQ_ERROR);
      return 'ack'; // and thrown away
    }
    if (packet.length > (value & LENGTH)) {
      this.usb.raise(RX_OVERFLOW);
      return 'timeout';
    }
    if (value & FULL) {
      this.fault(`EP${endpoint} OUT armed while FULL`);
    }
    this.toggles.set(endpoint, 1 - sent);
    this.bytes.set(packet, this.bufferOffset(endpoint, true));
    this.done(endpoint, true, buffer,
      (value & ~(AVAILABLE | LENGTH)) | FULL | packet.length);
    return 'ack';
  }
}
