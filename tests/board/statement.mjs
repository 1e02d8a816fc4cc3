// SPDX-License-Identifier: BSD-2-Clause
// The few statements (docs/SPEC.md 5) that tests let an identity key sign.
import { encode } from './cbor.mjs';
import { sha256 } from './ctap.mjs';

const VERSION = 1;
const SK_ED25519 = 1;
const TIME = 1735689600;
const ROLE_SIGNER = 1;
const EVIDENCE_FIDO_UV = 2;
const APP_AGE = 2;
const TYPE_X25519 = 2;
const PROTOCOL = 1;
const ADD_KEY = 1;

function sshString(bytes) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, Buffer.from(bytes)]);
}

// The id of an Ed25519 identity key (4.3): the applet's handle for it.
export function tokenId(publicKey) {
  return sha256(sshString(Buffer.from('sk-ssh-ed25519@openssh.com')),
    sshString(publicKey), sshString(Buffer.from('touchstone:')));
}

export function genesis(publicKey) {
  const token = new Map([[0, SK_ED25519], [1, publicKey], [2, ROLE_SIGNER],
    [3, EVIDENCE_FIDO_UV], [4, 'token']]);

  return encode(new Map([[0, VERSION], [1, 1], [2, TIME],
    [3, 'alice@example.org'], [4, [token]], [5, 1], [6, 72]]));
}

// The update that follows `before`: one more age key.
export function addKey(identity, seq, before) {
  const key = new Map([[0, APP_AGE], [1, 'laptop'], [2, TYPE_X25519],
    [3, sha256(Buffer.from(`key ${seq}`))], [4, PROTOCOL]]);

  return encode(new Map([[0, VERSION], [1, 2], [2, TIME + seq], [3, identity],
    [4, seq], [5, sha256(before)], [6, [new Map([[0, ADD_KEY], [1, key]])]]]));
}
