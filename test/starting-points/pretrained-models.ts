import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import { datasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { autoencoderUpTo } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import type { PretrainingNoise } from '../../src-shared/starting-points/pretraining/autoencoder.ts';
import type { Pretraining } from '../../src-shared/starting-points/pretraining/encoder.ts';
import { pretrainingRefusal } from '../../src-shared/starting-points/pretraining/pretraining.ts';
import type { PretrainingTarget } from '../../src-shared/starting-points/pretraining/pretraining.ts';
import { classFeatures, configurationWith, numericColumns } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

export const nodeOf = ({ nodes }: ModelDocument, name: string) => nodes.find((node) => node.name === name)!;
export const of = (kind: string, name: string, params: LayerLine['params'] = {}): LayerLine => ({ kind, name, params });
export const dataset: DatasetDocument = datasetDocument({
  name: 'data',
  source: { kind: 'csv', path: 'data.csv' },
  columns: [
    { name: 'image', role: 'feature', type: 'image', missing: 'drop-row', scaling: 'unit' },
    { name: 'label', role: 'target', type: 'categorical', missing: 'drop-row', scaling: 'none' },
  ],
  split: { train: 0.8, validation: 0.2, test: 0, seed: 0, stratify: false },
});
export const NONE: PretrainingNoise = { kind: 'none', amount: 0 };

/** The autoencoder of the layers up to one. */
export function pretrained(document: ModelDocument, name: string, features: ModelFeatures, noise = NONE) {
  let ids = 0;
  const { nodes } = analyze(document, features);
  const part = { end: nodeOf(document, name), trainedUpTo: null };
  return autoencoderUpTo(document, part, features, nodes, noise, () => `new ${ids++}`);
}

export function refusal(
  document: ModelDocument,
  name: string,
  features: ModelFeatures,
  target: PretrainingTarget = 'input',
): string | null {
  const data = { features, dataset };
  return pretrainingRefusal(document, nodeOf(document, name), target, data, analyze(document, features).nodes);
}

export function problemsOf({ document, configuration }: Pretraining, features: ModelFeatures) {
  const { problems } = analyze(document, features, configurationWith(configuration));
  return problems.filter(({ severity }) => severity === 'error');
}

/** Pixels divided by 255. */
export function unitPictures(shape: [number, number, number]): ModelFeatures {
  const statistics = { mean: [0.3], variance: [0.05] };
  const columns = [{ type: 'image' as const, name: 'image', shape, offset: 0, scale: 255 }];
  return { ...classFeatures(shape, 10), columns, statistics };
}

export const standardized = (width: number): ModelFeatures => ({
  ...classFeatures([width], 3),
  columns: numericColumns(Array.from({ length: width }, (_, index) => `c${index}`)).map((column) => ({
    ...column,
    ...(column.type === 'numeric' ? { min: -9, max: 9, offset: 0, scale: 3 } : {}),
  })),
});

/** 'Dense 8 relu' for each layer after the encoder's end. */
export const decoderOf = ({ nodes }: ModelDocument) =>
  nodes
    .filter(({ id }) => id.startsWith('new'))
    .map(({ kind, name, params }) => [kind, name, params['units'] ?? params['filters']].filter(Boolean).join(' '));
