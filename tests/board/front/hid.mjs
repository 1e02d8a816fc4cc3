// SPDX-License-Identifier: BSD-2-Clause
// DIR/hid: the FIDO interface as a stream socket of 64-byte reports.
// Connections are like several opens of one hidraw node: each report of the
// token goes to all of them, reports from any of them reach the token in the
// order they came.  Who does not read is cut off before it can hold up the
// others.

import fs from 'node:fs';
import net from 'node:net';

const EP = 1, REPORT_LEN = 64;
const KEYBOARD_EP = 3, KEYBOARD_LEN = 8;
const CONNECTIONS_MAX = 32;
const UNREAD_MAX = REPORT_LEN * 1024; // about seven of the longest messages
const QUEUE_MAX = 64; // reports on their way to the token

export class HidPort {
  constructor(token, path) {
    this.token = token;
    this.path = path;
    this.sockets = new Set();
    this.queue = [];
    token.on('plug', () => this.#plug());
    token.on('unplug', () => this.#unplug());
  }

  // Resolves once everything that came is with the token.
  async drained() {
    while (this.queue.length > 0 && this.token.isPlugged) await this.sending;
  }

  #plug() {
    fs.rmSync(this.path, { force: true });
    this.server = net.createServer((socket) => this.#accept(socket));
    this.ready = new Promise((done) => this.server.listen(this.path, done));
    fs.chmodSync(this.path, 0o600); // it is there already
    this.#poll(EP, REPORT_LEN, (report) => {
      for (const socket of this.sockets) HidPort.#write(socket, report);
    });
    // The token reads along what its keyboard types.
    this.#poll(KEYBOARD_EP, KEYBOARD_LEN, () => {});
  }

  #unplug() {
    this.server.close(); // removes the path
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    this.queue = [];
  }

  // Takes the reports of an interrupt endpoint until the token is gone.
  async #poll(ep, len, take) {
    const { host } = this.token;
    while (host === this.token.host) {
      const { status, data } = await this.token.submit({ ep, dir: 1, len });
      if (status !== 'ok' || host !== this.token.host) return;
      take(data);
    }
  }

  static #write(socket, report) {
    if (socket.writableLength > UNREAD_MAX - REPORT_LEN) socket.destroy();
    else socket.write(report);
  }

  #accept(socket) {
    socket.on('error', () => {}); // 'close' follows
    if (this.sockets.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    let input = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
      for (; input.length >= REPORT_LEN; input = input.subarray(REPORT_LEN))
        this.queue.push(input.subarray(0, REPORT_LEN));
      this.#flowControl();
      this.#writeToken();
    });
  }

  // Some more reports than QUEUE_MAX can be in what was read already.
  #flowControl() {
    const isFull = this.queue.length >= QUEUE_MAX;
    for (const socket of this.sockets)
      if (isFull) socket.pause();
      else socket.resume();
  }

  #writeToken() {
    this.sending ??= this.#sendAll().finally(() => {
      this.sending = null;
      if (this.queue.length > 0) this.#writeToken();
    });
  }

  async #sendAll() {
    const { host } = this.token;
    while (this.queue.length > 0 && host === this.token.host) {
      const data = this.queue[0];
      await this.token.submit({ ep: EP, dir: 0, len: data.length, data });
      if (host !== this.token.host) return;
      this.queue.shift();
      this.#flowControl();
    }
  }
}
