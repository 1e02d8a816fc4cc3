// SPDX-License-Identifier: BSD-2-Clause
// The judge of constant time: calls functions of the shipped image by symbol,
// on a chip that has booted and waits or was stopped at a call of its own, and
// records what an observer of time and memory could see of each call.
//
// An argument is a word, or a pointer: to the bytes of a Uint8Array, or to a
// struct of words and pointers, an Array.  Memory is copied onto the chip's
// stack, as a caller's locals would be, and handed back as the function left
// it.  Every call starts from the same RAM, store, registers and stack, so two
// calls differ in the bytes of their arguments and in nothing else.  No interrupt is
// taken and the chip's clock stands still: what the hardware does meanwhile is
// not the function's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Chip } from './chip.mjs';

const SP = 13;
const LR = 14;
const RAM = 0x20000000;
const STORE = 0x1e0000; // of flash: where the token writes
const CODE_LEN = 2 << 20; // of flash that code may stand in
const BKPT = 0xbe00;
const RETURN = 0xee; // BKPT number that stands at the caller
const REDIRECT = 0xef;
const BLOCK = 4096; // instructions between two check points of a trace
const RUNAWAY = 2e9; // instructions
const BOOT_MS = 50;

// FNV-1a over 32-bit words; + 1 so that zeros at the start count as well.
const mix = (hash, word) => (Math.imul(hash ^ word, 16777619) + 1) | 0;
const halfword = (pc) => (pc & (CODE_LEN - 1)) >> 1;

export class Tracer {
  // chip: one that stands still between two instructions.
  constructor(chip) {
    this.chip = chip;
    this.mcu = this.chip.mcu;
    this.core = this.chip.core;
    this.redirected = new Map();
    this.ignored = new Uint8Array(CODE_LEN / 2);
    this.addresses = 0; // hash of those of loads and stores
    this.fetch = 0; // where the instruction under way is
    this.core.PM = true;
    this.watchAddresses();
    this.takeBreaks();
    this.idle = {
      sram: this.mcu.sram.slice(),
      store: this.chip.flash.slice(STORE),
      registers: this.core.registers.slice(),
    };
  }

  // On a chip of its own, which has booted the image and waits.
  static boot(elf) {
    const chip = new Chip({ elf });

    chip.runFor(BOOT_MS);
    while (!chip.core.waiting) { // not while it looks at the button
      assert.equal(chip.run(1), 'busy');
    }
    return new Tracer(chip);
  }

  // On this chip, before the first instruction of a function that action()
  // makes it call.  arguments() has what that was called with.
  static async stopAt(chip, name, action) {
    const at = chip.symbol(name).addr & ~1;

    chip.core.blTaken = (core) => {
      if ((core.PC & ~1) === at) {
        chip.halt(name);
      }
    };
    await assert.rejects(action, new RegExp(`stopped \\(${name}\\)`));
    chip.core.blTaken = () => {};
    chip.stopped = null;
    return new Tracer(chip);
  }

  // The first words that the function was called with, where this chip stopped.
  arguments(count) {
    const { registers } = this.core;
    const rest = Array.from({ length: Math.max(count - 4, 0) },
      (_, i) => this.mcu.readUint32(registers[SP] + 4 * i));

    return [...registers.slice(0, Math.min(count, 4)), ...rest];
  }

  memory(address, length) {
    return this.mcu.sram.slice(address - RAM, address - RAM + length);
  }

  symbol(name) {
    const symbol = this.chip.symbol(name);
    assert(symbol, `the image has no ${name}`);
    return symbol;
  }

  // rp2040js fetches instructions by readUint16() too: those are not data.
  watchAddresses() {
    for (const name of ['readUint32', 'readUint16', 'readUint8',
      'writeUint32', 'writeUint16', 'writeUint8']) {
      const access = this.core[name].bind(this.core);
      this.core[name] = (address, value) => {
        if (((address - this.fetch) >>> 0) > 2 || name !== 'readUint16') {
          this.addresses = mix(this.addresses, address);
        }
        return access(address, value);
      };
    }
  }

  takeBreaks() {
    const others = this.mcu.onBreak;

    this.mcu.onBreak = (code) => {
      if (code === RETURN) {
        this.returned = true;
      } else if (code === REDIRECT) {
        this.core.PC = this.redirected.get(this.core.PC - 2);
      } else {
        others(code);
      }
    };
  }

  // Plant another function in the place of one of the image's; returns a
  // function that takes it out again.
  redirect(name, address) {
    const at = this.symbol(name).addr & ~1;
    const offset = at & 0xffffff;
    const before = this.mcu.flashView.getUint16(offset, true);

    this.redirected.set(at, address & ~1);
    this.mcu.flashView.setUint16(offset, BKPT | REDIRECT, true);
    return () => this.mcu.flashView.setUint16(offset, before, true);
  }

  // What these functions do is not recorded: they see only what is public, or
  // will be when the call returns.  Say why where this is used.
  ignore(...names) {
    this.ignored.fill(0);
    for (const name of names) {
      this.ignored[halfword(this.symbol(name).addr)] = 1;
    }
  }

  push(bytes) {
    const { registers } = this.core;

    registers[SP] -= (bytes.length + 7) & ~7;
    this.mcu.sram.set(bytes, registers[SP] - RAM);
    return registers[SP];
  }

  place(arg) {
    if (typeof arg === 'number') {
      return arg;
    }
    if (arg instanceof Uint8Array) {
      return this.push(arg);
    }
    return this.pushWords(arg.map((part) => this.place(part)));
  }

  pushWords(words) {
    return this.push(new Uint8Array(Uint32Array.from(words).buffer));
  }

  // The chip as it was, with the arguments in place (AAPCS: four words in
  // registers, the rest on a stack aligned to eight).
  enter(name, args) {
    const { core } = this;

    this.mcu.sram.set(this.idle.sram);
    this.chip.flash.set(this.idle.store, STORE);
    core.registers.set(this.idle.registers);
    core.xPSR = 0;
    core.cycles = 0;
    core.registers[SP] &= ~7;
    const trap = this.push(Uint8Array.of(RETURN, BKPT >> 8));
    const words = args.map((arg) => this.place(arg));
    if (words.length > 4) {
      this.pushWords(words.slice(4));
    }
    core.registers.set(words.slice(0, 4));
    core.registers[LR] = trap | 1;
    core.PC = this.symbol(name).addr & ~1;
    this.returned = false;
    this.addresses = 0;
    return words;
  }

  // onStep(pc) is told of each instruction before it runs.
  run(onStep) {
    const { core } = this;

    for (let n = 0; !this.returned; n++) {
      if (n > RUNAWAY) {
        throw new Error(`does not return: PC ${core.PC.toString(16)}`);
      }
      if (this.ignored[halfword(core.PC)]) {
        this.skip();
      }
      this.fetch = core.PC;
      onStep(core.PC);
      core.executeInstruction();
    }
    assert.deepEqual(this.chip.faults, []);
  }

  // Run an ignored function to its end, as if it took no time.  It may wait
  // for the hardware, so the chip's clock goes on meanwhile.
  skip() {
    const { core, addresses } = this;
    const { cycles } = core;
    const back = core.registers[LR] & ~1;
    const level = core.registers[SP];

    while (core.PC !== back || core.registers[SP] !== level) {
      assert.equal(this.chip.run(1), 'busy');
    }
    core.PM = true;
    core.cycles = cycles;
    this.addresses = addresses;
  }

  // One call: {result, memory, cycles, path, addresses, stack}.  path and
  // addresses are hashes of the sequences of instructions and of data accesses,
  // stack is in bytes below the caller's stack pointer.
  call(name, ...args) {
    const { core } = this;
    const words = this.enter(name, args);
    const top = core.registers[SP];
    let path = 0;
    let lowest = top;

    this.run((pc) => {
      path = mix(path, pc);
      if (core.registers[SP] < lowest) {
        lowest = core.registers[SP];
      }
    });
    return {
      result: core.registers[0] | 0,
      memory: args.map((arg, i) => arg instanceof Uint8Array
        ? this.memory(words[i], arg.length) : null),
      cycles: core.cycles,
      path,
      addresses: this.addresses,
      stack: top - lowest,
    };
  }

  // Hashes of the whole trace after each block of instructions.
  checkPoints(name, args) {
    const points = [];
    let path = 0;
    let n = 0;

    this.enter(name, args);
    this.run((pc) => {
      if (n++ % BLOCK === 0) {
        points.push(path ^ this.addresses);
      }
      path = mix(path, pc);
    });
    return points;
  }

  // [[pc, hash of addresses before it], ...] of one block.
  block(name, args, number) {
    const steps = [];
    let n = 0;

    this.enter(name, args);
    this.run((pc) => {
      if (n >= number * BLOCK && n <= (number + 1) * BLOCK) {
        steps.push([pc, this.addresses]);
      }
      n++;
    });
    return steps;
  }

  // The instruction whose successor or data address is the first to differ
  // between two calls, or null.
  divergence(name, argsA, argsB) {
    const a = this.checkPoints(name, argsA);
    const b = this.checkPoints(name, argsB);
    const unlike = a.findIndex((point, i) => point !== b[i]);
    const number = (unlike < 0 ? Math.min(a.length, b.length) : unlike) - 1;
    const stepsA = this.block(name, argsA, number);
    const stepsB = this.block(name, argsB, number);
    const i = stepsA.findIndex(([pc, addresses], at) =>
      pc !== stepsB[at]?.[0] || addresses !== stepsB[at][1]);

    return i < 0 ? null : stepsA[Math.max(i - 1, 0)][0];
  }
}

// "function at file:line (address)", as the compiler's notes have it.
export function where(elf, pc) {
  const [name, line] = execFileSync('arm-none-eabi-addr2line',
    ['-f', '-e', elf, pc.toString(16)], { encoding: 'utf8' }).split('\n');

  return `${name} at ${line} (${pc.toString(16)})`;
}
