// SPDX-License-Identifier: BSD-2-Clause
// A judge that never convicts is worth nothing: small programs that each do
// one thing wrong, and what the board says of them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Chip } from './chip.mjs';
import { imagePath } from './rig.mjs';
import { Sie } from './usb/sie.mjs';

const here = fileURLToPath(new URL('judge', import.meta.url));
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'judge-'));
after(() => fs.rmSync(work, { recursive: true }));

// A chip that holds this program.  helpers: C before crime().
function chipOf(body, helpers = '', options = {}) {
  const elf = path.join(work, 'crime.elf');
  execFileSync('arm-none-eabi-gcc', ['-mcpu=cortex-m0plus', '-mthumb', '-O1',
    '-ffreestanding', '-fno-delete-null-pointer-checks', '-nostdlib', '-Wl,-n',
    '-Wl,--build-id=none', `-T${here}/crime.ld`, '-w', '-xc', '-', '-o', elf],
  { input: `#include "${here}/crime.h"\n${helpers}
    void crime(void) { ${body} }` });
  return new Chip({ elf, boot: 'image', ...options });
}

function convicts(name, expected, body, helpers) {
  test(name, () => {
    const chip = chipOf(body, helpers);
    chip.run(300000, 400e6);
    assert.match(chip.faults[0] ?? 'no fault', expected);
  });
}

test('an honest program is not convicted', () => {
  const chip = chipOf('out_of_reset(1u << 21); REG(0x20001000) = REG(TIMER + 0x28);');
  chip.run(10000);
  assert.deepEqual(chip.faults, []);
  assert.equal(chip.stopped, null);
});

// --- loads, stores, instructions ---

convicts('unmapped load', /unmapped|invalid memory/, 'REG(0x30000000);');
convicts('unmapped store', /undefined address/, 'REG(0x1ffffffc) = 1;');
convicts('load beyond the RAM', /invalid memory/, 'REG(0x20042000);');
convicts('load beyond the flash', /unmapped/, 'REG(0x10200000);');
// The compiler does not see these addresses, or it would make other code.
const hidden = (address, access) =>
  `uint32_t p = ${address}; __asm__("" : "+r"(p)); ${access};`;
convicts('null pointer', /null pointer/, hidden(0, 'REG(p)'));
convicts('store through a null pointer', /read-only/, hidden(0, 'REG(p) = 1'));
convicts('misaligned word', /read32 .*misaligned/,
  hidden(0x20001001, 'REG(p)'));
convicts('misaligned halfword', /write16 .*misaligned/,
  hidden(0x20001001, 'REG16(p) = 1'));
convicts('store to flash', /write32 .*read-only/, 'REG(0x10001000) = 1;');
convicts('byte to flash', /write8 .*read-only/, 'REG8(0x10100000) = 1;');
convicts('undefined instruction', /not implemented/, '__asm__(".short 0xb800");');
convicts('UDF', /breakpoint/, '__asm__("udf #1");');
convicts('BKPT', /breakpoint/, '__asm__("bkpt #9");');
convicts('a jump into nowhere', /invalid memory|unmapped/,
  '((void (*)(void))0x30000001)();');
convicts('an endless recursion', /undefined address/, 'f(1);',
  `int f(int n); int (*volatile g)(int) = f;
   int f(int n) { volatile int a[64]; a[0] = n; return g(n + 1) + a[0]; }`);

// --- registers ---

convicts('a register that does not exist', /Unimplemented/,
  'out_of_reset(1u << 21); REG(TIMER + 0x80);');
convicts('a peripheral in reset', /peripheral in reset/, 'REG(TIMER + 0x28);');
convicts('the FIFO of the other core', /unmapped/, 'REG(0xd0000058);');

// --- flash ---

const FLASH = 'step *connect = rom(\'I\', \'F\'), *leave = rom(\'E\', \'X\'), ' +
  '*flush = rom(\'F\', \'C\'), *enter = rom(\'C\', \'X\'); ' +
  'erase *wipe = rom(\'R\', \'E\'); program *put = rom(\'R\', \'P\'); ';
const inRam = (steps) => [`${FLASH} go(connect, leave, flush, enter, wipe, put);`,
  `static uint8_t page[256];
   RAM void go(step *connect, step *leave, step *flush, step *enter,
       erase *wipe, program *put) { ${steps} }`];
const OFF = '0x1e0000';

test('flash that is erased and programmed by the rules', () => {
  const chip = chipOf(...inRam(`page[0] = 0x5a; connect(); leave();
    wipe(${OFF}, 4096, 65536, 0xd8); put(${OFF}, page, 256); flush(); enter();`),
  {});
  const from = chip.nanos;
  chip.run(300000, 400e6);
  assert.deepEqual(chip.faults, []);
  assert.equal(chip.flash[0x1e0000], 0x5a);
  assert.equal(chip.flash[0x1e0001], 0);
  assert.ok(chip.nanos - from >= 45.4e6, 'it took no time');
  assert.equal(chip.nor.ops, 2);
});

convicts('XIP off, and the next instruction in flash', /flash while XIP is off/,
  `${FLASH} connect(); leave();`);
convicts('erasing while XIP is on', /flash: erase .*while XIP/,
  `${FLASH} wipe(${OFF}, 4096, 65536, 0xd8);`);
convicts('programming a part of a page', /program .*misaligned/,
  ...inRam(`connect(); leave(); put(${OFF}, page, 8); flush(); enter();`));
convicts('erasing a part of a sector', /erase .*misaligned/,
  ...inRam(`connect(); leave(); wipe(${OFF} + 256, 4096, 65536, 0xd8);`));
convicts('erasing beyond the chip', /out of range/,
  ...inRam('connect(); leave(); wipe(0x200000, 4096, 65536, 0xd8);'));
convicts('erasing the program', /over the program/,
  ...inRam('connect(); leave(); wipe(0, 4096, 65536, 0xd8);'));
convicts('programming what is not erased', /not erased/,
  ...inRam(`connect(); leave(); put(${OFF}, page, 256); page[0] = 1;
    put(${OFF}, page, 256); flush(); enter();`));
convicts('XIP again without a flush', /XIP after commands/,
  ...inRam('connect(); leave(); enter();'));
convicts('leaving XIP without connecting', /commands after XIP/,
  ...inRam('leave();'));
convicts('reading BOOTSEL from flash', /flash while XIP is off/,
  'REG(0x4001a00c) = 2u << 12;');
convicts('quad reads of a flash that has them off', /QE off/,
  `${FLASH} go(leave, connect, flush);`,
  `RAM void go(step *leave, step *connect, step *flush) {
     connect(); leave(); flush(); REG(SSI + 8) = 0;
     REG(SSI) = 2u << 21 | 31u << 16 | 3u << 8; REG(SSI + 8) = 1; }`);

test('a boot2 with a wrong checksum does not start', () => {
  const good = new Chip({ elf: imagePath });
  assert.equal(good.run(100), 'busy');

  const { segments, symbols } = good.program;
  const broken = segments.map(({ address, bytes }) => {
    const copy = Buffer.from(bytes);
    copy[16] ^= address === 0x10000000 ? 1 : 0;
    return { address, bytes: copy };
  });
  const bad = new Chip({ elf: { segments: broken, symbols } });
  assert.equal(bad.run(100), 'stopped');
  assert.match(bad.faults[0], /wrong CRC/);
});

test('a power cut stops the chip and tears what was written', () => {
  const program = inRam(`connect(); leave(); put(${OFF}, page, 256);
    put(${OFF} + 256, page, 256); flush(); enter();`);
  const torn = chipOf(...program, { cut: { op: 2, seed: 3, part: 0.5 } });
  torn.run(300000, 400e6);
  assert.equal(torn.stopped, 'power cut');
  assert.ok(torn.flash.subarray(0x1e0000, 0x1e0100).every((b) => b === 0));
  const bits = [...torn.flash.subarray(0x1e0100, 0x1e0200)];
  assert.ok(bits.some((b) => b !== 0) && bits.some((b) => b !== 0xff));
});

test('the watchdog restarts the chip', () => {
  const chip = chipOf(`REG(0x40058000 + 0x2c) = 12 | 1u << 9;
    if (REG(0x40058000 + 0x08) == 0) { REG(0x40058000 + 4) = 2000;
    REG(0x40058000 + 0x0c) = 77; REG(0x40058000) = 1u << 30; }
    else REG(0x20001000) = REG(0x40058000 + 0x0c);`);
  chip.run(400000);
  assert.deepEqual(chip.restarts, ['timer']);
  assert.equal(chip.mcu.readUint32(0x20001000), 77);
  assert.deepEqual(chip.faults, []);
});

// --- USB ---

const EP2_IN = 'REG(DPRAM + 0x10) = 1u << 31 | 1u << 29 | 2u << 26 | 0x180;';
const NOPS = '__asm__(".rept 12\\n nop\\n .endr");';
const ARM = `REG(DPRAM + 0x90) = 0x8008; ${NOPS} REG(DPRAM + 0x90) = 0x8408;`;

// A chip that runs this, then a host that does that.
function usbCrime(name, expected, body, host) {
  test(name, () => {
    const chip = chipOf(`usb_on(); ${body}`);
    const sie = new Sie(chip);
    chip.runUntil(() => sie.isAttached);
    sie.busReset();
    chip.runFor(11);
    host(sie, chip);
    if (expected === undefined) {
      assert.deepEqual(chip.faults, []);
    } else {
      assert.match(chip.faults[0] ?? 'no fault', expected);
    }
  });
}

usbCrime('a packet by the rules', undefined, EP2_IN + ARM, (sie) => {
  assert.equal(sie.in(2).length, 8);
  assert.equal(sie.in(2), 'nak');
});
usbCrime('a packet that is not FULL is never sent', undefined,
  `${EP2_IN} REG(DPRAM + 0x90) = 8; ${NOPS} REG(DPRAM + 0x90) = 0x408;`,
  (sie) => assert.equal(sie.in(2), 'nak'));
usbCrime('an endpoint that is off does not answer', undefined,
  `REG(DPRAM + 0x10) = 2u << 26 | 0x180; ${ARM}`,
  (sie) => assert.equal(sie.in(2), 'timeout'));
usbCrime('another address does not answer', undefined, EP2_IN + ARM, (sie) => {
  sie.address = 9;
  assert.equal(sie.in(2), 'timeout');
});
usbCrime('the same toggle twice', /IN sent DATA0/,
  `${EP2_IN}${ARM} while (REG(DPRAM + 0x90) & 0x400) ; ${ARM}`,
  (sie, chip) => {
    assert.equal(sie.in(2).length, 8);
    chip.runFor(0.01);
    assert.equal(sie.in(2), 'nak');
  });
usbCrime('AVAILABLE together with the rest', /before its buffer control settled/,
  `${EP2_IN} REG(DPRAM + 0x90) = 0x8408;`, () => {});
usbCrime('AVAILABLE too soon after the rest', /settled/,
  `${EP2_IN} REG(DPRAM + 0x90) = 0x8008; REG(DPRAM + 0x90) = 0x8408;`, () => {});
usbCrime('a buffer outside of its memory', /buffer fc0\+65/,
  `REG(DPRAM + 0x10) = 1u << 31 | 2u << 26 | 0xfc0;
   REG(DPRAM + 0x90) = 0x8041; ${NOPS} REG(DPRAM + 0x90) = 0x8441;`, () => {});
usbCrime('a second buffer', /second buffer/,
  `${EP2_IN} REG(DPRAM + 0x90) = 0x80088008; ${NOPS}
   REG(DPRAM + 0x90) = 0x80088408;`, () => {});
usbCrime('an OUT buffer of the wrong toggle', /OUT expects DATA1/,
  `REG(DPRAM + 0x14) = 1u << 31 | 1u << 29 | 2u << 26 | 0x180;
   REG(DPRAM + 0x94) = 0x2040; ${NOPS} REG(DPRAM + 0x94) = 0x2440;`,
  (sie) => assert.equal(sie.out(2, Buffer.alloc(3)), 'ack'));
usbCrime('a host mode', /host mode/, 'REG(USB + 0x40) = 3;', () => {});
// Bulk IN late in a frame, erratum E15: the program arms it when SOF_RD says
// that frame 3 has come, and 850 us more.
usbCrime('bulk IN late in a frame', /us into a frame \(E15\)/,
  `out_of_reset(1u << 21); ${EP2_IN} while (REG(USB + 0x48) != 3) ;
   uint32_t t = REG(TIMER + 0x28); while (REG(TIMER + 0x28) - t < 850) ; ${ARM}`,
  (sie, chip) => chip.runFor(10));
usbCrime('bulk IN early in a frame', undefined,
  `out_of_reset(1u << 21); ${EP2_IN} while (REG(USB + 0x48) != 3) ;
   uint32_t t = REG(TIMER + 0x28); while (REG(TIMER + 0x28) - t < 700) ; ${ARM}`,
  (sie, chip) => chip.runFor(10));
