import type {
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelNode,
} from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';

/** One copy of one use of a block: a place that nodes of the expanded model come from. */
export interface BlockCopy {
  /** Id of the Block node in the expanded model: that of a document's node, or a path. */
  readonly id: string;
  /** The Block node as it stands in the model or in the block around it. */
  readonly node: ModelNode;
  readonly block: ModelBlock;
  /** From 1. */
  readonly copy: number;
  readonly copies: number;
  /** The copy that the Block node is in; null: the model itself. */
  readonly outer: BlockCopy | null;
  /** Values of the block's parameters. */
  readonly values: ReadonlyMap<string, JsonValue>;
  /** 'stack' for the first copy, 'stack/2' for the second; prefix of the names inside. */
  readonly name: string;
  readonly frozen: boolean;
  /** Factor of the learning rate for all that is inside. */
  readonly learningRateMultiplier: number;
}

/** Where a node of the expanded model stands in the document. */
export interface NodeOrigin {
  readonly copy: BlockCopy;
  readonly node: ModelNode;
}

export interface EdgeOrigin {
  /** Null: an edge of the model itself, which several copies read. */
  readonly copy: BlockCopy | null;
  readonly edge: ModelEdge;
}

/** A document whose Block nodes are replaced by what is inside them. */
export interface ExpandedModel {
  /** Block nodes that cannot be expanded stay in it as they are. */
  readonly document: ModelDocument;
  /** Nodes of the model itself are not in it. */
  readonly origins: ReadonlyMap<string, NodeOrigin>;
  readonly edgeOrigins: ReadonlyMap<string, EdgeOrigin>;
  /** For each Block node, by its id in the expanded model: the node that gives its output. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Stand-ins for what cannot be expanded: what else is wrong with them follows from `problems`. */
  readonly broken: ReadonlySet<string>;
  /** By ids of the expanded model. */
  readonly problems: readonly GraphProblem[];
}

/** Id in the expanded model of a node inside a copy; `copy` null: the model itself. */
export function idInside(copy: { readonly id: string; readonly copy: number } | null, id: string): string {
  return copy === null ? id : `${copy.id}/${copy.copy}/${id}`;
}

/** Id in the expanded model of a node of an open block: in the first copy of each Block node on the way. */
export function idOnPath(path: readonly string[], id: string): string {
  return [...path, id].join('/1/');
}
