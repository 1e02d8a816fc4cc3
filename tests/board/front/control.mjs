// SPDX-License-Identifier: BSD-2-Clause
// The control socket: one command a line, one line in reply.  Verbs and
// answers are those of touchstone-sim(1), plus "png FILE".

import fs from 'node:fs';
import net from 'node:net';

import { entropyModes } from '../parts/entropy.mjs';

const LINE_MAX = 256; // the path of a picture
const CONNECTIONS_MAX = 8;
const TYPING_MS = 250; // nine digits, down and up, at 125 reports a second
const CLOCK_MAX_S = 1000000; // about eleven days in one step

// "+SECONDS" or "+SECONDS.mmm" as milliseconds; null if it is not that.
function parseSeconds(text) {
  if (!/^\+[0-9]+(\.[0-9]{0,3})?$/.test(text)) return null;
  const seconds = Number(text.slice(1));
  return seconds <= CLOCK_MAX_S ? Math.round(seconds * 1000) : null;
}

// Each command: its argument, if it has one, is checked here.  undefined as
// an answer is "ok", null says that there is no such command.
const COMMANDS = {
  async touch(token) {
    return (await token.touch()) ? 'ok' : 'idle';
  },
  'auto-touch'(token, how) {
    if (how !== 'on' && how !== 'off') return null;
    token.button(false);
    token.autoTouch = how === 'on';
    return undefined;
  },
  hold: (token) => token.button(true),
  release: (token) => token.button(false),
  unplug(token) {
    if (!token.isPlugged) return 'error: not plugged in';
    return token.unplug();
  },
  plug(token) {
    if (token.isPlugged) return 'error: already plugged in';
    return token.plug();
  },
  'power-cycle'(token) {
    token.unplug();
    return token.plug();
  },
  led: (token) => token.led(),
  display: (token) => token.display(),
  blinks: (token) => token.readBlinks(),
  async keyboard(token) {
    if (token.isPlugged) await token.advance(TYPING_MS);
    return token.keys.take();
  },
  clock(token, how) {
    const ms = parseSeconds(how);
    if (ms === null) return null;
    return token.isPlugged ? token.advance(ms) : undefined;
  },
  entropy(token, kind) {
    return entropyModes.includes(kind) ? token.setNoise(kind) : null;
  },
  png(token, file) {
    if (file === '') return null;
    if (!token.chip?.panel) return 'error: no display';
    return token.png(file);
  },
};
const WITH_ARGUMENT = ['auto-touch', 'clock', 'entropy', 'png'];

export class ControlServer {
  // quit: what the command of this name calls.
  constructor(token, quit) {
    this.token = token;
    this.quit = quit;
    this.connections = new Set();
    this.turn = Promise.resolve();
  }

  // where: as net.Server.listen() takes it.  Resolves when it listens.
  listen(where) {
    const isOwner = where.path !== undefined; // the folder is the caller's
    const server = net.createServer(
      (socket) => this.#accept(socket, isOwner));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
      if (where.path) fs.chmodSync(where.path, 0o600);
    });
  }

  #accept(socket, isOwner) {
    socket.on('error', () => {}); // 'close' follows
    if (this.connections.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    this.connections.add(socket);
    socket.on('close', () => this.connections.delete(socket));
    this.#serve(socket, isOwner);
  }

  // Anybody on this machine may connect to a port, a web page with a request
  // of its own included: no files for them, and no browsers.
  async #serve(socket, isOwner) {
    let text = '';
    socket.setEncoding('latin1');
    try {
      for await (const chunk of socket) {
        const lines = (text + chunk).split('\n');
        text = lines.pop();
        const isTooLong = [...lines, text].some((l) => l.length > LINE_MAX);
        if (!isOwner && /^png | HTTP\//m.test(lines.join('\n'))) {
          socket.end('error: not on a port\n');
          return;
        }
        for (const line of isTooLong ? [] : lines)
          socket.write((await this.#run(line)) + '\n');
        if (isTooLong) {
          socket.end('error: line too long\n');
          return;
        }
      }
    } catch {
      socket.destroy(); // who asked has gone
    }
  }

  // wait-touch may wait for long; all others are done one after the other.
  async #run(line) {
    if (line === 'wait-touch') {
      await this.token.waitTouch();
      return 'ok';
    }
    const failed = (error) => 'error: ' + error.message.split('\n')[0];
    this.turn = this.turn.then(() => this.#answer(line)).catch(failed);
    return this.turn;
  }

  async #answer(line) {
    const [name, ...rest] = line.split(' ');
    const takesOne = WITH_ARGUMENT.includes(name);
    const known = Object.hasOwn(COMMANDS, name) &&
      (takesOne || rest.length === 0);
    if (name === 'quit' && rest.length === 0) {
      this.quit();
      return 'ok';
    }
    if (!known) return 'error: unknown command';
    // What came before this command is done before it.
    await this.token.settle();
    const answer = await COMMANDS[name](this.token, rest.join(' '));
    return answer === null ? 'error: unknown command' : answer ?? 'ok';
  }
}
