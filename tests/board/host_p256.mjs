// SPDX-License-Identifier: BSD-2-Clause
// P-256 by the host's library in the place of the image's, for tests that power
// a token up a hundred times: the same bytes (power_pin.test.mjs compares both),
// 13 million cycles earlier.  All else is the image's own code.
import crypto from 'node:crypto';

const BKPT = 0xbe00;
const SCALAR_LEN = 32;
const POINT_LEN = 65;

// firmware/crypto/fw_crypto.h; r: the first arguments, which are addresses.
const FUNCTIONS = [
  ['fw_p256_public', 0x60, (mcu, r) => {
    const key = privateKey(mcu, r[1]);
    write(mcu, r[0], key.getPublicKey());
  }],
  ['fw_p256_ecdh', 0x61, (mcu, r) => {
    const peer = read(mcu, r[1], POINT_LEN);
    write(mcu, r[0], privateKey(mcu, r[2]).computeSecret(peer));
  }],
];

function read(mcu, address, length) {
  return Buffer.from(Array.from({ length }, (_, i) => mcu.readUint8(address + i)));
}

function write(mcu, address, bytes) {
  bytes.forEach((byte, i) => mcu.writeUint8(address + i, byte));
}

// Throws, and so ends the test, if the scalar is out of range.
function privateKey(mcu, address) {
  const key = crypto.createECDH('prime256v1');
  key.setPrivateKey(read(mcu, address, SCALAR_LEN));
  return key;
}

// A program of elf.mjs whose functions begin with a breakpoint.
export function withHostP256(program) {
  const segments = program.segments.map(({ address, bytes }) =>
    ({ address, bytes: Buffer.from(bytes) }));

  for (const [name, code] of FUNCTIONS) {
    const at = program.symbols.get(name).addr & ~1;
    const { address, bytes } = segments.find(({ address: a, bytes: b }) =>
      at >= a && at < a + b.length);
    bytes.writeUInt16LE(BKPT | code, at - address);
  }
  return { ...program, segments };
}

// Serves the breakpoints on a chip that runs such a program.
export function serveP256(chip) {
  chip.onBreak = (code) => {
    const found = FUNCTIONS.find(([, own]) => own === code);
    const { core } = chip;

    if (found !== undefined) {
      found[2](chip.mcu, core.registers);
      core.registers[0] = 0;
      core.PC = core.LR & ~1;
    }
    return found !== undefined;
  };
}
