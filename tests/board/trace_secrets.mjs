// SPDX-License-Identifier: BSD-2-Clause
// Secrets to try on a function: the ones that break careless code first, then
// random ones.  Seeded, so that a failure comes again.
import { Random } from './random.mjs';

const random = new Random(0x70756368);
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffff' +
  'bce6faada7179e84f3b9cac2fc632551', 'hex'); // of P-256

export const bytes = (length) => random.bytes(length);

function repeated(length, value, ...ends) {
  const secret = new Uint8Array(length).fill(value);
  const [first = value, last = value] = ends;

  secret[0] = first;
  secret[length - 1] = last;
  return secret;
}

// At least 10: zeros, ones, top bit only and all but it, one bit at either
// end, little weight, half zero, then random ones in pairs of one bit's
// difference.
export function secrets(length, count) {
  const list = [
    repeated(length, 0x00), repeated(length, 0xff),
    repeated(length, 0x00, 0x80), repeated(length, 0xff, 0x7f),
    repeated(length, 0x00, 0x00, 0x01), repeated(length, 0x00, 0x01),
    repeated(length, 0x00, 0x00, 0x80), repeated(length, 0x01),
    repeated(length, 0xaa), bytes(length).fill(0, 0, length >> 1),
  ];

  while (list.length < count) {
    const secret = bytes(length);
    const neighbour = secret.slice();
    neighbour[random.below(length)] ^= 1 << random.below(8);
    list.push(secret, neighbour);
  }
  return list.slice(0, count);
}

// The same as scalars of P-256: 0 < scalar < n.
export function scalars(count) {
  return secrets(32, count).map((secret) => {
    const scalar = secret.slice();
    if (Buffer.compare(scalar, ORDER) >= 0) {
      scalar.set(ORDER);
      scalar[31] -= 1;
    }
    scalar[31] |= scalar.every((byte) => byte === 0) ? 1 : 0;
    return scalar;
  });
}
