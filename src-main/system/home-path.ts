import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Resolves a path that a person typed: absolute, relative to `base`, or from '~'. Empty means `base`. */
export function absolutePath(path: string, base: string): string {
  return resolve(
    base,
    path.replace(/^~(?=$|[/\\])/, () => homedir()),
  );
}
