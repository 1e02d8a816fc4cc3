// SPDX-License-Identifier: BSD-2-Clause
// USB/IP server for one device, version 1.1.1 of the protocol (Linux,
// Documentation/usb/usbip_protocol.rst; all integers big-endian).
//
// A connection asks for the list of devices or imports the one there is; after
// that it carries URBs.  Whoever is on the other end is not trusted: lengths
// are bounded before they are used, and the first message that makes no sense
// closes the connection, as does one that never becomes whole.

import net from 'node:net';

export const BUS_ID = '1-1';

const VERSION = 0x0111;
const OP_REQ_DEVLIST = 0x8005, OP_REP_DEVLIST = 0x0005;
const OP_REQ_IMPORT = 0x8003, OP_REP_IMPORT = 0x0003;
const ST_OK = 0, ST_NA = 1, ST_DEV_BUSY = 2;
const CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4;
const OP_LEN = 8, BUS_ID_LEN = 32, HEADER_LEN = 48, DEVICE_LEN = 312;
const SPEED_FULL = 2;

// Linux's numbers, negative, in the status of a reply.
const EPIPE = -32, EPROTO = -71, EOVERFLOW = -75, ECONNRESET = -104;
const ESHUTDOWN = -108;
const STATUS = { ok: 0, stall: EPIPE, error: EPROTO, babble: EOVERFLOW };

const TRANSFER_MAX = 128 * 1024; // libccid asks for 64 KB and a header at once
const URBS_MAX = 256; // under way
const UNREAD_MAX = 4 * 1024 * 1024; // replies that nobody fetches
const CONNECTIONS_MAX = 16;
const OPERATION_MS = 10000; // until a request is whole

// What a device record says, from the device's own descriptors (USB 2.0
// table 9-8 and 9-10).
function deviceRecord({ dev, cfg }) {
  const record = Buffer.alloc(DEVICE_LEN);
  record.write('/sys/devices/touchstone/usb1/' + BUS_ID, 0);
  record.write(BUS_ID, 256);
  record.writeUInt32BE(1, 288); // bus
  record.writeUInt32BE(2, 292); // device
  record.writeUInt32BE(SPEED_FULL, 296);
  record.writeUInt16BE(dev.readUInt16LE(8), 300); // idVendor
  record.writeUInt16BE(dev.readUInt16LE(10), 302); // idProduct
  record.writeUInt16BE(dev.readUInt16LE(12), 304); // bcdDevice
  dev.copy(record, 306, 4, 7); // class, subclass, protocol
  record[309] = cfg[5]; // bConfigurationValue
  record[310] = dev[17]; // bNumConfigurations
  record[311] = cfg[4]; // bNumInterfaces
  return record;
}

// Class, subclass and protocol of each interface, padded to four bytes.
function interfaceRecords({ cfg }) {
  const records = [];
  for (let at = 0; at + 9 <= cfg.length && cfg[at] > 0; at += cfg[at]) {
    const isInterface = cfg[at + 1] === 4 && cfg[at + 3] === 0;
    if (isInterface)
      records.push(Buffer.from([...cfg.subarray(at + 5, at + 8), 0]));
  }
  return Buffer.concat(records);
}

function operation(code, status) {
  const head = Buffer.alloc(OP_LEN);
  head.writeUInt16BE(VERSION, 0);
  head.writeUInt16BE(code, 2);
  head.writeUInt32BE(status, 4);
  return head;
}

function reply(command, seq, status, actual) {
  const head = Buffer.alloc(HEADER_LEN);
  head.writeUInt32BE(command, 0);
  head.writeUInt32BE(seq, 4);
  head.writeInt32BE(status, 20);
  head.writeUInt32BE(actual, 24);
  return head;
}

class Connection {
  constructor(socket, server) {
    this.socket = socket;
    this.server = server;
    this.imported = false;
    this.input = Buffer.alloc(0);
    this.urbs = new Map(); // sequence number -> URB under way
    socket.setNoDelay(true);
    socket.setTimeout(OPERATION_MS, () => socket.destroy());
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#closed());
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  close() {
    this.socket.destroy();
  }

  #closed() {
    for (const urb of this.urbs.values()) this.server.device.cancel(urb);
    this.urbs.clear();
    this.server.forget(this);
  }

  #receive(chunk) {
    this.input = Buffer.concat([this.input, chunk]);
    while (!this.socket.destroyed && this.#message()) ;
  }

  #send(...parts) {
    if (this.socket.destroyed) return;
    this.socket.write(Buffer.concat(parts));
    if (this.socket.writableLength > UNREAD_MAX) this.close();
  }

  // The next len bytes once they are all there, else null.
  #take(len) {
    if (this.input.length < len) return null;
    const bytes = this.input.subarray(0, len);
    this.input = this.input.subarray(len);
    return bytes;
  }

  // True if there was a whole message.
  #message() {
    return this.imported ? this.#urbMessage() : this.#operation();
  }

  #operation() {
    if (this.input.length < OP_LEN) return false;
    const code = this.input.readUInt16BE(2);
    if (this.input.readUInt16BE(0) !== VERSION) return this.#refuse();
    if (code === OP_REQ_DEVLIST) return this.#list(this.#take(OP_LEN));
    if (code !== OP_REQ_IMPORT) return this.#refuse();
    const request = this.#take(OP_LEN + BUS_ID_LEN);
    return request !== null && this.#import(request.subarray(OP_LEN));
  }

  #refuse() {
    this.close();
    return false;
  }

  // Who asked for the list has all it wants; its end is not waited for.
  #list() {
    const { info } = this.server.device;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(info ? 1 : 0);
    const records = info ? [deviceRecord(info), interfaceRecords(info)] : [];
    this.#send(operation(OP_REP_DEVLIST, ST_OK), count, ...records);
    return true;
  }

  #import(field) {
    const end = field.indexOf(0);
    const wanted = field.toString('latin1', 0, end < 0 ? field.length : end);
    if (wanted !== BUS_ID || !this.server.device.info) {
      this.#send(operation(OP_REP_IMPORT, ST_NA));
      return true;
    }
    // The cable goes into a port, which resets it.
    if (!this.server.claim(this)) {
      this.#send(operation(OP_REP_IMPORT, ST_DEV_BUSY));
      return true;
    }
    this.imported = true;
    this.socket.setTimeout(0);
    this.socket.setKeepAlive(true, OPERATION_MS);
    const info = this.server.device.reset();
    if (!info) return this.#refuse();
    this.#send(operation(OP_REP_IMPORT, ST_OK), deviceRecord(info));
    return true;
  }


  #urbMessage() {
    if (this.input.length < HEADER_LEN) return false;
    const command = this.input.readUInt32BE(0);
    if (command === CMD_SUBMIT) return this.#submitMessage();
    if (command !== CMD_UNLINK) return this.#refuse();
    this.#unlink(this.#take(HEADER_LEN));
    return true;
  }

  #submitMessage() {
    const head = this.input.subarray(0, HEADER_LEN);
    const seq = head.readUInt32BE(4), dir = head.readUInt32BE(12);
    const ep = head.readUInt32BE(16), len = head.readUInt32BE(24);
    if (dir > 1 || ep > 15 || len > TRANSFER_MAX) return this.#refuse();
    if (this.urbs.size >= URBS_MAX || this.urbs.has(seq))
      return this.#refuse();
    const message = this.#take(HEADER_LEN + (dir === 0 ? len : 0));
    if (message === null) return false;
    const urb = { ep, dir, len, data: message.subarray(HEADER_LEN) };
    if (ep === 0) urb.setup = message.subarray(40, HEADER_LEN);
    this.urbs.set(seq, urb);
    this.#run(seq, urb);
    return true;
  }

  // A control transfer is described twice, by its setup packet (USB 2.0
  // table 9-2) and by the URB; where they differ there is no telling how much
  // either side would wait for.
  static #agrees(urb) {
    if (urb.ep !== 0) return true;
    const length = urb.setup.readUInt16LE(6);
    const isIn = (urb.setup[0] & 0x80) !== 0;
    return length === 0 ? urb.len === 0
      : isIn === (urb.dir === 1) && urb.len === length;
  }

  async #run(seq, urb) {
    let result = { status: 'stall' };
    if (Connection.#agrees(urb)) result = await this.server.device.submit(urb);
    // What was unlinked meanwhile has had its answer.
    if (this.urbs.get(seq) !== urb) return;
    this.urbs.delete(seq);
    const status = STATUS[result.status] ?? ESHUTDOWN;
    const data = urb.dir === 1 && status === 0 ? result.data
      : Buffer.alloc(0);
    const actual = urb.dir === 1 ? data.length : status === 0 ? urb.len : 0;
    this.#send(reply(RET_SUBMIT, seq, status, actual), data);
  }

  // -ECONNRESET: it will have no other answer; 0: it had one before.
  #unlink(head) {
    const seq = head.readUInt32BE(4), victim = head.readUInt32BE(20);
    const urb = this.urbs.get(victim);
    this.urbs.delete(victim);
    if (urb) this.server.device.cancel(urb);
    this.#send(reply(RET_UNLINK, seq, urb ? ECONNRESET : 0, 0));
  }
}

/*
 * device: what is at the end of the cable.
 *   info              {dev, cfg}: its descriptors; null while there is none
 *   reset()           bus reset, address, configuration; returns info
 *   submit(urb)       resolves to {status: 'ok'|'stall'|..., data}
 *   cancel(urb)       that will not be waited for any more
 *   on('unplug', fn)  it is gone
 */
export class UsbIpServer {
  constructor(device) {
    this.device = device;
    this.connections = new Set();
    this.owner = null;
    this.listener = net.createServer((socket) => this.#accept(socket));
    device.on('unplug', () => this.owner?.close());
  }

  // Resolves to the port.
  listen(port, bind) {
    return new Promise((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, bind, () =>
        resolve(this.listener.address().port));
    });
  }

  close() {
    this.listener.close();
    for (const connection of this.connections) connection.close();
  }

  #accept(socket) {
    if (this.connections.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    this.connections.add(new Connection(socket, this));
  }

  claim(connection) {
    if (this.owner) return false;
    this.owner = connection;
    return true;
  }

  forget(connection) {
    this.connections.delete(connection);
    if (this.owner === connection) this.owner = null;
  }
}
