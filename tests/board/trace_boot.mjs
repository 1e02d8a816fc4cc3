// TEMPORARY until chip.mjs
import { loadElf } from './elf.mjs'; import { Tracer } from './trace.mjs';
import { createRequire } from 'node:module';
const { RP2040 } = createRequire('/tmp/trace/x.js')('rp2040js');
export function boot(path) {
  const { segments, symbols } = loadElf(path), mcu = new RP2040();
  const bad = (...a) => { throw new Error(a.join(' ')); };
  mcu.logger = { debug() {}, info() {}, warn: bad, error: bad };
  for (const s of segments) (s.address >>> 24 === 0x10 ? mcu.flash : mcu.sram).set(s.bytes, s.address & 0xffffff);
  mcu.core.SP = mcu.flashView.getUint32(0x100, true);
  const symbol = (n) => { if (!symbols.has(n)) throw new Error('no symbol ' + n); return symbols.get(n); };
  return new Tracer(mcu, symbol);
}
