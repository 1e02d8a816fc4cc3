// SPDX-License-Identifier: BSD-2-Clause
// What both programs do: options, the folder, the control sockets, and the end.

import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { ControlServer } from './control.mjs';
import { Token } from './token.mjs';

const OUTPUTS = ['display', 'led', 'keyboard'];
const SOCKET_PATH_MAX = 107; // unix(7)

// The panel is what can be left out: LED and keyboard are always there.
function hasDisplay(list) {
  const outputs = list.split(',');
  if (!outputs.every((name) => OUTPUTS.includes(name)))
    throw new Error('--outputs takes some of display,led,keyboard');
  if (!outputs.includes('led') || !outputs.includes('keyboard'))
    throw new Error('this board always has led and keyboard');
  return outputs.includes('display');
}

export function parseOptions(usage, options) {
  try {
    const { values } = parseArgs({
      options: {
        elf: { type: 'string' },
        dir: { type: 'string' },
        outputs: { type: 'string', default: OUTPUTS.join(',') },
        ...options,
      },
    });
    if (!values.elf || !values.dir) throw new Error('--elf and --dir');
    return { ...values, display: hasDisplay(values.outputs) };
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`);
    return process.exit(2);
  }
}

function isAnswered(file) {
  return new Promise((resolve) => {
    const socket = net.connect(file, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

// Whoever left a socket behind is gone if nobody answers.
async function openDir(dir) {
  // Node would cut the name and listen somewhere else.
  if (Buffer.byteLength(path.join(dir, 'control')) > SOCKET_PATH_MAX)
    throw new Error(`${dir}: too long for the path of a socket`);
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const control = path.join(dir, 'control');
  if (await isAnswered(control))
    throw new Error(`${dir}: another simulator uses this folder`);
  fs.rmSync(control, { force: true });
  return control;
}

function die(name, error) {
  process.stderr.write(`${name}: ${error.message}\n`);
  process.exit(1);
}

// Faults of the firmware are the emulator's findings: never to be overlooked.
function end(name, token) {
  token.unplug();
  const faults = token.allFaults();
  for (const fault of faults) process.stderr.write(`${name}: ${fault}\n`);
  process.exit(faults.length > 0 ? 1 : 0);
}

/*
 * Run a token until it is told to end.  attach(token) makes the front end
 * before the token is plugged in; its start() is called after that.
 */
export async function run(name, options, attach) {
  process.umask(0o077);
  process.on('uncaughtException', (error) => die(name, error));
  const control = await openDir(options.dir);
  const store = Token.storePath(options.dir);
  const token = new Token({ ...options, store });
  // The answer to "quit" leaves first.
  const quit = () => setImmediate(() => end(name, token));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
    process.on(signal, quit);
  token.on('stopped', (reason) =>
    process.stderr.write(`${name}: the chip stopped: ${reason}\n`));
  const front = attach(token);
  token.plug();
  await front.start();
  const server = new ControlServer(token, quit);
  await server.listen({ path: control });
  if (options['control-port'] !== undefined) {
    const port = Number(options['control-port']);
    await server.listen({ port, host: options.bind });
  }
  process.on('exit', () => fs.rmSync(control, { force: true }));
  process.stdout.write(`${name}: ready\n`);
}
