// SPDX-License-Identifier: BSD-2-Clause
// Seeded numbers, so that every run of a test is the same run.  SplitMix32
// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  word() {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }

  // 0 <= result < n
  below(n) {
    return Math.floor(this.word() / 0x100000000 * n);
  }

  fraction() {
    return this.word() / 0x100000000;
  }

  bytes(n) {
    return Uint8Array.from({ length: n }, () => this.word() & 0xff);
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}
