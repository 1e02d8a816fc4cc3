// SPDX-License-Identifier: BSD-2-Clause
// What the board needs of an ELF file (System V ABI, 32-bit little-endian):
// the bytes to flash and the addresses of symbols.
import fs from 'node:fs';

const PT_LOAD = 1;
const SHT_SYMTAB = 2;

function loadSegments(file) {
  const segments = [];
  const size = file.readUInt16LE(42);
  const count = file.readUInt16LE(44);

  for (let i = 0; i < count; i++) {
    const at = file.readUInt32LE(28) + i * size;
    const offset = file.readUInt32LE(at + 4);
    const length = file.readUInt32LE(at + 16);
    if (file.readUInt32LE(at) === PT_LOAD && length > 0) {
      segments.push({
        address: file.readUInt32LE(at + 12), // where it is stored, not run
        bytes: file.subarray(offset, offset + length),
      });
    }
  }
  return segments;
}

function loadSymbols(file) {
  const symbols = new Map();
  const sections = file.readUInt32LE(32);
  const size = file.readUInt16LE(46);
  const count = file.readUInt16LE(48);

  for (let i = 0; i < count; i++) {
    const at = sections + i * size;
    if (file.readUInt32LE(at + 4) !== SHT_SYMTAB) {
      continue;
    }
    const start = file.readUInt32LE(at + 16);
    const end = start + file.readUInt32LE(at + 20);
    const strings = file.readUInt32LE(
      sections + file.readUInt32LE(at + 24) * size + 16);
    for (let p = start; p < end; p += 16) {
      const name = strings + file.readUInt32LE(p);
      symbols.set(file.toString('latin1', name, file.indexOf(0, name)), {
        addr: file.readUInt32LE(p + 4),
        size: file.readUInt32LE(p + 8),
      });
    }
  }
  return symbols;
}

// path -> { segments: [{address, bytes}], symbols: Map name -> {addr, size} }
export function loadElf(path) {
  const file = fs.readFileSync(path);

  if (file.readUInt32BE(0) !== 0x7f454c46) {
    throw new Error(`${path} is no ELF file`);
  }
  return { segments: loadSegments(file), symbols: loadSymbols(file) };
}
