import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import type { ProjectDocument } from '../../../src-shared/project/project-document.ts';
import { root } from './paths.ts';

/** Folders of one test, removed after it. */
export interface Folders {
  /** The project. */
  readonly project: string;
  /** Data and exports. */
  readonly files: string;
  readonly config: string;
}

/** @param example The bundled example to copy; null: an empty folder. */
export function newFolders(example: 'spirals' | 'mnist' | 'housing' | 'pictures' | null): Folders {
  const folder = mkdtempSync(join(tmpdir(), 'lamina-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const folders = { project: join(folder, 'project'), files: join(folder, 'files'), config: join(folder, 'config') };
  for (const path of Object.values(folders)) mkdirSync(path);
  if (example !== null)
    cpSync(join(root, 'examples', example), folders.project, { recursive: true, filter: isDocument });
  return folders;
}

/** Runs made in the example folder are not copied. */
const isDocument = (path: string) => !/runs\.sqlite|artifacts|\.lamina$/.test(path);

/** The project's documents on disk. */
export function readProject(folder: string): {
  project: ProjectDocument;
  model: ModelDocument;
  dataset: DatasetDocument;
} {
  const project = readJson<ProjectDocument>(join(folder, 'lamina-project.json'));
  return {
    project,
    model: readJson<ModelDocument>(join(folder, project.modelFile)),
    dataset: readJson<DatasetDocument>(join(folder, project.datasetFile)),
  };
}

function readJson<Document>(path: string): Document {
  return JSON.parse(readFileSync(path, 'utf8')) as Document;
}
