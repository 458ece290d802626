import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** An absolute path from one as people type it: absolute, relative to `base`, or from '~'; empty means `base`. */
export function absolutePath(path: string, base: string): string {
  return resolve(
    base,
    path.replace(/^~(?=$|[/\\])/, () => homedir()),
  );
}
