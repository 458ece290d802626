import type { LayerDefinition } from '../../layers/definition/layer.ts';
import type { JsonObject } from './generations/unchecked-json.ts';

/** A layer of the file, in the file's own terms. */
export interface FileLayer {
  /** Of the nested models around it, from the outside, and of the layer. */
  readonly names: readonly string[];
  /** Positions in the lists of layers, like `names`. */
  readonly positions: readonly number[];
  readonly className: string;
  readonly config: JsonObject;
}

/** A call of a layer. */
export interface ReadLayer {
  /** Null: an input that the file has only as the shape of the first layer. */
  readonly file: FileLayer | null;
  /** Unique in its model: the names of the file, joined by slashes, with a number for later calls. */
  readonly name: string;
  /** Name of the layer whose weights it uses: the first call. */
  readonly weightsOf?: string;
  /** Null: Lamina does not have it. */
  readonly definition: LayerDefinition | null;
  /** In today's terms. */
  readonly className: string;
  readonly config: JsonObject;
  readonly frozen: boolean;
  /** It is always in this mode; null: in that of the model. */
  readonly training: boolean | null;
  readonly inputs: readonly { readonly name: string; readonly argument?: string }[];
  /** Of the first input, with the batch axis; null: unknown. */
  readonly rank: number | null;
  /** It has code, in place of which a person writes a formula. */
  readonly isCode?: true;
  /** The nested model that is called, at its first call. */
  readonly model?: ReadModel;
}

/** A model with its layers in the order of computation, inputs first in the order of the model's arguments. */
export interface ReadModel {
  readonly layers: readonly ReadLayer[];
  readonly outputs: readonly string[];
}
