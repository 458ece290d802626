import { randomUUID } from 'node:crypto';
import { standaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { StandaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportedLayer, ImportReport } from '../../../src-shared/interchange/import-report.ts';
import { withStandIns } from '../../../src-shared/interchange/placeholders.ts';
import { nodeAt, shapesByNode } from '../../../src-shared/interchange/layer-rows.ts';
import type { LayerOfFile } from '../../../src-shared/interchange/layer-rows.ts';
import { layerCatalog } from '../../../src-shared/layers/catalog/catalog.ts';
import type { ParameterValues } from '../../../src-shared/layers/parameters/resolve-parameters.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { openedDocument } from '../../../src-shared/starting-points/sketch.ts';
import type { Sketch } from '../../../src-shared/starting-points/sketch.ts';
import type { FileTensor, ImportedWeight } from '../importer/model-importer.ts';
import type { TrainableWeight } from './optimizer-state.ts';
import { leavesOf } from './layer-tree.ts';
import type { TreeLayer } from './layer-tree.ts';
import type { MatchedWeights } from './match-weights.ts';
import { slotsOf, statisticsOf } from './weight-slots.ts';
import type { WeightSlot } from './weight-slots.ts';

/** A model of a Keras configuration with weights. */
export interface KerasImport {
  readonly document: ModelDocument;
  readonly weights: readonly ImportedWeight[] | null;
  /** Values of the file that are in weights, or in parameters of layers. */
  readonly takenParameters: number;
  /** Every layer of the configuration. */
  readonly layersOfFile: readonly LayerOfFile[];
}

/** Finds the file's tensor for each weight. @throws AppError 'keras/weights-mismatch', 'model-file/damaged'. */
export type ReadWeights = (
  layers: readonly TreeLayer[],
  slotsOf: (layer: TreeLayer) => readonly WeightSlot[],
) => MatchedWeights;

/**
 * Makes the document of a sketch and matches the file's weights to its layers.
 *
 * @param layers The layers of the configuration that the sketch was made of.
 * @param readWeights Null: the file has no weights.
 * @returns Also the trainable weights, in Keras's order.
 * @throws AppError 'model/invalid' if the model cannot be computed, 'keras/weights-…'.
 */
export async function importKeras(
  name: string,
  sketch: Sketch,
  report: ImportReport<LayerOfFile>,
  layers: readonly TreeLayer[],
  readWeights: ReadWeights | null,
): Promise<KerasImport & { readonly trainable: readonly TrainableWeight[] }> {
  const drawn = openedDocument(name, sketch, randomUUID);
  if (readWeights === null) {
    return { document: drawn, weights: null, takenParameters: 0, layersOfFile: report.layers, trainable: [] };
  }
  const places = new Map(report.layers.map((layer) => [layer.path, layer]));
  const adapted = leavesOf(layers).filter(
    ({ className, config }) => layerCatalog.get(className)?.traits?.adapts?.(config as ParameterValues) === true,
  );
  // The statistics are read from the file later. Shapes do not depend on them.
  const unadapted = withParameters(
    drawn,
    adapted.flatMap(({ path }) => nodeIdsOf(drawn, places.get(path))),
    { mean: 0, variance: 1 },
  );
  const model = compiled(withStandIns(unadapted, shapesByNode(unadapted, report.layers)));
  const ofNode = Map.groupBy(model.weights, ({ nodeId }) => nodeId);
  const slotsByPath = new Map<string, readonly WeightSlot[]>(
    leavesOf(layers).map((layer) => {
      if (adapted.includes(layer)) return [layer.path, statisticsOf(layer)];
      const ids = expandedIdsOf(drawn, places.get(layer.path));
      return [
        layer.path,
        slotsOf(
          layer,
          ids.flatMap((id) => ofNode.get(id) ?? []),
        ),
      ];
    }),
  );
  const matched = readWeights(layers, ({ path }) => slotsByPath.get(path) ?? []);
  const statistics = new Map<string, Record<string, JsonValue>>();
  for (const [{ layer, variable, weight }, tensor] of matched) {
    if (weight !== null) continue;
    const values = statistics.get(layer.path) ?? {};
    const numbers = await allValues(tensor);
    statistics.set(layer.path, { ...values, [variable]: numbers.length === 1 ? numbers[0]! : numbers });
  }
  let document = drawn;
  for (const [path, values] of statistics) {
    document = withParameters(document, nodeIdsOf(drawn, places.get(path)), values);
  }
  if (statistics.size > 0) compiled(withStandIns(document, shapesByNode(document, report.layers)));
  const trainable = [...slotsByPath.values()].flat().flatMap((slot): TrainableWeight[] => {
    const tensor = matched.get(slot);
    return tensor !== undefined && slot.weight !== null && slot.trainable ? [[slot, tensor]] : [];
  });
  const layersOfFile = withParameterCounts(report.layers, matched);
  return { document, ...weightsOf(model, matched), layersOfFile, trainable };
}

function withParameterCounts(layers: readonly LayerOfFile[], matched: MatchedWeights): LayerOfFile[] {
  const counts = new Map<string, number>();
  for (const [{ layer }, { shape }] of matched) {
    counts.set(layer.path, (counts.get(layer.path) ?? 0) + elementCount(shape));
  }
  return layers.map((layer) => ({ ...layer, parameters: counts.get(layer.path) ?? 0 }));
}

/** The file's tensor for each weight of the model. @throws AppError 'keras/weights-missing'. */
export function weightsOf(
  { weights: specs }: StandaloneModel,
  matched: MatchedWeights,
): { weights: readonly ImportedWeight[]; takenParameters: number } {
  const tensors = new Map(
    [...matched].flatMap(([{ weight }, tensor]) => (weight === null ? [] : [[weight.name, tensor] as const])),
  );
  const weights = specs.map(({ name, shape, layer }): ImportedWeight => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return { name, shape, read: () => tensor.read() };
    throw new AppError(
      'keras/weights-missing',
      `Expected weights of '${layer}' in the file; it has none. Choose a file that was saved with its weights.`,
      { layer },
    );
  });
  const takenParameters = [...matched.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { weights, takenParameters };
}

/** @throws AppError 'model/invalid' with the problems' messages, and the problems in its details. */
export function compiled(document: ModelDocument): StandaloneModel {
  const result = standaloneModel(document, null);
  if (result.ok) return result.model;
  const { problems } = result;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new AppError('model/invalid', `${problems[0]!.message}${more}`, { problems: problems.slice(0, 20) });
}

/** Ids in the expanded model of the nodes that own a layer's weights: those of its first place. The other places share them. */
function expandedIdsOf(document: ModelDocument, layer: ImportedLayer | undefined): string[] {
  return layer === undefined
    ? []
    : layer.places.slice(0, 1).flatMap((place) => nodeAt(document, place)?.expanded ?? []);
}

function nodeIdsOf(document: ModelDocument, layer: ImportedLayer | undefined): string[] {
  return layer === undefined ? [] : layer.places.flatMap((place) => nodeAt(document, place)?.node.id ?? []);
}

function withParameters(
  document: ModelDocument,
  ids: readonly string[],
  values: Readonly<Record<string, JsonValue>>,
): ModelDocument {
  if (ids.length === 0) return document;
  const changed = (nodes: readonly ModelNode[]): ModelNode[] =>
    nodes.map((node) =>
      ids.includes(node.id) && node.weightsOf === undefined ? { ...node, params: { ...node.params, ...values } } : node,
    );
  return {
    ...document,
    nodes: changed(document.nodes),
    blocks: document.blocks.map((block) => ({ ...block, nodes: changed(block.nodes) })),
  };
}

/** Values of a small tensor. */
async function allValues(tensor: FileTensor): Promise<number[]> {
  const values: number[] = [];
  for await (const part of tensor.read()) values.push(...part);
  return values;
}
