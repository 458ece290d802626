import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { hashesIn } from '../../../../src-shared/document/schema/named-files.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { PROJECT_FILE } from '../../../../src-shared/project/project-document.ts';
import type { ProjectDocument } from '../../../../src-shared/project/project-document.ts';
import { makePrivateFolder } from '../../../system/private-files.ts';
import { atomicWrite, writeError } from '../../../system/atomic-write.ts';
import { errorCode } from '../../../system/error-code.ts';
import { artifactsFolder } from '../../../runs/artifacts.ts';
import { copyArtifacts } from '../../../runs/named-artifacts.ts';

export interface ProjectDocuments {
  readonly project: ProjectDocument;
  /** By file name. */
  readonly models: readonly (readonly [fileName: string, ModelDocument])[];
  readonly dataset: DatasetDocument;
}

/**
 * Writes a project's documents as another project, with the weights that they name and without its runs. Nothing is
 * replaced.
 *
 * @param from Folder of the project, which the data's path is relative to.
 * @param to Empty, or not there yet.
 * @returns The new project's folder.
 * @throws AppError 'files/not-empty', 'files/…'.
 */
export async function saveCopy(
  from: string,
  to: string,
  { project, models, dataset }: ProjectDocuments,
  signal?: AbortSignal,
): Promise<string> {
  const folder = resolve(from, to);
  await makeEmptyFolder(folder);
  try {
    await copyArtifacts(from, folder, hashesIn(JSON.stringify(models)), signal);
  } catch (error) {
    // The same folder can be chosen again.
    await rm(artifactsFolder(folder), { recursive: true, force: true });
    throw error;
  }
  const write = (name: string, document: unknown) =>
    atomicWrite(join(folder, name), `${JSON.stringify(document, null, 2)}\n`);
  for (const [name, model] of models) await write(name, model);
  await write(project.datasetFile, withAbsolutePath(dataset, from));
  await write(PROJECT_FILE, project);
  return folder;
}

async function makeEmptyFolder(folder: string): Promise<void> {
  try {
    await makePrivateFolder(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw writeError(error, join(folder, PROJECT_FILE));
  }
  const names = await readdir(folder).catch(() => ['a file']);
  if (names.length === 0) return;
  throw new AppError(
    'files/not-empty',
    `Cannot write a copy to '${folder}': expected a new or an empty folder, found '${names[0]}'. Choose another name.`,
    { folder },
  );
}

/** Data files stay where they are. */
function withAbsolutePath(dataset: DatasetDocument, from: string): DatasetDocument {
  const { source } = dataset;
  if (source.kind === 'generated' || source.path === '') return dataset;
  return { ...dataset, source: { ...source, path: resolve(from, source.path) } };
}
