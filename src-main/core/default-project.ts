import { constants } from 'node:fs';
import { access, cp, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { PROJECT_FILE } from '../../src-shared/document/project-document.ts';
import { packageRoot } from '../programs.ts';

const EXAMPLE = 'spirals';

/**
 * The project to open where none is named: the current folder where it is one, else the
 * bundled example, copied into the user's home so that runs are not written into Lamina itself.
 */
export async function defaultProjectFolder(): Promise<string> {
  if (await may(join(process.cwd(), PROJECT_FILE), constants.R_OK)) return process.cwd();
  const example = join(packageRoot(), 'examples', EXAMPLE);
  const copy = join(homedir(), 'Lamina', EXAMPLE);
  if (await may(copy, constants.R_OK)) return copy;
  const part = `${copy}.part-${process.pid}`;
  await cp(example, part, { recursive: true, filter: (path) => !isResult(basename(path)) });
  await rename(part, copy);
  return copy;
}

/** Runs made in the bundled folder itself are not part of the example. */
function isResult(name: string): boolean {
  return name.startsWith('runs.sqlite') || name === 'artifacts';
}

async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
