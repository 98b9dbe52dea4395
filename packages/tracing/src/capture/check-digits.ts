const issuers: readonly [prefix: RegExp, lengths: readonly number[]][] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|2[2-7])/, [16]],
  [/^3[47]/, [15]],
  [/^3[0689]/, [14]],
  [/^35/, [16]],
  [/^(?:6011|64[4-9]|65|62)/, [16, 17, 18, 19]],
];

/** Whether digits are the number of a payment card: an issuer's prefix and length, and a right check digit (Luhn). */
export const isCardNumber = (text: string): boolean => {
  const digits = text.replaceAll(/\D/g, "");
  if (!issuers.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length))) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits.at(-1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

/** Whether text is an IBAN with right check digits (ISO 7064, modulo 97). */
export const isIban = (text: string): boolean => {
  const compact = text.replaceAll(" ", "");
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
};
