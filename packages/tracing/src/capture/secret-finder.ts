/** Where something stands in a text: from `start` up to `end`. */
export interface Finding {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Finds one kind of secret in a text, in time that grows with the text's length and no faster. */
export interface SecretFinder {
  readonly kind: string;
  find(text: string): Generator<Finding>;
}

interface LiteralOptions {
  /** How far before its literal the secret begins. */
  readonly begins?: number;
  /** Looks closer at what the pattern found. */
  readonly isReal?: (found: string) => boolean;
  /** Whether the literal may stand inside a word. */
  readonly isInsideWords?: boolean;
}

const isWordAt = (text: string, at: number): boolean => at >= 0 && /[A-Za-z0-9]/.test(text.charAt(at));

/**
 * A secret that has a literal in it, most often its first characters. The text is searched for the literal alone; `pattern`,
 * which is sticky, is tried where it stands, and the search goes on behind what was found. No pattern is ever run over a
 * text, so that the usual reason why a redaction takes minutes is not there.
 */
export const byLiteral = (
  kind: string,
  literals: readonly string[],
  pattern: RegExp,
  { begins = 0, isReal = () => true, isInsideWords = false }: LiteralOptions = {},
): SecretFinder => ({
  kind,
  *find(text) {
    for (const literal of literals) {
      let at = text.indexOf(literal);
      while (at >= 0) {
        const start = at - begins;
        pattern.lastIndex = Math.max(start, 0);
        const isCandidate = start >= 0 && (isInsideWords || !isWordAt(text, start - 1));
        const found = isCandidate ? pattern.exec(text)?.[0] : undefined;
        if (found !== undefined && isReal(found)) yield { kind, start, end: start + found.length };
        // What was looked at once is not looked at again, also where it is no secret.
        at = text.indexOf(literal, found === undefined ? at + literal.length : start + found.length);
      }
    }
  },
});

/** A secret without a literal. Every repetition in `pattern` has to be bounded, and nothing may follow its last one. */
export const byShape = (
  kind: string,
  pattern: RegExp,
  options: { readonly mayHold: (text: string) => boolean; readonly isReal?: (found: string) => boolean },
): SecretFinder => ({
  kind,
  *find(text) {
    if (!options.mayHold(text)) return;
    for (const match of text.matchAll(pattern)) {
      // A named group says that only part of the match is the secret.
      const found = match.groups?.["secret"] ?? match[0];
      if (options.isReal?.(found) === false) continue;
      const end = match.index + match[0].length;
      yield { kind, start: end - found.length, end };
    }
  },
});

const tokenRun = /[A-Za-z0-9_-]*/y;

const runEnd = (text: string, from: number): number => {
  tokenRun.lastIndex = from;
  return from + (tokenRun.exec(text)?.[0].length ?? 0);
};

/** JSON web tokens, also encrypted ones: the parts of one that is none are not looked at twice. */
export const jsonWebToken: SecretFinder = {
  kind: "jwt",
  *find(text) {
    let at = text.indexOf("eyJ");
    while (at >= 0) {
      let end = runEnd(text, at);
      let parts = 1;
      while (parts < 5 && text.charAt(end) === ".") {
        end = runEnd(text, end + 1);
        parts++;
      }
      if (parts >= 3 && end - at > 30) yield { kind: "jwt", start: at, end };
      at = text.indexOf("eyJ", Math.max(end, at + 3));
    }
  },
};

const longestKey = 32 * 1024;
const keyText = /[A-Za-z0-9+/=\s\\:,()-]*/y;

/** Private keys in PEM, also those of OpenSSH and PGP. One without an end loses all that looks like the rest of it. */
export const pemPrivateKey: SecretFinder = {
  kind: "private-key",
  *find(text) {
    let at = text.indexOf("-----BEGIN ");
    while (at >= 0) {
      const head = text.slice(at, at + 64);
      const isKey = /^-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/.test(head);
      const end = isKey ? endOfKey(text, at) : at + 11;
      if (isKey) yield { kind: "private-key", start: at, end };
      at = text.indexOf("-----BEGIN ", end);
    }
  },
};

const endOfKey = (text: string, start: number): number => {
  const body = start + "-----BEGIN ".length;
  const foot = text.slice(body, body + longestKey).indexOf("-----END ");
  if (foot >= 0) {
    const footEnd = text.indexOf("-----", body + foot + "-----END ".length);
    if (footEnd >= 0 && footEnd - body - foot < 64) return footEnd + 5;
  }
  keyText.lastIndex = text.indexOf("KEY", start) + 3;
  return keyText.lastIndex + (keyText.exec(text)?.[0].length ?? 0);
};
