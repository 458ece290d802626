import type {
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelNode,
} from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';

/** One copy of a block at one Block node. */
export interface BlockCopy {
  /** Id of the Block node in the expanded model: the id of a document's node, or a path. */
  readonly id: string;
  /** The Block node in the document. */
  readonly node: ModelNode;
  /** Id in the expanded model of the Block node whose weights it uses; its own id if it has own weights. */
  readonly owner: string;
  readonly block: ModelBlock;
  /** Number of this copy, from 1. */
  readonly copy: number;
  readonly copies: number;
  /** The copy that contains the Block node; null: the model itself. */
  readonly outer: BlockCopy | null;
  /** Values of the block's parameters. */
  readonly values: ReadonlyMap<string, JsonValue>;
  /** Prefix of the names inside: 'stack' for the first copy, 'stack/2' for the second. */
  readonly name: string;
  readonly frozen: boolean;
  /** All layers inside compute as in prediction while the model trains. */
  readonly inferenceMode: boolean;
  /** Factor of the learning rate of all layers inside. */
  readonly learningRateMultiplier: number;
}

/** The node of the document from which a node of the expanded model was made. */
export interface NodeOrigin {
  readonly copy: BlockCopy;
  readonly node: ModelNode;
}

export interface EdgeOrigin {
  /** Null: an edge of the model itself that several copies read. */
  readonly copy: BlockCopy | null;
  readonly edge: ModelEdge;
}

/** A document whose Block nodes are replaced by the layers of their blocks. */
export interface ExpandedModel {
  /**
   * Contains Block nodes only if they cannot be expanded. A layer with `weightsOf` has the parameters
   * and freezing of that node, which has no `weightsOf`.
   */
  readonly document: ModelDocument;
  /** By id; only nodes inside blocks. */
  readonly origins: ReadonlyMap<string, NodeOrigin>;
  readonly edgeOrigins: ReadonlyMap<string, EdgeOrigin>;
  /** For each Block node, by its id in the expanded model: id of the node that gives its output. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Ids of stand-ins for what cannot be expanded; other problems of them follow from `problems`. */
  readonly broken: ReadonlySet<string>;
  /** With ids of the expanded model. */
  readonly problems: readonly GraphProblem[];
}

/** Id in the expanded model of a node inside a copy. @param copy Null: the model itself. */
export function idInside(copy: { readonly id: string; readonly copy: number } | null, id: string): string {
  return copy === null ? id : `${copy.id}/${copy.copy}/${id}`;
}

/** Id in the expanded model of a node in the first copy of each Block node on a path. */
export function idOnPath(path: readonly string[], id: string): string {
  return [...path, id].join('/1/');
}

/** Names of the blocks on the cycle that `block` would close; null if there is none. */
export function circleOf(block: ModelBlock, outer: BlockCopy | null): string[] | null {
  const names: string[] = [];
  for (let copy = outer; copy !== null; copy = copy.outer) {
    names.unshift(copy.block.name);
    if (copy.block === block) return names;
  }
  return null;
}

/** Number of Block nodes around a node of a copy. */
export function depthOf(outer: BlockCopy | null): number {
  let depth = 0;
  for (let copy = outer; copy !== null; copy = copy.outer) depth += 1;
  return depth;
}
