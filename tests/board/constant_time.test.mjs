// SPDX-License-Identifier: BSD-2-Clause
// Constant time on the shipped image: functions that handle secrets run the
// same instructions and touch the same addresses whatever the secrets are.
//
// A Cortex-M0+ of an RP2040 has no other channel in time: its multiplier takes
// one cycle, there is no data cache, and an access takes as long for every
// value.  The cache before the flash sees the addresses that are judged here.

import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { APPLET_RP, PERMISSION } from './ctap.mjs';
import { loadElf } from './elf.mjs';
import { imagePath, Rig } from './rig.mjs';
import { Tracer, where } from './trace.mjs';
import { bytes, scalars, secrets } from './trace_secrets.mjs';

const elf = imagePath;
let tracer = Tracer.boot(elf);
const out = (length) => new Uint8Array(length);
const ascii = (text) => new Uint8Array(Buffer.from(text));
const MESSAGE = bytes(69); // as long as authData and the hash after it
const HASH = bytes(32);
const NOISE = bytes(32);
const DATA = bytes(64);
const IV = bytes(16);
const CHECK_LITTLE = 0; // enum fw_check: this board's choice

// Calls of a function that differ from the first: in time, path or addresses.
// runs is a list of argument lists.
function judge(name, runs) {
  const calls = runs.map((args) => ({ args, seen: tracer.call(name, ...args) }));
  const [first] = calls;
  const unlike = calls.filter(({ seen }) =>
    seen.cycles !== first.seen.cycles || seen.path !== first.seen.path ||
    seen.addresses !== first.seen.addresses);

  return { first, unlike, results: new Set(calls.map((c) => c.seen.result)) };
}

// result: what every call must return, so that none is judged that only
// refused its input; undefined for a function that returns nothing.
function assertConstant(name, runs, result) {
  const { first, unlike, results } = judge(name, runs);

  if (unlike.length > 0) {
    const pc = tracer.divergence(name, first.args, unlike[0].args);
    assert.fail(`${name}: ${unlike.length} of ${runs.length} runs are unlike ` +
      `the first, from ${where(elf, pc)}`);
  }
  if (result !== undefined) {
    assert.deepEqual([...results], [result], `${name}: returned`);
  }
}

test('comparison: equal, or different at any place', () => {
  const [a, ...others] = secrets(32, 40);
  const runs = [a, ...others].map((b) => [a, b, 32]);

  assertConstant('tsw_ct_eq', runs);
  assert.deepEqual([...judge('tsw_ct_eq', runs).results], [1, 0]);
});

test('Ed25519 public key', () => {
  assertConstant('fw_ed25519_public',
    secrets(32, 14).map((seed) => [out(32), seed]));
});

// The key pair's public half stays the same: what it leads to is public.  So is
// the finished signature, which verifying sees (FW_CHECK_ALL): libsodium's
// verification is not meant to be constant in time.
test('Ed25519 signature: key and noise', () => {
  const pk = tracer.call('fw_ed25519_public', out(32), bytes(32)).memory[0];
  const runs = secrets(32, 12).map((seed, i) => [out(64), MESSAGE,
    MESSAGE.length, [seed, pk], i % 2 ? bytes(32) : NOISE, CHECK_LITTLE]);

  assertConstant('fw_ed25519_sign', runs, 0);
});

test('P-256 public key', () => {
  assertConstant('fw_p256_public',
    scalars(12).map((scalar) => [out(65), scalar]), 0);
});

// At the end s becomes n - s where s > n / 2.  Who learns which it was knows
// the signature before that, which is one that most signers publish.
test('P-256 signature: key and noise', () => {
  tracer.ignore('tsw_p256_lower_s');
  const runs = scalars(8).map((scalar, i) =>
    [out(64), HASH, scalar, i % 2 ? bytes(32) : NOISE, CHECK_LITTLE]);

  assertConstant('fw_p256_sign', runs, 0);
});

test('P-256 ECDH', () => {
  const peer = tracer.call('fw_p256_public', out(65), scalars(11)[10]).memory[0];

  assertConstant('fw_p256_ecdh',
    scalars(12).map((scalar) => [out(32), peer, scalar]), 0);
});

test('AES-256-CBC, both ways: key and data', () => {
  const keys = secrets(32, 24);
  const data = secrets(64, 24);

  for (const name of ['fw_aes256_cbc_encrypt', 'fw_aes256_cbc_decrypt']) {
    assertConstant(name, keys.map((key) => [DATA, 64, IV, key]));
    assertConstant(name, data.map((block) => [block, 64, IV, keys[20]]));
  }
});

test('SHA-256, SHA-512: data', () => {
  for (const [name, length] of [['tsw_sha256', 32], ['tsw_sha512', 64]]) {
    assertConstant(name,
      secrets(100, 24).map((data) => [out(length), [data, data.length], 1]));
  }
});

test('HMAC-SHA-256: key and data', () => {
  const keys = secrets(32, 24);

  assertConstant('tsw_hmac_sha256',
    keys.map((key) => [out(32), key, key.length, [DATA, DATA.length], 1]));
  assertConstant('tsw_hmac_sha256',
    secrets(64, 24).map((data) => [out(32), keys[20], 32, [data, data.length], 1]));
});

test('HKDF-SHA-256: input key', () => {
  const info = ascii('CTAP2 AES key');

  assertConstant('fw_hkdf_sha256',
    secrets(32, 24).map((key) => [out(32), key, info, info.length]));
});

test('PBKDF2-HMAC-SHA-256: PIN hash', () => {
  assertConstant('fw_pbkdf2_sha256', secrets(16, 20).map((pin) =>
    [out(32), pin, pin.length, DATA.subarray(0, 48), 48, 4]));
});

test('HMAC-DRBG: seed and state', () => {
  const states = secrets(64, 20);

  assertConstant('fw_drbg_init',
    secrets(48, 20).map((seed) => [out(64), seed, 48]));
  assertConstant('fw_drbg_update', states.map((state) => [state, DATA, 48]));
  assertConstant('fw_drbg_generate', states.map((state) => [state, out(40), 40]));
});

// struct fw_pin of firmware/core/pin.h
const PIN_LEN = 124;
const PIN_CHECK = 20;
const CTAP2_ERR_PIN_INVALID = 0x31;
const PIN = '1234';

// The whole check of a PIN, as the chip calls it when a host's request has
// come: PBKDF2 with its 2,048 rounds, comparison, the try that is gone.  With
// the right PIN and one bit of the record changed, what is compared is the same
// up to that bit; other PINs share nothing with the record.
async function pinRuns() {
  const rig = new Rig({ display: false });

  await rig.ctap.setPin(PIN);
  tracer = await Tracer.stopAt(rig.chip, 'fw_pin_try',
    () => rig.ctap.pinToken(PIN, PERMISSION.mc, APPLET_RP));
  const [pin, store, rng, hash, device] = tracer.arguments(5);
  const record = tracer.memory(pin, PIN_LEN);
  const right = tracer.memory(hash, 16);
  const flip = (all, at, mask) =>
    all.map((byte, i) => i === at ? byte ^ mask : byte);
  const nearly = (at, mask) => [flip(record, PIN_CHECK + at, mask), right];

  return [nearly(31, 0x01), nearly(0, 0x80), nearly(16, 0x10),
    [record, flip(right, 15, 0x01)], [record, bytes(16)]]
    .map(([r, h]) => [r, store, rng, h, device]);
}

test('PIN check: wrong at any place', async (t) => {
  const before = tracer;

  t.after(() => { tracer = before; });
  const runs = await pinRuns();
  // It waits for the flash, and is given what the store makes of one number,
  // the tries that are left.
  tracer.ignore('hal_flash_program');
  await t.test('the same for each', () =>
    assertConstant('fw_pin_try', runs, CTAP2_ERR_PIN_INVALID));
  await t.test('a comparison that stops early is seen', () => {
    const { path: found } = withLeak('tsw_ct_eq', 'leak_eq',
      { name: 'fw_pin_try', list: runs.slice(0, 2) });
    assert.equal(found.length, 1);
  });
});

// The judge judged: a mistake in the place of one of the image's functions.
// LEAKS is far behind the image, in flash that is erased.
const LEAKS = 0x10180000;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leak-'));
test.after(() => fs.rmSync(folder, { recursive: true }));

function loadLeaks() {
  const leaks = path.join(folder, 'leaks.elf');

  execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m0plus', '-mthumb', '-O1',
    '-ffreestanding', '-nostdlib', `-Wl,-Ttext=${LEAKS.toString(16)}`, '-Wl,--build-id=none',
    '-Wl,-e,leak_multiply', '-o', leaks,
    fileURLToPath(new URL('trace_leaks.c', import.meta.url)), '-lgcc']);
  const { segments, symbols } = loadElf(leaks);
  for (const { address, bytes: code } of segments) {
    assert(address >= LEAKS);
    tracer.mcu.flash.set(code, address & 0xffffff);
  }
  return symbols;
}

// Fraction of the runs that differ from the first, by what they differ in.
function withLeak(name, leak, runs) {
  const takeOut = tracer.redirect(name, loadLeaks().get(leak).addr);
  const { first, unlike } = judge(runs.name ?? name, runs.list ?? runs);

  takeOut();
  return { path: unlike.filter(({ seen }) => seen.path !== first.seen.path),
    addresses: unlike.filter(({ seen }) => seen.path === first.seen.path) };
}

test('a comparison that stops early is seen, by its path', () => {
  const [a, ...others] = secrets(32, 20);
  const { path: found } = withLeak('tsw_ct_eq', 'leak_eq',
    others.map((b) => [a, b, 32]));

  assert(found.length > 0);
});

test('a table looked up with secrets is seen, by its addresses alone', () => {
  const { path: other, addresses } = withLeak('fw_aes256_cbc_encrypt',
    'leak_lookup', secrets(32, 20).map((key) => [DATA, 64, IV, key]));

  assert.equal(other.length, 0);
  assert.equal(addresses.length, 19);
});

test('one bit of a secret is seen', () => {
  const list = secrets(32, 20);
  const { path: found } = withLeak('tsw_sha256', 'leak_bit',
    list.map((data) => [out(32), [data, data.length], 1]));

  assert.equal(found.length, list.filter((data) => data[31] & 1).length);
});

test("libgcc's 64-bit multiplication is seen in Ed25519", () => {
  const list = secrets(32, 4).map((seed) => [out(32), seed]);
  const { path: found } = withLeak('__aeabi_lmul', '__aeabi_lmul',
    { name: 'fw_ed25519_public', list });

  assert.equal(found.length, 3);
});
