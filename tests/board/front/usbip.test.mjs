// SPDX-License-Identifier: BSD-2-Clause
// The USB/IP server against clients of every kind, with a device that is not
// there: what is under test is the protocol and its bounds.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { UsbIpServer } from './usbip.mjs';

const DEVICE = Buffer.from('120100020000004009120100000101020301', 'hex');
const CONFIG = Buffer.from('0902190001010080fa' + // configuration
  '090400000103000000' + '07058103400005', 'hex'); // interface, endpoint
const LIST = Buffer.from('0111800500000000', 'hex');
const OK_IMPORT = '0111000300000000';

// Answers nothing by itself: a test looks at what was submitted.
class Device extends EventEmitter {
  info = { dev: DEVICE, cfg: CONFIG };
  urbs = [];
  cancelled = [];
  resets = 0;

  reset() {
    this.resets++;
    return this.info;
  }

  submit(urb) {
    return new Promise((resolve) => this.urbs.push({ urb, resolve }));
  }

  cancel(urb) {
    this.cancelled.push(urb);
  }
}

// A client that keeps what came until a test takes it.
class Client {
  constructor(socket) {
    this.socket = socket;
    this.got = Buffer.alloc(0);
    this.isClosed = false;
    socket.on('data', (data) => { this.got = Buffer.concat([this.got, data]); });
    socket.on('error', () => {});
    socket.on('close', () => { this.isClosed = true; });
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  async until(condition) {
    while (!condition()) await nextTurn();
  }

  async take(len) {
    await this.until(() => this.got.length >= len || this.isClosed);
    assert.ok(this.got.length >= len, 'closed too early');
    const bytes = this.got.subarray(0, len);
    this.got = this.got.subarray(len);
    return bytes;
  }

  async closed() {
    await this.until(() => this.isClosed);
    return this.got.length;
  }

  async import() {
    this.send(importRequest('1-1'));
    const head = (await this.take(8)).toString('hex');
    if (head === OK_IMPORT) await this.take(312);
    return head;
  }
}

function importRequest(name) {
  const id = Buffer.alloc(32);
  id.write(name);
  return Buffer.concat([Buffer.from('0111800300000000', 'hex'), id]);
}

function submit(seq, { dir = 1, ep = 1, len = 64, setup = '', data = '' }) {
  const head = Buffer.alloc(48);
  [1, seq, 0x10002, dir, ep, 0, len, 0, 0xffffffff, 0].forEach((value, i) =>
    head.writeUInt32BE(value, 4 * i));
  Buffer.from(setup, 'hex').copy(head, 40);
  return Buffer.concat([head, Buffer.from(data, 'hex')]);
}

function unlink(seq, victim) {
  const head = Buffer.alloc(48);
  [2, seq, 0x10002, 0, 0, victim].forEach((value, i) =>
    head.writeUInt32BE(value, 4 * i));
  return head;
}

// {command, seq, status, actual} of a reply's header
async function reply(client) {
  const head = await client.take(48);
  return {
    command: head.readUInt32BE(0), seq: head.readUInt32BE(4),
    status: head.readInt32BE(20), actual: head.readUInt32BE(24),
  };
}

async function withServer(work) {
  const device = new Device();
  const server = new UsbIpServer(device);
  const port = await server.listen(0, '127.0.0.1');
  const clients = [];
  const connect = async () => {
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    clients.push(socket);
    return new Client(socket);
  };
  try {
    await work(device, connect);
  } finally {
    clients.forEach((socket) => socket.destroy());
    server.close();
  }
}

const serve = (name, work) => test(name, { timeout: 20000 }, () =>
  withServer(work));

serve('the list has the device and its interfaces', async (device, connect) => {
  const client = await connect();
  client.send(LIST);
  const list = await client.take(8 + 4 + 312 + 4);
  assert.equal(list.toString('hex', 0, 12), '011100050000000000000001');
  assert.equal(list.toString('latin1', 12 + 256, 12 + 259), '1-1');
  assert.equal(list.toString('hex', 12 + 300, 12 + 304), '12090001');
  assert.equal(list.toString('hex', 324), '03000000');
  device.info = null;
  client.send(LIST);
  assert.equal((await client.take(12)).readUInt32BE(8), 0);
});

serve('one client at a time has it; the next one after it', async (device,
  connect) => {
  const [first, second] = [await connect(), await connect()];
  assert.equal(await first.import(), OK_IMPORT);
  assert.equal(await second.import(), '0111000300000002');
  first.socket.destroy();
  while ((await second.import()) !== OK_IMPORT) await nextTurn();
  assert.equal(device.resets, 2);
});

serve('another bus ID, and a device that is not there', async (device,
  connect) => {
  const client = await connect();
  for (const name of ['1-2', '', '1-1x', '1'.repeat(32)]) {
    client.send(importRequest(name));
    assert.equal((await client.take(8)).toString('hex'), '0111000300000001');
  }
  device.info = null;
  assert.equal(await client.import(), '0111000300000001');
});

serve('transfers both ways, in the order they end', async (device, connect) => {
  const client = await connect();
  await client.import();
  client.send(submit(1, {}));
  client.send(submit(2, { dir: 0, ep: 2, len: 2, data: 'abcd' }));
  client.send(submit(3, { ep: 0, len: 18, setup: '8006000100001200' }));
  await client.until(() => device.urbs.length === 3);
  const [report, bulk, control] = device.urbs;
  assert.equal(bulk.urb.data.toString('hex'), 'abcd');
  assert.equal(control.urb.setup.toString('hex'), '8006000100001200');
  control.resolve({ status: 'ok', data: DEVICE });
  assert.deepEqual(await reply(client),
    { command: 3, seq: 3, status: 0, actual: 18 });
  assert.deepEqual(await client.take(18), DEVICE);
  bulk.resolve({ status: 'ok' });
  assert.deepEqual(await reply(client),
    { command: 3, seq: 2, status: 0, actual: 2 });
  report.resolve({ status: 'stall' });
  assert.deepEqual(await reply(client),
    { command: 3, seq: 1, status: -32, actual: 0 });
});

serve('a read as long as libccid asks', async (device, connect) => {
  const client = await connect();
  await client.import();
  client.send(submit(1, { ep: 2, len: 65546 })); // 64 KB and a CCID header
  await client.until(() => device.urbs.length === 1 || client.isClosed);
  device.urbs[0].resolve({ status: 'ok', data: Buffer.alloc(12) });
  assert.deepEqual(await reply(client),
    { command: 3, seq: 1, status: 0, actual: 12 });
});

serve('an unlinked transfer has one answer', async (device, connect) => {
  const client = await connect();
  await client.import();
  client.send(submit(1, {}));
  client.send(unlink(2, 1));
  assert.deepEqual(await reply(client),
    { command: 4, seq: 2, status: -104, actual: 0 });
  assert.equal(device.cancelled.length, 1);
  device.urbs[0].resolve({ status: 'ok', data: Buffer.alloc(64) });
  client.send(unlink(3, 1)); // it is not there any more
  assert.deepEqual(await reply(client),
    { command: 4, seq: 3, status: 0, actual: 0 });
});

serve('a control transfer that contradicts itself stalls', async (device,
  connect) => {
  const client = await connect();
  await client.import();
  client.send(submit(1, { ep: 0, len: 64, setup: '8006000100001200' }));
  client.send(submit(2, { ep: 0, dir: 0, len: 1, data: '00',
    setup: '0009010000000000' }));
  client.send(submit(3, { ep: 0, dir: 0, len: 1, data: '00',
    setup: '8006000100000100' }));
  for (const seq of [1, 2, 3])
    assert.deepEqual(await reply(client),
      { command: 3, seq, status: -32, actual: 0 });
  assert.equal(device.urbs.length, 0);
});

serve('pulled out: the connection ends, transfers are dropped', async (device,
  connect) => {
  const client = await connect();
  await client.import();
  client.send(submit(1, {}));
  await client.until(() => device.urbs.length === 1);
  device.emit('unplug');
  assert.equal(await client.closed(), 0);
  await client.until(() => device.cancelled.length === 1);
});

const twice = Buffer.concat([submit(1, {}), submit(1, {})]);
const many = Buffer.concat(Array.from({ length: 300 }, (_, i) =>
  submit(i + 1, {})));
const HOSTILE = {
  'an unknown command': Buffer.alloc(48, 7),
  'a direction that is none': submit(1, { dir: 2 }),
  'an endpoint that is none': submit(1, { ep: 16 }),
  'a length without end': submit(1, { len: 0xffffffff }),
  'a length beyond the bound': submit(1, { dir: 0, len: 128 * 1024 + 1 }),
  'a sequence number twice': twice,
  'more transfers than a kernel has': many,
};

for (const [name, bytes] of Object.entries(HOSTILE))
  serve('closed: ' + name, async (device, connect) => {
    const client = await connect();
    await client.import();
    client.send(bytes);
    assert.equal(await client.closed(), 0);
    const next = await connect();
    while ((await next.import()) !== OK_IMPORT) await nextTurn();
  });

serve('closed: operations of no sense', async (device, connect) => {
  for (const hex of ['0110800500000000', '0111800600000000', 'ff'.repeat(64)]) {
    const client = await connect();
    client.send(Buffer.from(hex, 'hex'));
    assert.equal(await client.closed(), 0);
  }
});

serve('bytes one at a time, and garbage', async (device, connect) => {
  const slow = await connect();
  for (const byte of Buffer.concat([LIST, importRequest('1-1')]))
    slow.send(Buffer.from([byte]));
  assert.equal((await slow.take(328)).length, 328);
  assert.equal((await slow.take(320)).toString('hex', 0, 8), OK_IMPORT);
  let state = 1;
  const random = () => (state = (state * 48271) % 0x7fffffff);
  for (let round = 0; round < 200; round++) {
    const client = await connect();
    client.send(Buffer.from(Array.from({ length: 100 }, random)));
    client.socket.end();
    await client.closed();
  }
});

serve('replies that nobody reads are not kept for ever', async (device,
  connect) => {
  const client = await connect();
  await client.import();
  client.socket.pause();
  device.submit = async () => ({ status: 'ok', data: Buffer.alloc(65536) });
  for (let seq = 1; !client.isClosed && seq < 2000; seq++) {
    client.send(submit(seq, { len: 65536 }));
    await nextTurn();
  }
  client.socket.resume();
  assert.ok(await client.closed() < 32 * 1024 * 1024);
});
