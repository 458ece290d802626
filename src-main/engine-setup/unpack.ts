import { AppError } from '../../src-shared/errors/app-error.ts';
import { lastLines, runCommand } from './commands.ts';
import type { Python } from './python.ts';

/** Selects entries of a wheel and their target paths. */
export interface UnpackRule {
  /** Regular expression for the entry's name; `to` may refer to its groups, such as \1. */
  readonly entry: string;
  readonly to: string;
}

/** Streams each entry to a file and checks its CRC; prints the unpacked and the total number of bytes. */
const script = `
import json, os, re, shutil, sys, zipfile
wheel, target, rules = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with zipfile.ZipFile(wheel) as archive:
    wanted = []
    for info in archive.infolist():
        for rule in rules:
            match = re.fullmatch(rule["entry"], info.filename)
            if match and not info.is_dir():
                wanted.append((info, match.expand(rule["to"])))
                break
    total, done = sum(info.file_size for info, _ in wanted), 0
    for info, name in wanted:
        path = os.path.join(target, name)
        if not os.path.abspath(path).startswith(os.path.abspath(target) + os.sep):
            sys.exit("entry outside the folder: " + info.filename)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(info) as source, open(path, "wb") as file:
            while chunk := source.read(8 << 20):
                file.write(chunk)
                done += len(chunk)
                print(done, total, flush=True)
        if (info.external_attr >> 16) & 0o100:
            os.chmod(path, 0o755)
    if not wanted:
        sys.exit("no entry of the wheel is wanted")
`;

/**
 * Unpacks the entries of a wheel that match a rule.
 * @throws AppError 'engine/unpack-failed' or 'engine/disk-full'.
 */
export async function unpackWheel(
  python: Python,
  wheel: string,
  target: string,
  rules: readonly UnpackRule[],
  onFraction: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { status, output } = await runCommand(python.program, ['-c', script, wheel, target, JSON.stringify(rules)], {
    signal,
    onLine: (line) => {
      const [done, total] = line.split(' ').map(Number);
      if (done && total) onFraction(done / total);
    },
  });
  if (status === 0) return;
  if (output.includes('No space left')) {
    throw new AppError(
      'engine/disk-full',
      `The disk of '${target}' is full. Free some space and install the engine again.`,
      { target },
    );
  }
  throw new AppError(
    'engine/unpack-failed',
    `'${wheel}' could not be unpacked. Delete it and install the engine again.`,
    { wheel, output: lastLines(output) },
  );
}
