import type { Allowance } from "@tracelake/uc-exporter/plugin";
import type { StreamFold, StreamFoldOptions } from "./fold-stream.ts";
import { isRecord, type JsonRecord } from "./json-record.ts";

class TranscriptFold implements StreamFold {
  readonly #allowance: Allowance;
  readonly #segments: JsonRecord[] = [];
  #text = "";
  #last: JsonRecord | undefined;
  hasOutput = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  get isWhole(): boolean {
    return this.#last !== undefined;
  }

  add(event: unknown): void {
    if (!isRecord(event)) return;
    const { type, delta, ...rest } = event;
    if (typeof delta === "string") this.#text = this.#allowance.append(this.#text, delta);
    if (type === "transcript.text.segment" && this.#allowance.takeItem()) this.#segments.push(rest);
    if (type === "transcript.text.done") this.#last = rest;
    this.hasOutput = true;
  }

  result(): JsonRecord {
    const segments = this.#segments.length === 0 ? {} : { segments: this.#segments };
    return { text: this.#text, ...segments, ...this.#last };
  }
}

/** Events of a transcription: its text, and what the last one says of it. */
export const foldTranscriptEvents = (options: StreamFoldOptions): StreamFold => new TranscriptFold(options);

class ImageFold implements StreamFold {
  readonly #allowance: Allowance;
  readonly #pictures: unknown[] = [];
  #partialCount = 0;
  #rest: JsonRecord = {};
  readonly isWhole = false;
  hasOutput = false;

  constructor({ allowance }: StreamFoldOptions) {
    this.#allowance = allowance;
  }

  // Previews are counted only: each is as large as the picture that comes after them.
  add(event: unknown): void {
    if (!isRecord(event)) return;
    const { type, b64_json: picture, created_at: created, ...rest } = event;
    this.hasOutput = true;
    if (typeof type !== "string" || !type.endsWith(".completed")) {
      this.#partialCount++;
      return;
    }
    this.#rest = { created, ...rest };
    const isHeld = typeof picture === "string" && this.#allowance.take(picture.length);
    this.#pictures.push({ b64_json: isHeld ? picture : null });
  }

  result(): JsonRecord {
    const partial = this.#pictures.length === 0 ? { partial_images: this.#partialCount } : {};
    return { ...this.#rest, data: this.#pictures, ...partial };
  }
}

/** Events of a picture in the making: only the finished one is kept. */
export const foldImageEvents = (options: StreamFoldOptions): StreamFold => new ImageFold(options);
