/** How many answers can be asked for again, and how many characters they have together. */
export interface KeptLimits {
  readonly answers: number;
  readonly characters: number;
}

/** The latest answers to statements by their ids, as they are sent. The newest is kept, however large it is. */
export class KeptAnswers {
  readonly #limits: KeptLimits;
  readonly #texts = new Map<string, string>();
  #characters = 0;

  constructor(limits: KeptLimits) {
    this.#limits = limits;
  }

  get(id: string): string | undefined {
    return this.#texts.get(id);
  }

  keep(id: string, text: string): void {
    this.forget(id);
    this.#texts.set(id, text);
    this.#characters += text.length;
    for (const oldest of this.#texts.keys()) {
      if (oldest === id || !this.#isOverfull) return;
      this.forget(oldest);
    }
  }

  get #isOverfull(): boolean {
    return this.#texts.size > this.#limits.answers || this.#characters > this.#limits.characters;
  }

  forget(id: string): void {
    this.#characters -= this.#texts.get(id)?.length ?? 0;
    this.#texts.delete(id);
  }
}
