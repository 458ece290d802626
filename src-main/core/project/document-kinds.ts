import {
  DATASET_FORMAT,
  DATASET_VERSION,
  datasetDocumentSchema,
} from '../../../src-shared/dataset/dataset-document.ts';
import type { DatasetDocument } from '../../../src-shared/dataset/dataset-document.ts';
import {
  MODEL_FORMAT,
  MODEL_VERSION,
  modelDocumentSchema,
  modelEdgeSchema,
  modelNodeSchema,
} from '../../../src-shared/document/model-document.ts';
import type { ModelDocument } from '../../../src-shared/document/model-document.ts';
import {
  PROJECT_FORMAT,
  PROJECT_VERSION,
  projectDocumentSchema,
} from '../../../src-shared/document/project-document.ts';
import type { ProjectDocument } from '../../../src-shared/document/project-document.ts';
import {
  defaultTrainingConfiguration,
  trainingConfigurationSchema,
} from '../../../src-shared/training/configuration.ts';
import type { DocumentKind } from './read-document.ts';

export const modelKind: DocumentKind<ModelDocument> = {
  title: 'model',
  format: MODEL_FORMAT,
  version: MODEL_VERSION,
  schema: modelDocumentSchema,
  /** Whole nodes, and the edges between them. */
  salvage(json) {
    const nodes = kept(json['nodes'], (value) => modelNodeSchema.safeParse(value).data);
    const ids = new Set(nodes.map((node) => node.id));
    const edges = kept(json['edges'], (value) => modelEdgeSchema.safeParse(value).data).filter(
      (edge) => ids.has(edge.source) && ids.has(edge.target),
    );
    return nodes.length === 0
      ? null
      : { format: MODEL_FORMAT, version: MODEL_VERSION, name: textOr(json['name'], 'model'), nodes, edges };
  },
};

export const datasetKind: DocumentKind<DatasetDocument> = {
  title: 'dataset',
  format: DATASET_FORMAT,
  version: DATASET_VERSION,
  schema: datasetDocumentSchema,
};

export const projectKind: DocumentKind<ProjectDocument> = {
  title: 'project',
  format: PROJECT_FORMAT,
  version: PROJECT_VERSION,
  schema: projectDocumentSchema,
  /** Its parts one by one; a part that cannot be used becomes the default. */
  salvage(json) {
    const shape = projectDocumentSchema.shape;
    const modelFile = shape.modelFile.safeParse(json['modelFile']).data;
    const datasetFile = shape.datasetFile.safeParse(json['datasetFile']).data;
    if (modelFile === undefined || datasetFile === undefined) return null;
    const configuration = json['configuration'];
    return {
      format: PROJECT_FORMAT,
      version: PROJECT_VERSION,
      name: textOr(json['name'], 'project'),
      modelFile,
      datasetFile,
      configuration: trainingConfigurationSchema.safeParse(configuration).data ?? defaultTrainingConfiguration,
    };
  },
};

function kept<Part>(values: unknown, parse: (value: unknown) => Part | undefined): Part[] {
  if (!Array.isArray(values)) return [];
  return values.map(parse).filter((part) => part !== undefined);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** An input straight to an output: something to drop layers between. */
export function emptyModel(name: string): ModelDocument {
  return {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name,
    nodes: [
      { id: 'input', kind: 'Input', name: 'input', params: {}, position: { x: 80, y: 160 }, frozen: false },
      { id: 'output', kind: 'Output', name: 'output', params: {}, position: { x: 640, y: 160 }, frozen: false },
    ],
    edges: [],
  };
}

/** No file chosen yet. */
export function emptyDataset(name: string): DatasetDocument {
  return {
    format: DATASET_FORMAT,
    version: DATASET_VERSION,
    name,
    source: { kind: 'csv', path: '' },
    columns: [],
    split: { train: 0.7, validation: 0.15, test: 0.15, seed: 1, stratify: true },
  };
}
