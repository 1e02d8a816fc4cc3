// SPDX-License-Identifier: BSD-2-Clause
// As much of CBOR (RFC 8949) as CTAP2 and our statements use: integers up to
// 2^53, byte and text strings, arrays, maps, booleans; maps in canonical order.

function head(type, n) {
  const major = type << 5;

  if (n < 24) {
    return [major | n];
  }
  if (n < 0x100) {
    return [major | 24, n];
  }
  if (n < 0x10000) {
    return [major | 25, n >> 8, n & 0xff];
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return n < 0x100000000 ? [major | 26, ...bytes.subarray(4)]
    : [major | 27, ...bytes];
}

function encodeMap(map) {
  const entries = [...map]
    .map(([key, value]) => [Buffer.from(items(key)), items(value)])
    .sort(([a], [b]) => Buffer.compare(a, b));

  return [...head(5, entries.length),
    ...entries.flatMap(([key, value]) => [...key, ...value])];
}

function items(value) {
  if (typeof value === 'boolean') {
    return [value ? 0xf5 : 0xf4];
  }
  if (typeof value === 'number') {
    return value < 0 ? head(1, -1 - value) : head(0, value);
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return [...head(3, text.length), ...text];
  }
  if (value instanceof Uint8Array) {
    return [...head(2, value.length), ...value];
  }
  if (Array.isArray(value)) {
    return [...head(4, value.length), ...value.flatMap(items)];
  }
  return encodeMap(value instanceof Map ? value : Object.entries(value));
}

// A Map has keys of any type, an object has text keys.
export function encode(value) {
  return Uint8Array.from(items(value));
}

class Reader {
  constructor(bytes) {
    this.bytes = Buffer.from(bytes);
    this.at = 0;
  }

  take(length) {
    if (this.at + length > this.bytes.length) {
      throw new Error('CBOR ends early');
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  argument(info) {
    if (info < 24) {
      return info;
    }
    if (info > 27) {
      throw new Error('CBOR of indefinite length');
    }
    const length = 1 << (info - 24);
    return Number('0x' + this.take(length).toString('hex'));
  }

  item() {
    const [first] = this.take(1);
    const n = this.argument(first & 31);

    switch (first >> 5) {
      case 0: return n;
      case 1: return -1 - n;
      case 2: return new Uint8Array(this.take(n));
      case 3: return this.take(n).toString();
      case 4: return Array.from({ length: n }, () => this.item());
      case 5: return new Map(Array.from({ length: n },
        () => [this.item(), this.item()]));
      case 7:
        if (n === 20 || n === 21) {
          return n === 21;
        }
    }
    throw new Error(`CBOR has ${first.toString(16)}`);
  }
}

// Maps become a Map.  Throws for what is not exactly one item.
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item();

  if (reader.at !== bytes.length) {
    throw new Error('bytes after CBOR');
  }
  return value;
}
