// SPDX-License-Identifier: BSD-2-Clause
// Grey pictures as PNG (RFC 2083): signature, IHDR, IDAT, IEND.
import zlib from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const DEPTH_8_GREY = [8, 0, 0, 0, 0];

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);

  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

// grey(x, y) is 0 (black) to 255.
export function encodePng(width, height, grey) {
  const header = Buffer.alloc(8);
  const rows = Buffer.alloc((width + 1) * height); // each led by filter 0

  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + 1 + x] = grey(x, y);
    }
  }
  return Buffer.concat([SIGNATURE,
    chunk('IHDR', Buffer.concat([header, Buffer.from(DEPTH_8_GREY)])),
    chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
