import { constants } from 'node:fs';
import { access, cp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { PROJECT_FILE } from '../../../src-shared/project/project-document.ts';
import { packageRoot } from '../../programs.ts';
import { copyArtifacts, hashesInDocuments } from '../../runs/named-artifacts.ts';
import { makePrivate, makePrivateFolder } from '../../system/private-files.ts';
import { sweepLeftovers, temporaryName } from '../../system/temporary-name.ts';
import { writeError } from '../../system/atomic-write.ts';

const FIRST = 'spirals';

/**
 * The project to open where none is named: the current folder where it is one, else the
 * bundled example.
 */
export async function defaultProjectFolder(): Promise<string> {
  if (await may(join(process.cwd(), PROJECT_FILE), constants.R_OK)) return process.cwd();
  return exampleCopy(join(examplesFolder(), FIRST));
}

/** Folders of the examples that came with Lamina. */
export async function exampleFolders(): Promise<string[]> {
  const names = await readdir(examplesFolder()).catch((): string[] => []);
  return names.sort().map((name) => join(examplesFolder(), name));
}

/**
 * A bundled example in the user's home, copied there once so that runs are not written into Lamina itself.
 * @throws AppError 'project/unknown-example', 'files/…'.
 */
export async function exampleCopy(example: string): Promise<string> {
  if (!(await exampleFolders()).includes(example)) {
    throw new AppError(
      'project/unknown-example',
      `'${example}' is not an example of this version of Lamina. Choose another project.`,
    );
  }
  const copy = join(homedir(), 'Lamina', basename(example));
  if (await may(copy, constants.R_OK)) return copy;
  const prefix = `${basename(copy)}.part-`;
  const part = join(dirname(copy), temporaryName(prefix));
  try {
    await makePrivateFolder(dirname(copy));
    await sweepLeftovers(dirname(copy), prefix);
    await cp(example, part, { recursive: true, filter: (path) => !isResult(basename(path)) });
    await copyArtifacts(example, part, hashesInDocuments(part) ?? []);
    await makePrivate(part);
    await rename(part, copy);
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => {});
    throw writeError(error, join(copy, PROJECT_FILE));
  }
  return copy;
}

function examplesFolder(): string {
  return join(packageRoot(), 'examples');
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
