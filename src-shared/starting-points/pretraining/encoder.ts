import type { ModelAnalysis } from '../../compiler/graph/compiled.ts';
import { layout } from '../../canvas/layout/layout.ts';
import { namesOf, remove } from '../../document/edits/edits.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import type { MadeTarget } from '../../data/dataset-document.ts';
import { flowDirection } from '../../document/geometry/flow-direction.ts';
import { applyChange } from '../../document/history/operations.ts';
import { withAncestors } from '../../document/schema/ancestors.ts';
import type { JsonValue, ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { uniqueName } from '../../document/schema/names.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';

/** Larger Dense layers after the pretrained ones are refused. */
export const MOST_PARAMETERS = 50_000_000;

/** The layer and all that it depends on, in document order. */
export function encoderNodes(document: ModelDocument, end: ModelNode): ModelNode[] {
  const kept = new Set(withAncestors(document, [end.id]));
  return document.nodes.filter(({ id }) => kept.has(id));
}

/** A model that trains the layers of another one without labels, and how it is trained. */
export interface Pretraining {
  readonly document: ModelDocument;
  /** Replaces that of the project for its run. */
  readonly configuration: Partial<TrainingConfiguration>;
  /** Names of the layers with weights that it trains for the model. */
  readonly layers: readonly string[];
  /** The target of its rows; null: it reproduces its Input. */
  readonly made: MadeTarget | null;
}

export interface AddedLayer {
  readonly kind: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly name: string;
  readonly frozen?: boolean;
}

/**
 * The part of a model up to a layer, with the same names, to which layers are added. No added layer has the name of a
 * layer of the model, which would get its weights.
 */
export class EncoderBuilder {
  readonly edges: ModelEdge[];
  readonly #model: ModelDocument;
  readonly #encoder: ModelDocument;
  readonly #nodes: ModelNode[];
  readonly #kept: ReadonlySet<string>;
  readonly #names: Set<string>;
  readonly #createId: CreateId;

  /** @param frozen Ids of layers that do not train, besides those that are frozen. */
  constructor(model: ModelDocument, end: ModelNode, createId: CreateId, frozen: ReadonlySet<string> = new Set()) {
    this.#model = model;
    this.#kept = new Set(encoderNodes(model, end).map(({ id }) => id));
    const left = model.nodes.filter(({ id }) => !this.#kept.has(id)).map(({ id }) => id);
    this.#encoder = applyChange(model, remove(model, left));
    this.#nodes = this.#encoder.nodes.map((node) => inPretraining(node, frozen.has(node.id)));
    this.edges = [...this.#encoder.edges];
    this.#names = namesOf(model);
    this.#createId = createId;
  }

  /** Adds a layer after another. @returns Its id. */
  add({ kind, params, name: wanted, frozen = false }: AddedLayer, source: string): string {
    const name = uniqueName(wanted, this.#names);
    this.#names.add(name);
    const { position } = this.#nodes[0]!;
    const node = { id: this.#createId(), kind, name, params: { ...params }, position, frozen };
    this.#nodes.push(node);
    this.edges.push({ id: this.#createId(), source, target: node.id });
    return node.id;
  }

  nameOf(id: string): string {
    return this.#nodes.find((node) => node.id === id)!.name;
  }

  /** @param what It is, for its name. */
  build(what: string): ModelDocument {
    const { notes: _, groups: __, ...rest } = this.#encoder;
    const [nodes, { edges }] = [this.#nodes, this];
    const positions = layout({ nodes, edges, blocks: rest.blocks }, flowDirection(this.#model));
    const placed = nodes.map((node) => ({ ...node, position: positions.get(node.id) ?? node.position }));
    return { ...rest, name: `${this.#model.name}, ${what}`, nodes: placed, edges };
  }

  /** Names of the model's layers that train. @param analyzed Of the model. */
  trained(analyzed: ModelAnalysis['nodes']): string[] {
    return this.#nodes
      .filter(({ id, frozen }) => this.#kept.has(id) && !frozen && (analyzed.get(id)?.trainableParameters ?? 0) > 0)
      .map(({ name }) => name);
  }
}

/** Layers that move or turn pictures are off: the Outputs would have to guess how. */
function inPretraining(node: ModelNode, isFrozen: boolean): ModelNode {
  const { group: _, ...rest } = node;
  const kept = isFrozen ? { ...rest, frozen: true } : rest;
  return node.kind.startsWith('Random') ? { ...kept, training: false } : kept;
}

/** Settings of the project that do not apply to a run that trains without labels. */
export const PRETRAINING_CONFIGURATION: Partial<TrainingConfiguration> = {
  loss: 'auto',
  metrics: [],
  classWeights: 'none',
  outputs: {},
  phases: undefined,
  earlyStopping: undefined,
  best: undefined,
};
