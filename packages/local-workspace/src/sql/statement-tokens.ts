import type { Token } from "./lexer.ts";
import { syntaxError } from "./refusal.ts";

/** Reads the tokens of a command from left to right. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get rest(): readonly Token[] {
    return this.#tokens.slice(this.#at);
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Takes the given words, all or none. */
  take(...words: readonly string[]): boolean {
    const found = words.every((word, offset) => this.#tokens[this.#at + offset]?.upper === word);
    if (found) this.#at += words.length;
    return found;
  }

  /** Takes the first of the words that is next. */
  takeOne(...words: readonly string[]): string | undefined {
    return words.find((word) => this.take(word));
  }

  takeString(): string | undefined {
    const token = this.next;
    if (token?.kind !== "string") return undefined;
    this.#at += 1;
    return token.text;
  }

  /** A name of one or more parts. */
  name(what: string): string[] {
    const parts: string[] = [];
    do {
      const token = this.next;
      if (token?.kind !== "word" && token?.kind !== "quoted") {
        throw syntaxError(`a name of a ${what} is missing`, token?.text ?? "the end of the statement");
      }
      parts.push(token.text);
      this.#at += 1;
    } while (this.take("."));
    return parts;
  }

  /** Refuses anything that is left. */
  end(): void {
    if (this.next !== undefined) throw syntaxError("the statement goes on after its end", this.next.text);
  }
}
