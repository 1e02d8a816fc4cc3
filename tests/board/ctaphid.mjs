// SPDX-License-Identifier: BSD-2-Clause
// A CTAPHID client (CTAP 2.1, 11.2) on the emulated host, for tests.  Its
// calls run the chip until the answer is there, and note when each keepalive
// came, in emulated milliseconds.
const HID_IN = 0x81;
const HID_OUT = 0x01;
const REPORT_LEN = 64;
const INIT_DATA = 57;
const CONT_DATA = 59;
const BROADCAST = 0xffffffff;
const KEEPALIVE = 0x3b;
const MS = 1e6;

export const CMD = {
  PING: 0x01, MSG: 0x03, LOCK: 0x04, INIT: 0x06, WINK: 0x08, CBOR: 0x10,
  CANCEL: 0x11, ERROR: 0x3f,
};

// The reports of a message.
export function frames(channel, command, data = new Uint8Array(0)) {
  const reports = [];
  let rest = data;

  for (let sequence = -1; sequence < 0 || rest.length > 0; sequence++) {
    const report = Buffer.alloc(REPORT_LEN);
    const room = sequence < 0 ? INIT_DATA : CONT_DATA;
    report.writeUInt32BE(channel, 0);
    if (sequence < 0) {
      report[4] = 0x80 | command;
      report.writeUInt16BE(data.length, 5);
    } else {
      report[4] = sequence;
    }
    report.set(rest.subarray(0, room), REPORT_LEN - room);
    rest = rest.subarray(room);
    reports.push(report);
  }
  return reports;
}

export class CtapHid {
  constructor(host) {
    this.host = host;
    this.chip = host.chip;
    this.channel = BROADCAST;
    this.keepalives = []; // { ms, status } since the last send()
    this.onKeepalive = () => {};
  }

  // One report out, one report in.
  write(report, ms) {
    const urb = this.host.transfer({ endpoint: HID_OUT, data: report }, ms);
    if (urb.status !== 'ok') {
      throw this.chip.failure(`report out: ${urb.status}`);
    }
  }

  read(ms) {
    const urb = { endpoint: HID_IN, length: REPORT_LEN };
    this.host.submit(urb);
    try {
      this.host.wait(urb, ms);
    } finally {
      this.host.cancel(urb);
    }
    if (urb.status !== 'ok' || urb.data.length !== REPORT_LEN) {
      throw this.chip.failure(`report in: ${urb.status}`);
    }
    return urb.data;
  }

  send(command, data, channel = this.channel) {
    this.keepalives = [];
    this.sentAt = this.chip.nanos / MS;
    for (const report of frames(channel, command, data)) {
      this.write(report);
    }
  }

  // The next message for the channel, keepalives aside: { command, data }.
  receive(channel = this.channel, ms = 5000) {
    for (;;) {
      const first = this.read(ms);
      if (first.readUInt32BE(0) === channel && first[4] & 0x80) {
        const command = first[4] & 0x7f;
        if (command !== KEEPALIVE) {
          return { command, data: this.rest(first, ms) };
        }
        this.keepalives.push({ ms: this.chip.nanos / MS, status: first[7] });
        this.onKeepalive(this.keepalives);
      }
    }
  }

  rest(first, ms) {
    const length = first.readUInt16BE(5);
    const parts = [first.subarray(7)];

    for (let got = INIT_DATA, seq = 0; got < length; got += CONT_DATA, seq++) {
      const report = this.read(ms);
      if (report.readUInt32BE(0) !== first.readUInt32BE(0) ||
          report[4] !== seq) {
        throw this.chip.failure(`report out of order: ${report[4]}`);
      }
      parts.push(report.subarray(5));
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  // Sends and receives; throws unless the answer is to this command.
  call(command, data, ms) {
    this.send(command, data);
    const answer = this.receive(this.channel, ms);
    if (answer.command !== command) {
      throw this.chip.failure(
        `answer ${answer.command} ${answer.data.toString('hex')}`);
    }
    return answer.data;
  }

  // Opens a channel; returns what INIT told: { channel, data }.
  init(nonce = Buffer.from('0102030405060708', 'hex')) {
    this.channel = BROADCAST;
    this.send(CMD.INIT, nonce);
    const { data } = this.receive();
    if (!data.subarray(0, 8).equals(nonce)) {
      throw this.chip.failure('INIT answered another nonce');
    }
    this.channel = data.readUInt32BE(8);
    return { channel: this.channel, data };
  }

  ping(data) {
    return this.call(CMD.PING, data);
  }

  wink() {
    return this.call(CMD.WINK);
  }

  // Asks the token to give up what waits for a touch; the pending message
  // is answered, CANCEL is not.
  cancel() {
    for (const report of frames(this.channel, CMD.CANCEL)) {
      this.write(report);
    }
  }
}
