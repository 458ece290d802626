import type { JsonValue, ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import type { FittedColumn } from '../../src-shared/data/prepared.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';

/** One layer of a chain: kind, parameters, and optionally name and frozen state. */
export interface LayerLine {
  readonly kind: string;
  readonly params?: Readonly<Record<string, JsonValue>>;
  readonly name?: string;
  readonly frozen?: boolean;
}

/** A node named after its kind and number, 'dense_2'; its id is its name. */
function nodeOf({ kind, params = {}, name, frozen = false }: LayerLine, index: number): ModelNode {
  const id = name ?? `${kind.toLowerCase()}_${index}`;
  return { id, kind, name: id, params: { ...params }, position: { x: 0, y: index * 120 }, frozen };
}

/** A chain of layers, with Input and Output added. */
export function sequentialDocument(lines: readonly LayerLine[]): ModelDocument {
  const nodes = [{ kind: 'Input' }, ...lines, { kind: 'Output' }].map(nodeOf);
  const edges = nodes.slice(1).map((node, index) => {
    const source = nodes[index]!.id;
    return { id: `${source}-${node.id}`, source, target: node.id };
  });
  return { format: 'lamina.model', version: 6, name: 'test', nodes, edges, blocks: [] };
}

export const dense = (
  units: number,
  activation = 'linear',
  more: Omit<LayerLine, 'kind' | 'params'> = {},
): LayerLine => ({
  kind: 'Dense',
  params: { units, activation },
  ...more,
});

/** 784-300-100-10 with ReLU and softmax. */
export function mlpDocument(): ModelDocument {
  return sequentialDocument([
    { kind: 'Flatten' },
    dense(300, 'relu', { name: 'hidden1' }),
    dense(100, 'relu', { name: 'hidden2' }),
    dense(10, 'softmax', { name: 'classes' }),
  ]);
}

/** conv32-conv64-pool-dense128 with dropout, for 28 × 28 × 1 images. */
export function cnnDocument(): ModelDocument {
  const convolution = (filters: number): LayerLine => ({ kind: 'Conv2D', params: { filters, activation: 'relu' } });
  return sequentialDocument([
    convolution(32),
    convolution(64),
    { kind: 'MaxPooling2D' },
    { kind: 'Dropout', params: { rate: 0.25 } },
    { kind: 'Flatten' },
    dense(128, 'relu'),
    { kind: 'Dropout', params: { rate: 0.5 } },
    dense(10, 'softmax'),
  ]);
}

/** Features of examples of this shape with this number of classes. */
export function classFeatures(inputShape: number[], classes: number): ModelFeatures {
  const names = Array.from({ length: classes }, (_, index) => String(index));
  return { inputShape, targets: [{ kind: 'classes', name: 'label', classes: names }] };
}

/** Features of examples of this shape with one numeric target. */
export function numericFeatures(inputShape: number[], count = 1): ModelFeatures {
  const target = { kind: 'numeric', offset: 0, scale: 1, standardDeviation: 1 } as const;
  const names = Array.from({ length: count }, (_, index) => (index === 0 ? 'value' : `value_${index + 1}`));
  return { inputShape, targets: names.map((name) => ({ ...target, name })) };
}

/** Numeric columns without scaling. */
export function numericColumns(names: readonly string[]): FittedColumn[] {
  return names.map((name) => ({ type: 'numeric', name, offset: 0, scale: 1, fill: null, min: -5, max: 5 }));
}

export function configurationWith(changes: Partial<TrainingConfiguration>): TrainingConfiguration {
  return { ...defaultTrainingConfiguration, ...changes };
}
