// SPDX-License-Identifier: BSD-2-Clause
// What a host learns from a configuration descriptor (USB 2.0, 9.6).
const INTERFACE = 4;
const ENDPOINT = 5;
const HID = 0x21;
const CLASS_HID = 3;
const TYPE_INTERRUPT = 3;

// Splits it into its descriptors; throws if the lengths do not fit.
export function* split(config) {
  for (let at = 0; at < config.length; at += config[at]) {
    if (config[at] < 2 || at + config[at] > config.length) {
      throw new Error(`descriptor at ${at} does not fit`);
    }
    yield config.subarray(at, at + config[at]);
  }
}

// pipes: endpoint address -> { interval } in frames, undefined unless it is an
// interrupt endpoint; Linux polls every 2^n frames, not less often than asked.
// hidReports: [{ number, length }] of each HID interface's report descriptor.
export function openPipes(config) {
  const pipes = new Map();
  const hidReports = [];
  let current;

  for (const d of split(config)) {
    if (d[1] === INTERFACE) {
      current = d;
    } else if (d[1] === ENDPOINT) {
      const isPeriodic = (d[3] & 3) === TYPE_INTERRUPT;
      pipes.set(d[2], {
        interval: isPeriodic ? 2 ** Math.floor(Math.log2(d[6])) : undefined,
      });
    } else if (d[1] === HID && current[5] === CLASS_HID) {
      hidReports.push({ number: current[2], length: d.readUInt16LE(7) });
    }
  }
  return { pipes, hidReports };
}
