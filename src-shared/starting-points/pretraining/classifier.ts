import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import type { MadeTarget } from '../../data/dataset-document.ts';
import { madeClasses } from '../../data/made-target.ts';
import type { MadeTargetKind } from '../../data/made-target.ts';
import type { FittedColumn } from '../../data/prepared.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import { isInput, OUTPUT } from '../../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { outputPerClass } from '../fit.ts';
import { EncoderBuilder, encoderNodes, PRETRAINING_CONFIGURATION } from './encoder.ts';
import type { Pretraining } from './encoder.ts';

/** Why the layers up to `end` cannot be trained with a made target, and what to do; null if they can. */
export function classifierRefusal(
  document: ModelDocument,
  end: ModelNode,
  target: MadeTargetKind,
  features: ModelFeatures,
): string | null {
  const columns = columnsOf(document, end, features);
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
  const rank = analyzed.get(end.id)!.outputShape!.length;
  let last = end.id;
  if (rank > 2) {
    const pooling = `GlobalAveragePooling${rank - 2}D`;
    const kind = layerCatalog.has(pooling) ? pooling : 'Flatten';
    last = builder.add({ kind, params: {}, name: `${made.kind}_pooling` }, last);
  }
  const output = outputPerClass({ kind: 'classes', name: made.column, classes: [...madeClasses[made.kind]] });
  last = builder.add({ kind: 'Dense', params: { ...output }, name: `${made.kind}_head` }, last);
  builder.add({ kind: OUTPUT, params: {}, name: made.kind }, last);
  return {
    document: builder.build(made.kind),
    configuration: { ...PRETRAINING_CONFIGURATION, metrics: [{ name: 'accuracy' }] },
    layers: builder.trained(analyzed),
    made,
  };
}

/** The features for a model with a made target. */
export function madeFeatures(features: ModelFeatures, { kind, column }: MadeTarget): ModelFeatures {
  return { ...features, targets: [{ kind: 'classes', name: column, classes: [...madeClasses[kind]] }] };
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
