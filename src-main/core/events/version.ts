import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../programs.ts';

/** The version in package.json. */
export function laminaVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
