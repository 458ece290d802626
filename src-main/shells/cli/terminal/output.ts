/** What a command prints: results on stdout, progress and everything else for people on stderr. */
export interface Output {
  /** One line of the result. */
  line(text: string): void;
  /** One JSON object per line. Numbers that are not finite become null. */
  json(value: unknown): void;
  /** A line for the person who watches. */
  note(text: string): void;
  /** A line that the next one replaces; does nothing where stderr is not a terminal. */
  progress(text: string): void;
  readonly isTerminal: boolean;
}

const CLEAR_LINE = '\r\u001b[K';

export function createOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  let showing = false;
  const clear = (): void => {
    if (showing) stderr.write(CLEAR_LINE);
    showing = false;
  };
  return {
    isTerminal: stderr.isTTY,
    line(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    json(value) {
      clear();
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!stderr.isTTY) return;
      stderr.write(CLEAR_LINE + text.slice(0, Math.max(20, stderr.columns - 1)));
      showing = true;
    },
  };
}
