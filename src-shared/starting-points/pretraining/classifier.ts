import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import type { DatasetDocument, MadeTarget } from '../../data/dataset-document.ts';
import { madeClasses, madeColumn } from '../../data/made-target.ts';
import type { MadeTargetKind } from '../../data/made-target.ts';
import type { FittedColumn } from '../../data/prepared.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import { isInput, OUTPUT } from '../../document/schema/ends.ts';
import { lookUpsOf } from '../../diagnostics/checks/embedding-range.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { outputPerClass } from '../fit.ts';
import { EncoderBuilder, encoderNodes, MOST_PARAMETERS, PRETRAINING_CONFIGURATION } from './encoder.ts';
import type { Pretraining } from './encoder.ts';

/** Why the layers up to `end` cannot be trained with a made target, and what to do; null if they can. */
export function classifierRefusal(
  document: ModelDocument,
  end: ModelNode,
  target: MadeTargetKind,
  features: ModelFeatures,
  analyzed: ModelAnalysis['nodes'],
): string | null {
  const columns = columnsOf(document, end, features);
  if (isTokenTarget(target)) return tokenRefusal(document, end, features, analyzed);
  if (columns.length === 0)
    return `'${end.name}' is expected to depend on an Input with data; it depends on none. Select another layer.`;
  return target === 'rotation' ? rotationRefusal(end, columns) : noiseRefusal(end, columns);
}

/**
 * The part of the model up to a layer, with the same names, and a head that predicts the made target: the average over
 * places or steps, and one probability per class. The document's named weights stay: training starts from them. Call only
 * if `pretrainingRefusal` returns null.
 *
 * @param analyzed Of the document.
 */
export function classifierUpTo(
  document: ModelDocument,
  end: ModelNode,
  made: MadeTarget,
  analyzed: ModelAnalysis['nodes'],
  createId: CreateId,
): Pretraining {
  const builder = new EncoderBuilder(document, end, createId);
  const name = made.kind.replace('-', '_');
  const rank = analyzed.get(end.id)!.outputShape!.length;
  let last = end.id;
  if (rank > 2) {
    const pooling = `GlobalAveragePooling${rank - 2}D`;
    const kind = layerCatalog.has(pooling) ? pooling : 'Flatten';
    last = builder.add({ kind, params: {}, name: `${name}_pooling` }, last);
  }
  const output = outputPerClass({ kind: 'classes', name: made.column, classes: madeClasses(made) });
  last = builder.add({ kind: 'Dense', params: { ...output }, name: `${name}_head` }, last);
  builder.add({ kind: OUTPUT, params: {}, name }, last);
  return {
    document: builder.build(made.kind),
    configuration: { ...PRETRAINING_CONFIGURATION, metrics: [{ name: 'accuracy' }] },
    layers: builder.trained(analyzed),
    made,
  };
}

/** The target that the layers up to `end` learn; call only if `pretrainingRefusal` returns null. @param data `seed`: of what is drawn. */
export function madeTargetFor(
  document: ModelDocument,
  end: ModelNode,
  kind: MadeTargetKind,
  data: { readonly features: ModelFeatures; readonly dataset: DatasetDocument; readonly seed: number },
): MadeTarget {
  const { features, dataset, seed } = data;
  const column = madeColumn(dataset, kind);
  if (kind === 'rotation') return { kind, column };
  if (kind === 'noise') return { kind, column, seed };
  const { columns, vocabulary } = tokensOf(document, end, features)!;
  return { kind, column, seed, tokens: columns.map(({ name }) => name), vocabulary };
}

/** The features for a model with a made target. */
export function madeFeatures(features: ModelFeatures, made: MadeTarget): ModelFeatures {
  return { ...features, targets: [{ kind: 'classes', name: made.column, classes: madeClasses(made) }] };
}

/** Columns that the layer depends on. */
function columnsOf(document: ModelDocument, end: ModelNode, features: ModelFeatures): FittedColumn[] {
  const { parts } = readInputs(readGraph(expandBlocks(document).document), features);
  const read = new Set(
    encoderNodes(document, end)
      .filter(isInput)
      .flatMap(({ id }) => parts.get(id)?.columns ?? []),
  );
  return (features.columns ?? []).filter(({ name }) => read.has(name));
}

type TokenTarget = Extract<MadeTarget, { tokens: readonly string[] }>['kind'];

const isTokenTarget = (kind: MadeTargetKind): kind is TokenTarget => kind === 'masked-token' || kind === 'next-token';

/** Columns that the Embeddings of the part look up, and how many numbers all of them know; null: none does. */
function tokensOf(
  document: ModelDocument,
  end: ModelNode,
  features: ModelFeatures,
): { readonly columns: readonly FittedColumn[]; readonly vocabulary: number } | null {
  const kept = new Set(encoderNodes(document, end).map(({ id }) => id));
  const found = lookUpsOf(document, features).filter(({ node }) => kept.has(node.id));
  if (found.length === 0) return null;
  const names = new Set(found.flatMap(({ part }) => part.columns));
  const columns = (features.columns ?? []).filter(({ name }) => names.has(name));
  return { columns, vocabulary: Math.min(...found.map(({ size }) => size)) };
}

function tokenRefusal(
  document: ModelDocument,
  end: ModelNode,
  features: ModelFeatures,
  analyzed: ModelAnalysis['nodes'],
): string | null {
  const tokens = tokensOf(document, end, features);
  if (tokens === null) {
    return `'${end.name}' depends on no Embedding that looks up columns of the data. Choose another target, or select a layer that does.`;
  }
  const { columns, vocabulary } = tokens;
  const other = columns.find((column) => columnTypeOf(column).field !== 'number');
  if (other !== undefined) {
    return `Tokens are expected to be whole numbers in numeric columns; '${other.name}' is ${columnTypeOf(other).oneValue}. Change its type on the Data screen, or choose another target.`;
  }
  if (columns.length < 2 || vocabulary < 2) {
    return `Tokens are expected in two or more columns, with two or more different numbers; received ${formatted(columns.length)} and ${formatted(vocabulary)}. Choose another target.`;
  }
  const width = analyzed.get(end.id)?.outputShape?.at(-1) ?? 0;
  const parameters = (width + 1) * vocabulary;
  if (parameters <= MOST_PARAMETERS) return null;
  return `The head would need ${formatted(parameters)} parameters for ${formatted(vocabulary)} different tokens. Select a layer with fewer values, or lower the Input size of the Embedding.`;
}

const formatted = (count: number): string => count.toLocaleString('en');

function rotationRefusal({ name }: ModelNode, columns: readonly FittedColumn[]): string | null {
  const pictures = columns.filter((column) => columnTypeOf(column).field === 'picture');
  if (pictures.length === 0) {
    return `'${name}' does not depend on pictures, which are rotated. Choose another target, or select a layer that does.`;
  }
  for (const picture of pictures) {
    const [height, width] = columnTypeOf(picture).shapeOf(picture);
    if (height === width) continue;
    return `Rotation expects square pictures, whose quarter turns have the same size; '${picture.name}' has ${height} × ${width}. Choose a square size on the Data screen, or another target.`;
  }
  return null;
}

function noiseRefusal({ name }: ModelNode, columns: readonly FittedColumn[]): string | null {
  const [column] = columns;
  const isOneValue = columns.length === 1 && columnTypeOf(column!).inTable;
  if (!isOneValue) return null;
  return `'${name}' depends on '${column!.name}' only, whose noise would be distributed as the data. Choose another target, or more columns.`;
}
