// SPDX-License-Identifier: BSD-2-Clause
// A token in its port, and a person beside it: what in-process tests begin with.
// TOUCHSTONE_ELF is the image; by default that of `./dev firmware`.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Chip } from './chip.mjs';
import { CMD, CtapHid } from './ctaphid.mjs';
import { Ctap } from './ctap.mjs';
import { UsbHost } from './usb/host.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const imagePath = path.resolve(process.env.TOUCHSTONE_ELF ??
  path.join(root, 'build/rp2040/firmware.elf'));

const TOUCH_NEEDED = 2; // status of a keepalive, CTAP 2.1, 11.2.9.1.7
// The token wants to have seen the button up for half a second.
const TOUCH_AFTER = 8; // keepalives, of 80 ms each
const RELEASE_MS = 60;

export class Rig {
  // A chip, or the options of one; the elf may be left out.
  constructor(options = {}) {
    this.onReply = () => {}; // the host has all of the token's answer
    this.plug(options instanceof Chip ? options
      : new Chip({ elf: imagePath, ...options }));
  }

  // Puts this chip into the port.
  plug(chip) {
    this.chip = chip;
    this.host = new UsbHost(chip);
    this.found = this.host.enumerate();
    this.open();
  }

  // A new channel; messages ask for touches, which are given.
  open() {
    this.hid = new CtapHid(this.host);
    this.hid.init();
    this.hid.onKeepalive = (all) => this.touch(all);
    this.ctap = new Ctap((message) => this.exchange(message));
  }

  touch(keepalives) {
    const asked = keepalives.filter(({ status }) => status === TOUCH_NEEDED);
    if (asked.length === TOUCH_AFTER) {
      this.chip.button(true);
    }
  }

  exchange(message) {
    try {
      const reply = this.hid.call(CMD.CBOR, message, 40000);
      this.onReply();
      return reply;
    } finally {
      this.chip.button(false);
      if (this.chip.stopped === null) {
        this.chip.runFor(RELEASE_MS);
      }
    }
  }

  // Out of the port and in again: a power cycle.
  replug(changes) {
    this.host.unplug();
    this.faultless();
    this.plug(this.chip.powerCycle(changes));
  }

  // The end of every test.
  faultless() {
    assert.deepEqual(this.chip.faults, []);
    assert.deepEqual(this.chip.restarts, []);
  }
}
