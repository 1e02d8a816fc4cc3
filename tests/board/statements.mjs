// SPDX-License-Identifier: BSD-2-Clause
// Statements for the applet (docs/SPEC.md 5) of one owner with one token, as
// small as a first use makes them.
import { decode, encode } from './cbor.mjs';
import { APPLET, APPLET_RP, PERMISSION, sha256 } from './ctap.mjs';

export const SK_ED25519 = 1;
export const SK_P256 = 2;

const WHEN = 1767225600;
const NONE = new Uint8Array(32);
const SIGNER = 1;
const FIDO_UV = 2;
const TYPED = 2; // method of a confirmation
const SSH_NAMES = { [SK_ED25519]: 'sk-ssh-ed25519@openssh.com',
  [SK_P256]: 'sk-ecdsa-sha2-nistp256@openssh.com' };

const string = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

// The token id (SPEC 4.3) of a public key.
export function tokenId(alg, pk) {
  const curve = alg === SK_P256 ? [string(Buffer.from('nistp256'))] : [];

  return sha256(Buffer.concat([string(Buffer.from(SSH_NAMES[alg])), ...curve,
    string(pk), string(Buffer.from(APPLET_RP))]));
}

// An identity whose key one token made: it writes statements and has them
// signed.  ctap: with the PIN set.
export class Owner {
  constructor(ctap, pin, label = 'alice@example.org') {
    Object.assign(this, { ctap, pin, label, seq: 0 });
  }

  token(permission) {
    return this.ctap.pinToken(this.pin, permission, APPLET_RP);
  }

  async create(alg, token) {
    const authority = token ?? await this.token(PERMISSION.mc);
    const answer = await this.ctap.applet(APPLET.CREATE, [[3, alg]], authority);
    const pk = answer.get(3);

    this.handle = tokenId(alg, pk);
    this.entry = new Map([[0, alg], [1, pk], [2, SIGNER], [3, FIDO_UV],
      [4, 'the token']]);
    return answer;
  }

  genesis() {
    return encode(new Map([[0, 1], [1, 1], [2, WHEN], [3, this.label],
      [4, [this.entry]], [5, 1], [6, 72]]));
  }

  // The next statement: it adds a key.
  update() {
    const key = new Map([[0, 8], [1, 'laptop'], [2, 5],
      [3, new Uint8Array(Buffer.from(`key ${this.seq}`))], [4, 1]]);

    return encode(new Map([[0, 1], [1, 2], [2, WHEN + this.seq + 1],
      [3, this.id], [4, this.seq + 1], [5, this.head],
      [6, [new Map([[0, 1], [1, key]])]]]));
  }

  confirmation() {
    return encode(new Map([[0, 1], [1, 3], [2, WHEN], [3, this.id],
      [4, this.seq], [5, this.head], [6, sha256('bob')],
      [7, 'bob@example.org'], [8, 3], [9, NONE], [10, TYPED]]));
  }

  async sign(statement, token) {
    const authority = token ?? await this.token(PERMISSION.ga);
    const answer = await this.ctap.applet(APPLET.SIGN,
      [[1, this.handle], [2, statement]], authority);

    if (decode(statement).get(1) === 1) {
      this.id = sha256(statement);
    } else {
      this.seq++;
    }
    this.head = sha256(statement);
    return answer;
  }

  confirm(statement) {
    return this.ctap.applet(APPLET.CONFIRM, [[1, this.handle], [2, statement]]);
  }

  // m (SPEC 9.3) of the owner and of a contact.
  parties() {
    return [encode([this.id, this.seq, this.head, this.label, 0, NONE]),
      encode([sha256('bob'), 3, NONE, 'bob@example.org', 0, NONE])];
  }
}
