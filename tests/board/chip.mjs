// SPDX-License-Identifier: BSD-2-Clause
// An RP2040 board: the chip, its flash, a button, an LED and maybe a display.
//
// It runs the program that users flash, from the boot ROM on.  Whatever
// silicon would punish or leave undefined is written down in `faults`: a test
// passes only if that list is empty at its end.
//
// Time is emulated: one cycle takes 8 ns from the first instruction on, code
// in flash costs no wait states.  Clocks and PLLs lock at once.
import { RP2040 } from './rp2040.mjs';
import { loadElf } from './elf.mjs';
import { Random } from './random.mjs';
import { guardBus } from './parts/bus.mjs';
import { BootRom, RETURN_ADDRESS } from './parts/bootrom.mjs';
import { Rosc } from './parts/entropy.mjs';
import { Flash, FLASH_LEN } from './parts/flash.mjs';
import { Pacer } from './parts/pacer.mjs';
import { Panel } from './parts/panel.mjs';
import { addRegister, IoQspi, Registers, Resets } from './parts/registers.mjs';
import { Ssi } from './parts/ssi.mjs';
import { fixTimer } from './parts/timer.mjs';
import { UsbController } from './usb/controller.mjs';

const CYCLE_NS = 8; // 125 MHz
const MS = 1e6;
const SLICE = 5000; // instructions between two looks at a condition
const FAULTS_MAX = 50;
const LED_PIN = 25;
const IC_SDA_HOLD = 0x7c;
const PULLED_UP_PINS = [14, 15];
const ROM_END = 0x4000;

const hex = (n) => (n >>> 0).toString(16);

export class Chip {
  // All options may be left out but elf, the path of the program:
  //   flash      content to begin with, over which the program is written
  //   seed       of the noise source and all else that is random
  //   entropy    'good', 'stuck', 'biased' or 'locked' (parts/entropy.mjs)
  //   display    false: none is connected
  //   buttonPin  GPIO of a wired button; BOOTSEL if absent
  //   cut        power fails in a flash operation (parts/flash.mjs)
  //   boot       'image' for a program without boot2 (parts/bootrom.mjs)
  //   revision   1 for RP2040-B1, which has erratum E5; 2 for B2
  //   realtime   start() does not run ahead of the wall clock
  constructor(options) {
    const { elf } = options;
    const bytes = new Uint8Array(FLASH_LEN).fill(0xff);

    this.options = options;
    this.program = typeof elf === 'string' ? loadElf(elf) : elf;
    this.rng = new Random(options.seed ?? 1);
    this.revision = options.revision ?? 2;
    this.faults = [];
    this.restarts = []; // why the chip restarted itself, in order
    this.cycles = 0;
    this.stopped = null; // why it runs no more
    this.isPoked = false;
    this.isRestarting = false;
    this.onBreak = () => false; // (code) of a BKPT or UDF; true: go on
    this.onLedChange = () => {};
    this.onStopped = () => {};
    this.pacer = new Pacer(this, options.realtime ?? false);

    bytes.set(options.flash ?? []);
    for (const segment of this.program.segments) {
      if (segment.address >>> 24 !== 0x10) {
        throw new Error(`nothing flashes ${hex(segment.address)}`);
      }
      bytes.set(segment.bytes, segment.address & 0xffffff);
    }
    this.powerUp(new RP2040(), bytes);
  }

  // --- putting it together ---

  powerUp(mcu, bytes, watchdog) {
    const { options } = this;

    this.mcu = mcu;
    this.core = mcu.core;
    this.clock = mcu.clock;
    mcu.flash.set(bytes);
    this.flash = mcu.flash.subarray(0, FLASH_LEN);
    this.nor = new Flash(this, this.flash, options.cut);
    this.nor.imageEnd = Math.max(0, ...this.program.segments.map(
      ({ address, bytes: b }) => (address & 0xffffff) + b.length));
    this.setUpLog();
    this.setUpRegisters();
    this.setUpWatchdog(watchdog);
    this.setUpCore();
    this.setUpPins();
    this.rom = new BootRom(this, options.boot ?? 'boot2');
    guardBus(this);
  }

  // Nothing that the emulator warns of is harmless.
  setUpLog() {
    const ignore = () => {};
    const fault = (who, text) => {
      this.fault(`${who}: ${text}`);
      if (who === 'CortexM0Core' || who === 'RP2040') {
        this.halt('hard fault');
      }
    };
    this.mcu.logger = { debug: ignore, info: ignore, warn: fault, error: fault };
  }

  setUpRegisters() {
    const { mcu, options } = this;
    const parts = mcu.peripherals;

    this.resets = new Resets(mcu, () => this.usb.reset());
    this.ssi = new Ssi(this);
    this.ioQspi = new IoQspi(mcu, (isFloating) => {
      this.nor.selectable(!isFloating);
      this.ssi.select();
    });
    this.rosc = new Rosc(mcu, this.rng, options.entropy ?? 'good');
    addRegister(parts[0x40044], IC_SDA_HOLD, 1);
    this.usb = new UsbController(this);
    mcu.usbCtrl = this.usb;
    parts[0x14000] = new Registers(mcu, 'XIP_CTRL', { 0: 3, 4: 0, 8: 2 });
    parts[0x18000] = this.ssi;
    // CHIP_ID, PLATFORM, GITREF
    parts[0x40000] = new Registers(mcu, 'SYSINFO',
      { 0: 0x00002927 + this.revision * 2 ** 28, 4: 2, 0x40: 0xe0c912e8 });
    parts[0x4000c] = this.resets;
    parts[0x40018] = this.ioQspi;
    parts[0x40060] = this.rosc;
    // VREG, BOD and CHIP_RESET, which tells that the power came on
    parts[0x40064] = new Registers(mcu, 'VREG_AND_CHIP_RESET',
      { 0: 0xb1, 4: 0x91, 8: 0x100 });
    parts[0x50110] = this.usb;
    fixTimer(mcu);
    this.panel = options.display ?? true ? new Panel(this) : null;
  }

  setUpWatchdog(before) {
    const watchdog = this.mcu.peripherals[0x40058];

    watchdog.tickEnable = false;
    watchdog.reason = before?.reason ?? 0;
    watchdog.scratchData.set(before?.scratchData ?? []);
    watchdog.onWatchdogTrigger = () => {
      watchdog.timer.enable = false; // or it fires again, for ever
      this.isRestarting = true;
    };
  }

  // WFI as ARMv6-M has it: an interrupt that is pending before it, or while
  // PRIMASK is set, ends it without entering the handler.
  setUpCore() {
    const { core } = this;

    core.setInterrupt = (irq, isSet) => {
      const bit = 1 << irq;
      if (!isSet) {
        core.pendingInterrupts &= ~bit;
        return;
      }
      if (!(core.pendingInterrupts & bit)) {
        core.pendingInterrupts |= bit;
        core.interruptsUpdated = true;
      }
      if (core.enabledInterrupts & bit) {
        core.waiting = false;
      }
    };
    this.mcu.onBreak = (code) => this.breakpoint(code);
  }

  setUpPins() {
    const { gpio } = this.mcu;

    gpio[LED_PIN].addListener(() => {
      this.onLedChange(this.led);
      this.poke();
    });
    for (const pin of PULLED_UP_PINS) {
      gpio[pin].setInputValue(true);
    }
  }

  // The watchdog bit: RAM, flash and its own scratch registers keep their
  // content, and the time goes on.
  restart() {
    const { clock, flash, mcu } = this;
    const { wire } = this.usb;
    const watchdog = mcu.peripherals[0x40058];

    this.isRestarting = false;
    this.restarts.push(watchdog.reason === 1 ? 'timer' : 'trigger');
    clock.nextAlarm = null; // those of the chip before, and of its bus
    const next = new RP2040(clock);
    next.sram.set(mcu.sram);
    this.powerUp(next, flash, watchdog);
    wire?.attach();
  }

  // --- running ---

  get nanos() {
    return this.clock.nanos;
  }

  fault(text) {
    const line = `${text} (pc ${hex(this.core.PC)})`;
    if (this.faults.length < FAULTS_MAX && !this.faults.includes(line)) {
      this.faults.push(line);
    }
  }

  halt(reason) {
    this.stopped ??= reason;
  }

  // Makes run() return soon: something happened that a test may wait for.
  poke() {
    this.isPoked = true;
  }

  breakpoint(code) {
    if (this.core.PC < ROM_END) {
      this.rom.trap(code);
    } else if (!this.onBreak(code)) {
      this.fault(`breakpoint ${code}`);
      this.halt('breakpoint');
    }
  }

  // Executes at most `instructions`, up to the time `limit`.  Returns 'busy',
  // 'sleep' (nothing before the limit), 'idle' (nothing ever) or 'stopped'.
  run(instructions, limit = Infinity) {
    const { clock } = this;
    this.isPoked = false;

    for (let left = instructions; left > 0; left--) {
      const { core } = this;
      if (this.stopped !== null) {
        return 'stopped';
      }
      if (core.waiting) {
        const state = this.sleep(limit);
        if (state !== 'busy') {
          return state;
        }
      } else {
        const cycles = core.executeInstruction();
        this.cycles += cycles;
        clock.tick(cycles * CYCLE_NS);
      }
      if (this.isRestarting) {
        this.restart();
      }
      if (this.isPoked) {
        return 'busy';
      }
    }
    return this.stopped !== null ? 'stopped' : 'busy';
  }

  sleep(limit) {
    const { clock, core } = this;

    if ((core.pendingInterrupts & core.enabledInterrupts) ||
        core.pendingSystick || core.pendingPendSV) {
      core.waiting = false;
      return 'busy';
    }
    const next = clock.nextAlarm?.nanos;
    if (next === undefined || next > limit) {
      if (limit !== Infinity && limit > clock.nanos) {
        clock.tick(limit - clock.nanos);
      }
      return next === undefined ? 'idle' : 'sleep';
    }
    clock.tick(next - clock.nanos);
    return 'busy';
  }

  // Runs until the condition holds; it is looked at whenever a transfer ends,
  // the LED or the display changes, and every few thousand instructions.
  // Throws after `ms` of emulated time, or if the chip stops.
  runUntil(condition, { ms = 1000, what = String(condition) } = {}) {
    const end = this.nanos + ms * MS;
    const alarm = this.clock.createAlarm(() => this.poke());

    alarm.schedule(ms * MS);
    while (!condition()) {
      if (this.nanos >= end) {
        throw this.failure(`not within ${ms} ms: ${what}`);
      }
      const state = this.run(SLICE);
      if (state === 'stopped' && !condition()) {
        throw this.failure(`stopped (${this.stopped}) before: ${what}`);
      }
      if (state === 'idle') {
        this.clock.tick(end - this.nanos);
      }
    }
    alarm.cancel();
    this.pacer.rebase();
  }

  runFor(ms) {
    const end = this.nanos + ms * MS;
    this.runUntil(() => this.nanos >= end, { ms: ms + 1 });
  }

  failure(text) {
    return new Error([text, `pc ${hex(this.core.PC)} lr ${hex(this.core.LR)}`,
      ...this.faults].join('\n  '));
  }

  // Calls a function of the program, by name or address; returns r0.  The
  // chip does nothing else meanwhile, and is stopped for ever if it faults.
  call(target, args = [], maxInstructions = 1e9) {
    const { core } = this;
    const address = typeof target === 'string'
      ? this.symbol(target).addr : target;

    args.forEach((value, i) => { core.registers[i] = value; });
    core.LR = RETURN_ADDRESS | 1;
    core.PC = address & ~1;
    core.waiting = false;
    for (let left = maxInstructions; this.stopped === null; left -= SLICE) {
      if (left <= 0) {
        throw this.failure(`${target} does not return`);
      }
      this.run(SLICE);
    }
    if (this.stopped !== 'returned') {
      throw this.failure(`${target}: ${this.stopped}`);
    }
    this.stopped = null;
    return core.registers[0];
  }

  // In the background of node's event loop, for front ends.
  start() {
    this.pacer.start();
  }

  stop() {
    this.pacer.stop();
  }

  // --- what a person does and sees ---

  button(isPressed) {
    const { buttonPin } = this.options;
    this.pacer.sync();
    if (buttonPin === undefined) {
      this.ioQspi.press(isPressed);
    } else {
      this.mcu.gpio[buttonPin].setInputValue(!isPressed);
    }
  }

  get led() {
    const pin = this.mcu.gpio[LED_PIN];
    return pin.outputEnable && pin.outputValue;
  }

  onLed(callback) {
    this.onLedChange = callback;
  }

  // --- for tests ---

  symbol(name) {
    return this.program.symbols.get(name);
  }

  // Another chip, powered up with this one's flash as it is now.  changes:
  // options that differ, such as the next cut.
  powerCycle(changes = {}) {
    this.stop();
    this.halt('powered off');
    const flash = this.flash.slice();
    const { cut, ...options } = this.options;
    return new Chip({
      ...options, elf: this.program, seed: this.rng.word(), ...changes, flash,
    });
  }
}
