// SPDX-License-Identifier: BSD-2-Clause
// The emulator package and the boot ROM, from the folder that setup.sh made.
// Nothing else in tests/board loads code from outside the source tree.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const boardDir = path.resolve(
  process.env.TOUCHSTONE_BOARD ?? path.join(root, 'build/board'));

const require = createRequire(path.join(boardDir, 'package.json'));
export const { RP2040, BasePeripheral, I2CMode } = require('rp2040js');

const words = fs.readFileSync(path.join(boardDir, 'rom.bin'));
export const romWords = new Uint32Array(
  words.buffer.slice(words.byteOffset, words.byteOffset + (words.length & ~3)));
