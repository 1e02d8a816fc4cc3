// SPDX-License-Identifier: BSD-2-Clause
// Commands as a host sends them, over USB, to a Pico as it is sold: without a
// display, with an erased flash.
import { APPLET, APPLET_RP, EDDSA, ES256, PERMISSION, credentialId }
  from '../board/ctap.mjs';
import { Chip } from '../board/chip.mjs';
import { CMD } from '../board/ctaphid.mjs';
import { Owner, SK_ED25519, SK_P256 } from '../board/statements.mjs';
import { imagePath } from '../board/rig.mjs';
import { Meter } from '../board/trace_meter.mjs';

const PIN = '1234';
const RP = 'example.org';

async function fido(meter, list) {
  const { ctap } = meter;

  for (const [name, alg] of [['ES256', ES256], ['EdDSA', EDDSA]]) {
    const made = await list(`makeCredential ${name}`,
      () => ctap.makeCredential({ rpId: RP, alg }));
    const id = credentialId(made);
    await list(`getAssertion ${name}`, () => ctap.getAssertion({ rpId: RP, id }));
  }
}

async function pin(meter, list) {
  const { ctap } = meter;

  await list('set a PIN', () => ctap.setPin(PIN));
  await list('getKeyAgreement', () => ctap.agree());
  const shared = await ctap.agree();
  await list('check a PIN',
    () => ctap.pinToken(PIN, PERMISSION.mc, APPLET_RP, shared));
}

async function statements(meter, list, name, alg) {
  const owner = new Owner(meter.ctap, PIN, `${name}@example.org`.toLowerCase());
  const made = await owner.token(PERMISSION.mc);

  await list(`CREATE ${name}`, () => owner.create(alg, made));
  await owner.sign(owner.genesis());
  const token = await owner.token(PERMISSION.ga);
  await list(`SIGN ${name}`, () => owner.sign(owner.update(), token));
  await list(`CONFIRM ${name}`, () => owner.confirm(owner.confirmation()));
  return owner;
}

async function live(meter, list, owner) {
  const { ctap } = meter;
  const [self, peer] = owner.parties();

  await list('LIVE_BEGIN',
    () => ctap.applet(APPLET.LIVE_BEGIN, [[1, owner.handle], [5, self], [6, peer]]));
  await list('LIVE_OPEN',
    () => ctap.applet(APPLET.LIVE_OPEN, [[4, new Uint8Array(32).fill(7)]]));
  await ctap.applet(APPLET.LIVE_END);
}

// From power-up until the token's first step, when it answers; with an erased
// flash, and with the one it then has.
function boots() {
  const boot = (name, chip) => {
    const ops = { erase: 0, program: 0 };
    const step = chip.symbol('fw_token_step').addr & ~1;
    let isReady = false;

    chip.nor.onOp = ({ kind }) => { ops[kind]++; };
    chip.core.blTaken = (core) => {
      if ((core.PC & ~1) === step) {
        isReady = true;
        chip.poke();
      }
    };
    chip.runUntil(() => isReady, { ms: 10000 });
    return { name, before: { cycles: chip.cycles, ms: chip.nanos / 1e6 },
      after: { cycles: 0, ms: 0 }, ...ops };
  };
  const first = new Chip({ elf: imagePath });

  return [boot('first power-up', first),
    boot('power-up', first.powerCycle({ seed: 2 }))];
}

// {commands: [{name, before, after, erase, program}], stack}: before and after
// the touch are {cycles, ms}, stack is the most that was used, in bytes.
export async function commands() {
  const meter = new Meter({ seed: 1, display: false });
  const rows = boots();
  const list = async (name, action) => {
    const { value, ...row } = await meter.measure(action);
    rows.push({ name, ...row });
    return value;
  };

  await list('PING of 1,024 bytes',
    () => meter.hid.call(CMD.PING, new Uint8Array(1024).fill(1)));
  await list('getInfo', () => meter.ctap.getInfo());
  await fido(meter, list);
  await pin(meter, list);
  const owner = await statements(meter, list, 'Ed25519', SK_ED25519);
  await statements(meter, list, 'P-256', SK_P256);
  await live(meter, list, owner);
  meter.faultless();
  return { commands: rows, stack: meter.stack() };
}
