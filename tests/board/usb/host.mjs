// SPDX-License-Identifier: BSD-2-Clause
// A USB host with one full-speed port, scheduling as Linux's controllers do:
// each frame begins with the interrupt endpoints that are due, the rest of it
// goes to control and bulk transfers in turn.
//
// A transfer ("URB") is an object { endpoint, length | data, setup }:
//   endpoint  address, bit 7 set for IN; 0 for a control transfer
//   length    of an IN transfer at most; it ends early with a short packet
//   data      of an OUT transfer
//   setup     8 bytes, of a control transfer
// When it is over: status is 'ok', 'stall', 'error' (the device does not
// answer), 'babble' (it sent too much), 'cancelled' or 'gone'; data of an IN
// transfer has arrived, `actual` bytes were moved, and `done` (a promise) and
// onDone(urb) tell of it.
import { Sie } from './sie.mjs';
import { openPipes } from './descriptors.mjs';

const SLOT_NS = 50e3; // about one packet of 64 bytes at 12 Mbit/s
const FRAME_END_NS = 940e3; // no transaction begins later in a frame
const DEBOUNCE_MS = 100; // USB 2.0, 7.1.7.3
const RECOVERY_MS = 10; // 7.1.7.5, after a reset; 9.2.6.3, after SET_ADDRESS
const TRIES = 3;
const PACKET_LEN = 64;
const CONTROL_MS = 5000; // Linux's USB_CTRL_GET_TIMEOUT
const GET_DESCRIPTOR = 6;
const ENGLISH = 0x0409;

export class UsbHost {
  constructor(chip) {
    this.chip = chip;
    this.sie = new Sie(chip);
    this.sie.onFrame = (number) => this.frame(number);
    this.sie.onAttach = (isAttached) => this.attached(isAttached);
    this.slotAlarm = chip.clock.createAlarm(() => this.slot());
    this.urbs = [];
    this.due = [];
    this.pipes = new Map(); // endpoint address -> {interval} if interrupt
    this.onDetach = () => {};
  }

  // --- transfers ---

  // Queues a transfer; returns it.
  submit(urb) {
    urb.done = new Promise((resolve) => { urb.resolve = resolve; });
    urb.status = undefined;
    urb.actual = 0;
    urb.tries = 0;
    urb.stage = urb.setup ? 'setup' : 'data';
    urb.received = [];
    if (this.isGone) {
      this.finish(urb, 'gone');
      return urb;
    }
    this.chip.pacer.sync();
    this.urbs.push(urb);
    if (!this.isPeriodic(urb)) {
      this.scheduleSlot();
    }
    return urb;
  }

  cancel(urb) {
    if (this.urbs.includes(urb)) {
      this.finish(urb, 'cancelled');
    }
  }

  // Queues a transfer and runs the chip until it is over.
  transfer(urb, ms = CONTROL_MS) {
    this.submit(urb);
    this.wait(urb, ms);
    return urb;
  }

  wait(urb, ms = CONTROL_MS) {
    this.chip.runUntil(() => urb.status !== undefined, {
      ms, what: `transfer on endpoint ${urb.endpoint.toString(16)}`,
    });
  }

  // A control transfer, queued: setup is 8 bytes, data what goes out.
  control(setup, data) {
    const bytes = Uint8Array.from(setup);
    return this.submit({
      endpoint: 0, setup: bytes, data,
      length: bytes[6] | (bytes[7] << 8), isIn: (bytes[0] & 0x80) !== 0,
    });
  }

  // The same, run to its end.
  request(setup, data) {
    const urb = this.control(setup, data);
    this.wait(urb);
    return urb;
  }

  finish(urb, status) {
    this.urbs = this.urbs.filter((other) => other !== urb);
    if (urb.isIn || urb.endpoint & 0x80) {
      urb.data = Buffer.concat(urb.received);
    }
    urb.status = status;
    urb.resolve(urb);
    urb.onDone?.(urb);
    this.chip.poke();
  }

  // --- the schedule ---

  isPeriodic(urb) {
    return this.pipes.get(urb.endpoint)?.interval !== undefined;
  }

  // The first transfer of each endpoint; the others wait for it.
  heads() {
    const seen = new Set();
    return this.urbs.filter(({ endpoint }) =>
      !seen.has(endpoint) && seen.add(endpoint));
  }

  frame(number) {
    this.due = this.heads().filter((urb) => this.isPeriodic(urb) &&
      number % this.pipes.get(urb.endpoint).interval === 0);
    this.scheduleSlot();
  }

  scheduleSlot() {
    const isInFrame = this.chip.nanos - this.sie.frameAt < FRAME_END_NS;
    if (!this.isSlotSet && isInFrame && this.hasWork()) {
      this.isSlotSet = true;
      this.slotAlarm.schedule(SLOT_NS);
    }
  }

  hasWork() {
    return this.due.length > 0 || this.urbs.some((u) => !this.isPeriodic(u));
  }

  // Time for one transaction.
  slot() {
    this.isSlotSet = false;
    const urb = this.due.shift() ?? this.nextInTurn();
    if (urb !== undefined && urb.status === undefined) {
      this.transact(urb);
    }
    this.scheduleSlot();
  }

  nextInTurn() {
    const heads = this.heads().filter((urb) => !this.isPeriodic(urb));
    this.turn = ((this.turn ?? 0) + 1) % Math.max(1, heads.length);
    return heads[this.turn];
  }

  // --- transactions ---

  transact(urb) {
    const isIn = this.goesIn(urb);
    const answer = urb.stage === 'setup' ? this.sie.setup(urb.setup)
      : isIn ? this.sie.in(urb.endpoint & 0x0f)
        : this.sie.out(urb.endpoint, this.nextPacket(urb));

    if (answer === 'stall') {
      this.finish(urb, 'stall');
    } else if (answer === 'timeout') {
      urb.tries++;
      if (urb.tries === TRIES) {
        this.finish(urb, 'error');
      }
    } else if (answer !== 'nak') {
      urb.tries = 0;
      this.advance(urb, isIn, answer);
    }
  }

  goesIn(urb) {
    if (!urb.setup) {
      return (urb.endpoint & 0x80) !== 0;
    }
    // The status stage goes the other way; IN if there was no data.
    return urb.stage === 'status' ? !(urb.isIn && urb.length > 0) : urb.isIn;
  }

  nextPacket(urb) {
    return urb.stage === 'status' ? new Uint8Array(0)
      : urb.data.subarray(urb.actual, urb.actual + PACKET_LEN);
  }

  // One transaction of the transfer succeeded; a packet came in, or went out.
  advance(urb, isIn, packet) {
    if (urb.stage === 'setup') {
      urb.stage = urb.length > 0 ? 'data' : 'status';
    } else if (urb.stage === 'status') {
      this.requestDone(urb.setup);
      this.finish(urb, isIn && packet.length > 0 ? 'babble' : 'ok');
    } else if (isIn) {
      this.receive(urb, packet);
    } else {
      urb.actual += Math.min(PACKET_LEN, urb.data.length - urb.actual);
      if (urb.actual >= urb.data.length) {
        this.dataDone(urb);
      }
    }
  }

  receive(urb, packet) {
    const room = urb.length - urb.actual;
    urb.received.push(packet.subarray(0, room));
    urb.actual += Math.min(packet.length, room);
    if (packet.length > room) {
      this.finish(urb, 'babble');
    } else if (packet.length < PACKET_LEN || urb.actual === urb.length) {
      this.dataDone(urb);
    }
  }

  dataDone(urb) {
    if (urb.setup) {
      urb.stage = 'status';
    } else {
      this.finish(urb, 'ok');
    }
  }

  // Requests of USB 2.0, 9.4, that change what the host must do next.
  requestDone([type, request, low, , index]) {
    const { toggles } = this.sie;
    const isConfigured = type === 0x00 && request === 9;
    const isInterface = type === 0x01 && request === 11;

    if (type === 0x00 && request === 5) {
      this.sie.address = low;
    } else if (isConfigured || isInterface) {
      toggles.clear();
    } else if (type === 0x02 && request === 1 && low === 0) {
      toggles.set(index, 0);
    }
  }

  // --- the port ---

  attached(isAttached) {
    this.isAttached = isAttached;
    this.chip.poke();
    if (!isAttached) {
      for (const urb of this.urbs) {
        this.finish(urb, 'gone');
      }
      this.pipes = new Map();
      this.isSlotSet = false;
      this.onDetach();
    }
  }

  // Takes the device out of its port: its power is gone.
  unplug() {
    this.attached(false);
    this.isGone = true;
    this.sie.stop();
    this.chip.stop();
    this.chip.halt('unplugged');
  }

  // All transfers end; the device must be configured again.
  busReset() {
    for (const urb of [...this.urbs]) {
      this.finish(urb, 'error');
    }
    this.pipes = new Map();
    this.sie.busReset();
    this.chip.runUntil(() => this.sie.state === 'running',
      { ms: 50, what: 'end of the bus reset' });
    this.chip.runFor(RECOVERY_MS);
  }

  descriptor(type, index, length, language = 0, recipient = 0x80) {
    const urb = this.request([recipient, GET_DESCRIPTOR, index, type,
      language & 0xff, language >> 8, length & 0xff, length >> 8]);
    if (urb.status !== 'ok') {
      throw this.chip.failure(`descriptor ${type}.${index}: ${urb.status}`);
    }
    return urb.data;
  }

  must(setup) {
    const urb = this.request(setup);
    if (urb.status !== 'ok') {
      throw this.chip.failure(`request ${setup}: ${urb.status}`);
    }
  }

  // Everything that Linux does when a device appears, up to its interfaces
  // being ready for their drivers.  Returns { device, config, strings, reports }
  // as bytes, text and bytes by interface.
  enumerate({ address = 5, ms = 5000 } = {}) {
    const { chip, sie } = this;

    chip.runUntil(() => sie.isAttached, { ms, what: 'pull-up' });
    chip.runFor(DEBOUNCE_MS);
    this.busReset();
    this.descriptor(1, 0, 64);
    this.busReset();
    this.must([0, 5, address, 0, 0, 0, 0, 0]);
    chip.runFor(RECOVERY_MS);
    const device = this.descriptor(1, 0, 18);
    const total = this.descriptor(2, 0, 9).readUInt16LE(2);
    const config = this.descriptor(2, 0, total);
    const strings = this.strings([device[14], device[15], device[16]]);
    this.must([0, 9, config[5], 0, 0, 0, 0, 0]);
    const { pipes, hidReports } = openPipes(config);
    this.pipes = pipes;
    return { device, config, strings, reports: this.reports(hidReports) };
  }

  strings(indices) {
    this.descriptor(3, 0, 255);
    return indices.map((index) => index === 0 ? ''
      : this.descriptor(3, index, 255, ENGLISH).subarray(2).toString('utf16le'));
  }

  // As hid-core starts a HID interface: SET_IDLE, then its report descriptor.
  reports(hidReports) {
    return new Map(hidReports.map(({ number, length }) => {
      this.request([0x21, 0x0a, 0, 0, number, 0, 0, 0]);
      return [number, this.descriptor(0x22, 0, length, number, 0x81)];
    }));
  }
}
