// SPDX-License-Identifier: BSD-2-Clause
// A small client of CTAP 2.1 and of the statement applet (docs/SPEC.md 12),
// for tests that look at the token itself.  The client's own random numbers
// are fixed: with a seeded chip every run has the same bytes.
import crypto from 'node:crypto';
import { decode, encode } from './cbor.mjs';

export const ES256 = -7;
export const EDDSA = -8;
export const APPLET_RP = 'touchstone:';
export const PERMISSION = { mc: 1, ga: 2 };
export const APPLET = { INFO: 0x50, CREATE: 0x51, SIGN: 0x52, CONFIRM: 0x53,
  IMPORT: 0x54, ATTEST: 0x55, LIVE_BEGIN: 0x56, LIVE_ANSWER: 0x57,
  LIVE_OPEN: 0x58, LIVE_CONFIRM: 0x59, LIVE_TYPE: 0x5a, LIVE_END: 0x5b,
  KEY: 0x5c, FORGET: 0x5d };

const MAKE_CREDENTIAL = 0x01;
const GET_ASSERTION = 0x02;
const GET_INFO = 0x04;
const CLIENT_PIN = 0x06;
const PROTOCOL = 2;
const IV = Buffer.alloc(16); // one message for each key

export const sha256 = (...parts) => {
  const hash = crypto.createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return new Uint8Array(hash.digest());
};

const hmac = (key, ...parts) => {
  const mac = crypto.createHmac('sha256', key);
  parts.forEach((part) => mac.update(part));
  return new Uint8Array(mac.digest());
};

// pinUvAuthProtocol 2 (CTAP 2.1 section 6.5.7) with one key agreement.
class PinProtocol {
  constructor(coseKey) {
    const own = crypto.createECDH('prime256v1');
    own.setPrivateKey(Buffer.from(sha256('host')));
    const peer = Buffer.concat([Buffer.of(4), coseKey.get(-2), coseKey.get(-3)]);
    const z = own.computeSecret(peer);
    const derive = (info) =>
      Buffer.from(crypto.hkdfSync('sha256', z, Buffer.alloc(32), info, 32));
    const point = own.getPublicKey();

    this.hmacKey = derive('CTAP2 HMAC key');
    this.aesKey = derive('CTAP2 AES key');
    this.coseKey = new Map([[1, 2], [3, -25], [-1, 1],
      [-2, point.subarray(1, 33)], [-3, point.subarray(33)]]);
  }

  encrypt(text) {
    const cipher = crypto.createCipheriv('aes-256-cbc', this.aesKey, IV);
    return Buffer.concat([IV, cipher.setAutoPadding(false).update(text)]);
  }

  decrypt(bytes) {
    const cipher = crypto.createDecipheriv('aes-256-cbc', this.aesKey,
      bytes.subarray(0, 16));
    return cipher.setAutoPadding(false).update(bytes.subarray(16));
  }
}

// A PIN as it is sent: when it is new, and when it is to be right.
const padded = (pin) => Buffer.concat([Buffer.from(pin), Buffer.alloc(64)], 64);
const pinHash = (pin) => Buffer.from(sha256(Buffer.from(pin)).subarray(0, 16));

// One field of the applet as the MAC of its request has it.
const macOf = (value) => typeof value === 'number' ? Uint8Array.of(value) : value;

export class Ctap {
  // exchange(message) -> reply: bytes of CTAPHID_CBOR, perhaps by a promise.
  constructor(exchange) {
    this.exchange = exchange;
  }

  // The reply's map, empty if it has none; throws {status} unless it is 0.
  async command(byte, map) {
    const body = map && map.size > 0 ? encode(map) : [];
    const reply = await this.exchange(Uint8Array.of(byte, ...body));

    if (reply[0] !== 0) {
      const status = reply[0];
      throw Object.assign(new Error(`command ${byte.toString(16)} returned ` +
        `${status.toString(16)}`), { status });
    }
    return reply.length > 1 ? decode(reply.subarray(1)) : new Map();
  }

  getInfo() {
    return this.command(GET_INFO);
  }

  async clientPin(subcommand, fields) {
    return this.command(CLIENT_PIN,
      new Map([[1, PROTOCOL], [2, subcommand], ...fields]));
  }

  async agree() {
    const answer = await this.clientPin(0x02, []);
    return new PinProtocol(answer.get(1));
  }

  async setPin(pin) {
    const protocol = await this.agree();
    const newPin = protocol.encrypt(padded(pin));

    return this.clientPin(0x03, [[3, protocol.coseKey],
      [4, hmac(protocol.hmacKey, newPin)], [5, newPin]]);
  }

  async changePin(old, pin) {
    const protocol = await this.agree();
    const newPin = protocol.encrypt(padded(pin));
    const oldPin = protocol.encrypt(pinHash(old));

    return this.clientPin(0x04, [[3, protocol.coseKey],
      [4, hmac(protocol.hmacKey, newPin, oldPin)], [5, newPin], [6, oldPin]]);
  }

  // A pinUvAuthToken for these permissions at this relying party.
  async pinToken(pin, permissions, rpId, protocol) {
    const shared = protocol ?? await this.agree();
    const answer = await this.clientPin(0x09, [[3, shared.coseKey],
      [6, shared.encrypt(pinHash(pin))], [9, permissions], [10, rpId]]);

    return shared.decrypt(Buffer.from(answer.get(2)));
  }

  // Returns the reply; the credential's id is credentialId() of it.
  makeCredential({ rpId, alg, user = 'user', rk = false, token }) {
    const clientData = sha256('client data');
    const auth = token
      ? [[8, hmac(token, clientData)], [9, PROTOCOL]] : [];

    return this.command(MAKE_CREDENTIAL, new Map([[1, clientData],
      [2, { id: rpId, name: rpId }],
      [3, { id: new Uint8Array(Buffer.from(user)), name: user }],
      [4, [{ alg, type: 'public-key' }]],
      ...(rk ? [[7, { rk }]] : []), ...auth]));
  }

  getAssertion({ rpId, id, token }) {
    const clientData = sha256('client data');
    const allow = id ? [[3, [{ id, type: 'public-key' }]]] : [];
    const auth = token
      ? [[6, hmac(token, clientData)], [7, PROTOCOL]] : [];

    return this.command(GET_ASSERTION,
      new Map([[1, rpId], [2, clientData], ...allow, ...auth]));
  }

  // A command of the applet; fields as SPEC 12.1 numbers them.  token: of
  // APPLET_RP, if the command is to have the PIN's authority.
  applet(command, fields = [], token = null) {
    const request = new Map(fields);

    if (token) {
      const contents = [...request].sort(([a], [b]) => a - b)
        .map(([, value]) => macOf(value));
      request.set(7, PROTOCOL);
      request.set(8, hmac(token, Buffer.alloc(32, 0xff),
        Uint8Array.of(command), ...contents));
    }
    return this.command(command, request);
  }
}

// The credential id in the authenticator data of a makeCredential reply.
export function credentialId(reply) {
  const data = Buffer.from(reply.get(2));
  return new Uint8Array(data.subarray(55, 55 + data.readUInt16BE(53)));
}
