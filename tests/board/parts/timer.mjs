// SPDX-License-Identifier: BSD-2-Clause
// The timer's alarms, exactly: the emulator's fire up to 1 us early, which
// hides or makes bugs in programs that sleep until a time.  As on silicon
// (RP2040 datasheet 4.6.3) an alarm fires when the low 32 bits of the count
// become equal to it, so one set to the present moment is 71 minutes late.
const ALARM0 = 0x10;
const ALARM3 = 0x1c;

export function fixTimer(mcu) {
  const timer = mcu.peripherals[0x40054];
  const write = timer.writeUint32.bind(timer);

  timer.writeUint32 = (offset, value) => {
    write(offset, value);
    if (offset < ALARM0 || offset > ALARM3) {
      return;
    }
    const now = Math.floor(mcu.clock.nanos / 1000);
    const wait = ((value - now) >>> 0) || 2 ** 32;
    timer.alarms[(offset - ALARM0) >> 2].clockAlarm.schedule(
      (now + wait) * 1000 - mcu.clock.nanos);
  };
}
