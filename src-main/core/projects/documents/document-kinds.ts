import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { issuesText } from '../../../../src-shared/text/issue-text.ts';
import { newerVersion } from '../../../../src-shared/text/document-version.ts';
import { datasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { parseDatasetDocument } from '../../../../src-shared/data/parse.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../../../../src-shared/document/schema/model-document.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { parseModelDocument } from '../../../../src-shared/document/reading/parse.ts';
import {
  PROJECT_FORMAT,
  PROJECT_VERSION,
  projectDocumentSchema,
} from '../../../../src-shared/project/project-document.ts';
import type { ProjectDocument } from '../../../../src-shared/project/project-document.ts';
import {
  defaultTrainingConfiguration,
  trainingConfigurationSchema,
} from '../../../../src-shared/training/configuration/configuration.ts';
import type { DocumentKind } from './read-document.ts';

export const modelKind: DocumentKind<ModelDocument> = { title: 'model', parse: parseModelDocument };

export const datasetKind: DocumentKind<DatasetDocument> = {
  title: 'dataset',
  parse: parseDatasetDocument,
};

export const projectKind: DocumentKind<ProjectDocument> = { title: 'project', parse: parseProject };

/** Of a newer version's document what this one understands is used. */
function parseProject(value: unknown, fileName: string): { document: ProjectDocument; warnings: AppError[] } {
  const json = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const { format, version } = json;
  if (format !== PROJECT_FORMAT || typeof version !== 'number' || version <= PROJECT_VERSION) {
    return readProject(json, fileName);
  }
  const newer = newerVersion(fileName, version, PROJECT_VERSION);
  try {
    const { document, warnings } = readProject({ ...json, version: PROJECT_VERSION }, fileName);
    return { document, warnings: [newer, ...warnings] };
  } catch {
    throw newer;
  }
}

/** A configuration that cannot be used becomes the default one; without the names of its files it is not a project. */
function readProject(
  json: Record<string, unknown>,
  fileName: string,
): { document: ProjectDocument; warnings: AppError[] } {
  const whole = projectDocumentSchema.safeParse(json);
  if (whole.success) return { document: whole.data, warnings: [] };

  const problem = new AppError(
    'project/damaged-document',
    `${fileName} is damaged: ${issuesText(whole.error, json)}. Correct these fields, or restore it from a copy.`,
  );
  const configuration = trainingConfigurationSchema.safeParse(json['configuration']);
  const mended = projectDocumentSchema.safeParse({
    ...json,
    name: typeof json['name'] === 'string' && json['name'] !== '' ? json['name'] : 'project',
    configuration: configuration.data ?? defaultTrainingConfiguration,
  });
  if (!mended.success) throw problem;
  return { document: mended.data, warnings: [problem] };
}

/** An input above an output, with room for a layer between. */
export function emptyModel(name: string): ModelDocument {
  return {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name,
    nodes: [
      { id: 'input', kind: 'Input', name: 'input', params: {}, position: { x: 0, y: 0 }, frozen: false },
      { id: 'output', kind: 'Output', name: 'output', params: {}, position: { x: 0, y: 224 }, frozen: false },
    ],
    edges: [],
    blocks: [],
  };
}

/** No file chosen yet. */
export function emptyDataset(name: string): DatasetDocument {
  return datasetDocument({
    name,
    source: { kind: 'csv', path: '' },
    columns: [],
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: true },
  });
}
