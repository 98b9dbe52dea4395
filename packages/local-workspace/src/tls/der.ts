/**
 * The little of DER that a certificate needs: a tag, a length and a content, nested.
 *
 * @see https://www.itu.int/rec/T-REC-X.690
 */
const lengthBytes = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.of(0x80 + bytes.length, ...bytes);
};

const element =
  (tag: number) =>
  (...contents: readonly Uint8Array[]): Buffer => {
    const content = Buffer.concat(contents);
    return Buffer.concat([Buffer.of(tag), lengthBytes(content.length), content]);
  };

export const sequence = element(0x30);
export const set = element(0x31);
export const octetString = element(0x04);
const integerElement = element(0x02);
const bitStringElement = element(0x03);
const booleanElement = element(0x01);
const oidElement = element(0x06);
const utf8Element = element(0x0c);
const utcTimeElement = element(0x17);
const generalizedTimeElement = element(0x18);

/** A tag whose meaning its place in a structure gives: `[number]`, around other elements or in place of a plain tag. */
export const contextual = (number: number, form: "around" | "instead", content: Uint8Array): Buffer =>
  element((form === "around" ? 0xa0 : 0x80) + number)(content);

/** A number of at least zero, most significant byte first. */
export const integer = (bytes: Uint8Array): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.of(0) : Buffer.from(bytes.subarray(first));
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return integerElement(isNegative ? Buffer.concat([Buffer.of(0), digits]) : digits);
};

export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => bitStringElement(Buffer.of(unusedBits), bytes);

export const boolean = (value: boolean): Buffer => booleanElement(Buffer.of(value ? 0xff : 0));

export const utf8String = (text: string): Buffer => utf8Element(Buffer.from(text, "utf8"));

const base128 = (value: number): number[] => {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(128 + (rest % 128));
  return bytes;
};

/** An object identifier from its dotted form, such as `2.5.4.3`. */
export const objectIdentifier = (dotted: string): Buffer => {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return oidElement(Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
};

const firstYearOfGeneralizedTime = 2050;

/** A moment in whole seconds, in the form that certificates need for its year. */
export const time = (moment: Date): Buffer => {
  const digits = `${moment.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14)}Z`;
  return moment.getUTCFullYear() >= firstYearOfGeneralizedTime
    ? generalizedTimeElement(Buffer.from(digits, "latin1"))
    : utcTimeElement(Buffer.from(digits.slice(2), "latin1"));
};
