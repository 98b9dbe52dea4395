import type { Terminal } from "../terminal.ts";
import { cutToWidth } from "./text-width.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const firstFrameMillis = 700;
const frameMillis = 100;
const clearLine = "\r\u001b[2K";

/**
 * Runs `work`, and says on stderr what is going on while it takes longer than a moment. Only a terminal sees it, and
 * nothing of it stays.
 */
export const withProgress = async <T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> => {
  const { stderr } = terminal;
  if (stderr.isTTY !== true) return await work();
  const startMillis = Date.now();
  let frame = 0;
  let isShown = false;
  const show = (): void => {
    const elapsedMillis = Date.now() - startMillis;
    if (elapsedMillis < firstFrameMillis) return;
    isShown = true;
    const spinner = frames[frame++ % frames.length] ?? "";
    stderr.write(`${clearLine}${terminal.errorStyle.cyan(spinner)} ${what} ${(elapsedMillis / 1000).toFixed(1)} s`);
  };
  const timer = setInterval(show, frameMillis);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (isShown) stderr.write(clearLine);
  }
};

/** A line on stderr that says how far something is. */
export interface ProgressLine {
  readonly show: (text: string) => void;
  /** Writes notes that stay, above it. */
  readonly above: (write: () => void) => void;
}

const noteMillis = 60_000;

// Whoever reads a file of notes sees once a minute how far it is, where that has changed.
const noted = (terminal: Terminal): ProgressLine => {
  let shown = "";
  let shownMillis = performance.now();
  return {
    show: (text) => {
      const nowMillis = performance.now();
      if (text === shown || nowMillis - shownMillis < noteMillis) return;
      shown = text;
      shownMillis = nowMillis;
      terminal.note(text);
    },
    above: (write) => write(),
  };
};

/**
 * Runs `work`, which shows on stderr how far it is: a terminal sees it all the time, and nothing of it stays; elsewhere it is
 * noted once a minute.
 */
export const withLine = async <T>(
  terminal: Terminal,
  what: string,
  work: (line: ProgressLine) => Promise<T>,
): Promise<T> => {
  const { stderr } = terminal;
  if (stderr.isTTY !== true) return await work(noted(terminal));
  let frame = 0;
  let line = "";
  const draw = (): void => {
    const spinner = frames[frame++ % frames.length] ?? "";
    const text = `${what}${line === "" ? "" : `: ${line}`}`;
    stderr.write(`${clearLine}${terminal.errorStyle.cyan(spinner)} ${cutToWidth(text, (stderr.columns ?? 80) - 3)}`);
  };
  const timer = setInterval(draw, frameMillis);
  draw();
  try {
    return await work({
      show: (shown) => {
        line = shown;
      },
      above: (write) => {
        stderr.write(clearLine);
        write();
        draw();
      },
    });
  } finally {
    clearInterval(timer);
    stderr.write(clearLine);
  }
};
