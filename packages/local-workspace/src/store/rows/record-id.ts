import { randomFillSync } from "node:crypto";

const random = Buffer.alloc(8 * 512);
let used = random.length;
let lastMillis = 0;
let sequence = 0;

/**
 * A UUID of version 7: unique, and ordered by the time it was made, also within a millisecond.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
 */
export const timeOrderedId = (): string => {
  if (used >= random.length) {
    randomFillSync(random);
    used = 0;
  }
  const millis = Math.max(Date.now(), lastMillis);
  sequence = millis === lastMillis ? sequence + 1 : 0;
  // The twelve bits beside the time count within a millisecond; when they are used up, the time is moved on.
  if (sequence > 0xfff) {
    lastMillis = millis + 1;
    sequence = 0;
  } else {
    lastMillis = millis;
  }
  const time = lastMillis.toString(16).padStart(12, "0");
  const tail = random.toString("hex", used, used + 8);
  used += 8;
  const variant = ((parseInt(tail.slice(0, 1), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, "0")}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
};
