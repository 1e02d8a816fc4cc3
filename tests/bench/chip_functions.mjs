// SPDX-License-Identifier: BSD-2-Clause
// Cryptography of the shipped image, called by symbol on a chip that does
// nothing else.  For comparison: figures of other software on the same core,
// measured in the same emulator from unchanged sources with gcc 12 -O2.
import assert from 'node:assert/strict';

import { imagePath } from '../board/rig.mjs';
import { Tracer } from '../board/trace.mjs';
import { bytes, scalars } from '../board/trace_secrets.mjs';

const CHECK_LITTLE = 0; // enum fw_check: this board's choice
const KILOBYTE = 1024;
const PIN_ROUNDS = 2048; // FW_PIN_ROUNDS

const ELSEWHERE = {
  'P-256 public key': 'mbedTLS 3.6 8.28, BearSSL m15 14.0, micro-ecc 14.5',
  'P-256 sign': 'mbedTLS 9.58, micro-ecc 15.3, BearSSL 19.0',
  'P-256 verify': 'micro-ecc 17.7, mbedTLS 32.9, BearSSL 38.7',
  'P-256 ECDH': 'Emill 4.77, micro-ecc 14.5, BearSSL 20.9, mbedTLS 23.1',
  'Ed25519 public key': 'libsodium 5.29, Monocypher 4 6.60',
  'Ed25519 sign': 'libsodium 5.43, Monocypher 6.75',
  'Ed25519 verify': 'libsodium 18.5, Monocypher 23.1',
  'SHA-256 of 1,024 bytes': 'BearSSL 0.123',
  'AES-256-CBC, 64 bytes in': 'BearSSL 0.074',
};

// [name, function, arguments, what it returns]; out() is room for an output.
function calls(tracer) {
  const out = (length) => new Uint8Array(length);
  const made = (...call) => tracer.call(...call).memory[0];
  const [scalar, other] = scalars(14).slice(10);
  const [seed, noise, hash, iv] = [bytes(32), bytes(32), bytes(32), bytes(16)];
  const message = bytes(69); // as long as authData and the hash after it
  const long = bytes(KILOBYTE);
  const point = made('fw_p256_public', out(65), scalar);
  const peer = made('fw_p256_public', out(65), other);
  const pk = made('fw_ed25519_public', out(32), seed);
  const p256 = [out(64), hash, scalar, noise, CHECK_LITTLE];
  const ed25519 = [out(64), message, message.length, [seed, pk], noise,
    CHECK_LITTLE];

  return [
    ['P-256 public key', 'fw_p256_public', [out(65), scalar], 0],
    ['P-256 sign', 'fw_p256_sign', p256, 0],
    ['P-256 verify', 'tsw_p256_verify',
      [made('fw_p256_sign', ...p256), hash, point], 0],
    ['P-256 ECDH', 'fw_p256_ecdh', [out(32), peer, scalar], 0],
    ['Ed25519 public key', 'fw_ed25519_public', [out(32), seed]],
    ['Ed25519 sign', 'fw_ed25519_sign', ed25519, 0],
    ['Ed25519 verify', 'tsw_ed25519_verify',
      [made('fw_ed25519_sign', ...ed25519), message, message.length, pk], 0],
    ['SHA-256 of 1,024 bytes', 'tsw_sha256', [out(32), [long, KILOBYTE], 1]],
    ['SHA-512 of 1,024 bytes', 'tsw_sha512', [out(64), [long, KILOBYTE], 1]],
    ['HMAC-SHA-256 of 64 bytes', 'tsw_hmac_sha256',
      [out(32), seed, 32, [long.subarray(0, 64), 64], 1]],
    ['AES-256-CBC, 64 bytes in', 'fw_aes256_cbc_encrypt',
      [bytes(64), 64, iv, seed]],
    ['AES-256-CBC, 64 bytes out', 'fw_aes256_cbc_decrypt',
      [bytes(64), 64, iv, seed]],
    ['PBKDF2 of a PIN, 2,048 rounds', 'fw_pbkdf2_sha256',
      [out(32), hash, 16, long, 48, PIN_ROUNDS]],
  ];
}

// [{name, cycles, stack, elsewhere}]
export function functions() {
  const tracer = Tracer.boot(imagePath);

  return calls(tracer).map(([name, symbol, args, result]) => {
    const run = tracer.call(symbol, ...args);
    assert.ok(result === undefined || run.result === result, name);
    return { name, cycles: run.cycles, stack: run.stack,
      elsewhere: ELSEWHERE[name] ?? '' };
  });
}
