import { INPUT } from '../document/schema/ends.ts';
import { CARD, type CreateId } from '../document/edits/edits.ts';
import { inputPorts } from '../layers/catalog/node-facts.ts';
import { foldedGraph } from '../canvas/folding/folded-graph.ts';
import { layout } from '../canvas/layout/layout.ts';
import { MODEL_FORMAT, MODEL_VERSION } from '../document/schema/model-document.ts';
import type { JsonValue, ModelBlock, ModelDocument, ModelEdge, ModelNode } from '../document/schema/model-document.ts';
import { snakeCase, uniqueName } from '../document/schema/names.ts';
import { usingWeightsOf } from '../document/schema/shared-layers.ts';
import { annotated } from '../document/schema/annotations.ts';
import type { Change } from '../document/history/operations.ts';
import { replaceContent } from '../document/history/replace-content.ts';

/** A layer without id and position. */
export interface SketchLayer {
  readonly kind: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  /** Keras layer name; absent: generated from the kind. */
  readonly name?: string;
  readonly frozen?: boolean;
  /** False: called in inference mode. */
  readonly training?: false;
  /** Indices in the sketch of the layers that it reads, all before it, in the order of its inputs. */
  readonly from: readonly number[];
  /** Port of each input; absent: the layer's ports in order. */
  readonly ports?: readonly (string | undefined)[];
  /** Index in the sketch of the layer that is called again. */
  readonly weightsOf?: number;
  /** What is in the block of a Block node; `weightsOf` repeats the block. */
  readonly inside?: Sketch;
}

/** A model as a list of layers in topological order. */
export type Sketch = readonly SketchLayer[];

export class SketchBuilder {
  readonly #layers: SketchLayer[] = [];

  /** @param from Indices of its inputs; absent: the last layer. @returns Its index in the sketch. */
  add(kind: string, params: SketchLayer['params'] = {}, from?: readonly number[], name?: string): number {
    const last = this.#layers.length - 1;
    const sources = from ?? (last < 0 || kind === INPUT ? [] : [last]);
    this.#layers.push({ kind, params, from: sources, ...(name === undefined ? {} : { name }) });
    return this.#layers.length - 1;
  }

  get layers(): Sketch {
    return this.#layers;
  }
}

/**
 * Replaces the model by a sketch with automatic layout. Keeps the document's blocks.
 * @returns One change, so that one undo restores the old model, and the ids of the new nodes.
 */
export function replaceModel(
  document: ModelDocument,
  sketch: Sketch,
  label: string,
  createId: CreateId,
): { change: Change; nodeIds: string[] } {
  const made: ModelBlock[] = [];
  const { nodes, edges } = placed(sketch, createId, document.blocks, made, false);
  const blocks = made.length === 0 ? document.blocks : [...document.blocks, ...made];
  const change = replaceContent(document, { ...document, nodes, edges, blocks, notes: [], groups: [] }, label);
  return { change, nodeIds: nodes.map((node) => node.id) };
}

/** The document of a model from a file. A long model is folded into groups. */
export function openedDocument(name: string, sketch: Sketch, createId: CreateId): ModelDocument {
  const blocks: ModelBlock[] = [];
  const graph = placed(sketch, createId, [], blocks, true);
  return annotated({ format: MODEL_FORMAT, version: MODEL_VERSION, name, ...graph, blocks }, graph);
}

type PlacedGraph = Pick<ModelBlock, 'nodes' | 'edges' | 'groups'>;

/**
 * @param made Receives the blocks of the sketch.
 * @param isFolded Whether long graphs are folded into groups.
 */
function placed(
  sketch: Sketch,
  createId: CreateId,
  known: readonly ModelBlock[],
  made: ModelBlock[],
  isFolded: boolean,
): PlacedGraph {
  const names = new Set<string>();
  const nodes: ModelNode[] = [];
  for (const [index, { kind, params, name, frozen, training, weightsOf, inside }] of sketch.entries()) {
    const free = uniqueName(name ?? snakeCase(kind), names);
    names.add(free);
    const position = { x: 0, y: index * (CARD.height + CARD.gapY) };
    const block = inside === undefined ? {} : { block: addBlock(free, inside, createId, known, made, isFolded) };
    const node = {
      id: createId(),
      kind,
      name: free,
      params: { ...params, ...block },
      position,
      frozen: frozen ?? false,
      ...(training === undefined ? {} : { training }),
    };
    const owner = weightsOf === undefined ? undefined : nodes[weightsOf]!;
    nodes.push(owner === undefined ? node : usingWeightsOf({ ...node, params: owner.params }, owner.id));
  }
  const edges = sketch.flatMap(({ from, ports }, index) =>
    from.map((source, place): ModelEdge => {
      const known = inputPorts({ blocks: made }, nodes[index]!)?.[place]?.name;
      const targetPort = ports === undefined ? known : ports[place];
      const ends = { source: nodes[source]!.id, target: nodes[index]!.id };
      return { id: createId(), ...ends, ...(targetPort === undefined ? {} : { targetPort }) };
    }),
  );
  const folded = isFolded ? foldedGraph({ nodes, edges, blocks: made }, createId) : null;
  if (folded !== null) return folded;
  const positions = layout({ nodes, edges, blocks: made }, 'down');
  return { nodes: nodes.map((node) => ({ ...node, position: positions.get(node.id) ?? node.position })), edges };
}

/** @returns The new block's id. */
function addBlock(
  wanted: string,
  inside: Sketch,
  createId: CreateId,
  known: readonly ModelBlock[],
  made: ModelBlock[],
  isFolded: boolean,
): string {
  const graph = placed(inside, createId, known, made, isFolded);
  const name = uniqueName(wanted, new Set([...known, ...made].map((block) => block.name)));
  const block = { id: createId(), name, parameters: [], ...graph };
  made.push(block);
  return block.id;
}
