import { BLOCK } from '../document/schema/blocks.ts';
import { isBlockEnd, isOutput } from '../document/schema/ends.ts';
import type { ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import { analyze } from '../diagnostics/analyze.ts';
import type { Shape } from '../program/language/types.ts';
import { withStandIns } from './placeholders.ts';
import { leavesPlaceholder } from './import-report.ts';
import type { ImportedLayer, ImportLoss, LayerRow, SketchPlace } from './import-report.ts';

/** A layer of a file, with what the file says of it. */
export interface LayerOfFile extends ImportedLayer {
  /** Of its output; absent: the file does not have it. */
  readonly shape?: Shape | undefined;
  /** Values in its weights; absent: the file has no weights. */
  readonly parameters?: number | undefined;
}

/**
 * What became of every layer of a file. A shape or a number of parameters other than the file's is a change.
 *
 * @param document That was made of the layers; null: the file was refused.
 */
export function layerRows(
  layers: readonly LayerOfFile[],
  document: ModelDocument | null,
  losses: readonly ImportLoss[],
): LayerRow[] {
  const paths = new Set(layers.map(({ path }) => path));
  const lossesOf = Map.groupBy(losses, ({ layer }) => (layer === null ? null : rowOf(layer, paths)));
  const here = document === null ? null : layersHere(document, layers);
  return layers.map(({ path, className, places, shape: inFile = null, parameters: fileParameters = null }) => {
    const own = lossesOf.get(path) ?? [];
    const found = places[0] === undefined ? null : (here?.(places[0]) ?? null);
    const reasons = own.map(({ message }) => message);
    const isLost = own.some((loss) => loss.severity === 'refused' || leavesPlaceholder(loss));
    const shape = found?.shape ?? null;
    const fileShape = inFile === null ? null : [...inFile];
    if (differs(shape, fileShape))
      reasons.push(`Its output is ${shown(shape!)} here and ${shown(fileShape!)} in the file.`);
    const isChanged = own.some(({ severity }) => severity === 'changed') || differs(shape, fileShape);
    if (here !== null && places.length === 0 && !isLost) reasons.push(withoutLayer(className));
    return {
      layer: path,
      className,
      outcome: isLost ? 'not-taken' : isChanged ? 'changed' : 'taken',
      kind: found?.node.kind ?? null,
      reasons,
      shape,
      fileShape,
      parameters: found?.parameters ?? null,
      fileParameters,
    };
  });
}

/**
 * The layers of a document as those of a file: of formats without layers, and of weights that were put onto a model.
 *
 * @param parameters Values in the file's weights by layer; null: the file has none.
 */
export function layersOfDocument(
  document: ModelDocument,
  parameters: ReadonlyMap<string, number> | null,
): LayerOfFile[] {
  return document.nodes.flatMap((node, index) =>
    isOutput(node) || isBlockEnd(node)
      ? []
      : [
          {
            path: node.name,
            className: node.kind,
            places: [[index]],
            ...(parameters === null ? {} : { parameters: parameters.get(node.name) ?? 0 }),
          },
        ],
  );
}

/** Shapes that the file says, by id of the document's own nodes. */
export function shapesByNode(document: ModelDocument, layers: readonly LayerOfFile[]): ReadonlyMap<string, Shape> {
  return new Map(
    layers.flatMap(({ places, shape }) => {
      const node = places[0]?.length === 1 ? document.nodes[places[0][0]!] : undefined;
      return node === undefined || shape === undefined ? [] : [[node.id, shape] as const];
    }),
  );
}

/** The node at a place of the sketch. The nodes of documents and blocks are in the order of their sketches. */
export function nodeAt(
  { nodes, blocks }: ModelDocument,
  place: SketchPlace,
): { readonly node: ModelNode; /** Id in the expanded model. */ readonly expanded: string } | null {
  let inside: readonly ModelNode[] = nodes;
  let prefix = '';
  for (const [depth, index] of place.entries()) {
    const node = inside[index];
    if (node === undefined) return null;
    if (depth === place.length - 1) return { node, expanded: `${prefix}${node.id}` };
    const block = node.kind === BLOCK ? blocks.find(({ id }) => id === node.params['block']) : undefined;
    if (block === undefined) return null;
    inside = block.nodes;
    prefix += `${node.id}/1/`;
  }
  return null;
}

function layersHere(document: ModelDocument, layers: readonly LayerOfFile[]) {
  const { nodes, inside } = analyze(withStandIns(document, shapesByNode(document, layers)), null);
  return (place: SketchPlace) => {
    const at = nodeAt(document, place);
    if (at === null) return null;
    const found = nodes.get(at.expanded) ?? inside.get(at.expanded);
    const shape = found?.outputShape ?? null;
    return { node: at.node, shape: shape === null ? null : [...shape], parameters: found?.parameters ?? 0 };
  };
}

/** The layer that a loss is reported for: a layer inside a wrapper has the wrapper's row. */
function rowOf(path: string, paths: ReadonlySet<string>): string {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) if (paths.has(at)) return at;
  return path;
}

/** Sizes that only one of them knows are no difference. */
function differs(shape: Shape | null, fileShape: Shape | null): boolean {
  if (shape === null || fileShape === null) return false;
  if (shape.length !== fileShape.length) return true;
  return shape.some((size, axis) => size !== null && fileShape[axis] !== null && size !== fileShape[axis]);
}

function shown(shape: Shape): string {
  return shape.length === 1
    ? 'one value'
    : shape
        .slice(1)
        .map((size) => size ?? 'any')
        .join(' × ');
}

function withoutLayer(className: string): string {
  return className === 'InputLayer'
    ? 'An input of a nested model. Its readers are connected to what the model is called with.'
    : 'It needs no layer here: masks are computed with the layers that make them.';
}
