import { z } from 'zod';

/**
 * The model document: what `*.lamina.json` holds. Plain data, versioned; no tensors,
 * no selection, no runtime status.
 */
export const MODEL_FORMAT = 'lamina.model';
export const MODEL_VERSION = 4;

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export const jsonValueSchema: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(jsonValueSchema),
    z.record(z.string(), jsonValueSchema),
  ]),
);

/**
 * A path from a Block node into its inside: ids of nodes, going inwards. A pair before an
 * id, or at the end, means these copies alone (from 1, both included); without one, all.
 * `[[1, 10]]` is the first ten copies, `['fc']` a layer in every copy, `[[3, 3], 'inner', 'fc']`
 * a layer of the block inside the third copy.
 */
export const insidePathSchema = z
  .array(z.union([z.string().min(1), z.tuple([z.number().int().min(1), z.number().int().min(1)])]))
  .min(1);

export const modelNodeSchema = z.object({
  /** Unique in its graph (the model, or a block), never shown. */
  id: z.string().min(1),
  /** A kind of the layer catalog ('Input', 'Dense', …, 'Output'), or 'Block'. */
  kind: z.string().min(1),
  /** Shown and used as the Keras layer name; unique in the document. */
  name: z.string(),
  /** Values of the kind's parameters (camelCase of Keras's names); absent ones take the catalog's default. */
  params: z.record(z.string(), jsonValueSchema),
  /** Top left corner on the canvas, in pixels at zoom 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  /** Put there by hand: automatic layout leaves it where it is. */
  placed: z.literal(true).optional(),
  /** True: no weight of this layer changes in training. */
  frozen: z.boolean(),
  /** What is frozen inside a Block node, in this use of the block alone. */
  frozenPaths: z.array(insidePathSchema).optional(),
  /** Id of the group of its graph that it is shown in. */
  group: z.string().min(1).optional(),
});

export const modelEdgeSchema = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  target: z.string().min(1),
});

/** Words on the canvas, for people alone. */
export const modelNoteSchema = z.object({
  /** Unique among the notes, groups and nodes of its graph. */
  id: z.string().min(1),
  text: z.string(),
  /** Top left corner on the canvas, in pixels at zoom 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  size: z.object({ width: z.number().positive(), height: z.number().positive() }),
  /** Id of the group of its graph that it is shown in. */
  group: z.string().min(1).optional(),
});

/**
 * Layers and notes under one title, framed or folded into one card; they name it as their
 * `group`. It changes nothing of what is computed: that is what a block is for.
 */
export const modelGroupSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  /** True: one card stands for its members. */
  collapsed: z.boolean(),
});

/** A number, word or list of a block that each use of it may set. */
export const blockParameterSchema = z.object({
  /** What the block's layers refer to, as `{ "parameter": name }` in place of a value. */
  name: z.string(),
  label: z.string().optional(),
  default: jsonValueSchema,
});

/**
 * A graph saved as a layer of one's own. `BlockInput` and `BlockOutput` nodes are its ends;
 * its inputs are in the order of its nodes. A Block node uses it: `params` of that node hold
 * `block` (an id), `repeat`, and values of the block's parameters.
 */
export const modelBlockSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  description: z.string().optional(),
  parameters: z.array(blockParameterSchema),
  nodes: z.array(modelNodeSchema),
  edges: z.array(modelEdgeSchema),
  /** Absent: none. */
  notes: z.array(modelNoteSchema).optional(),
  groups: z.array(modelGroupSchema).optional(),
});

export const modelDocumentSchema = z.object({
  format: z.literal(MODEL_FORMAT),
  version: z.literal(MODEL_VERSION),
  name: z.string(),
  nodes: z.array(modelNodeSchema),
  /** Order matters where a node has several inputs (Subtract, Concatenate). */
  edges: z.array(modelEdgeSchema),
  /** Blocks that the model's nodes, or one another's, use; also those kept for later. */
  blocks: z.array(modelBlockSchema),
  /** Absent: none. */
  notes: z.array(modelNoteSchema).optional(),
  groups: z.array(modelGroupSchema).optional(),
});

export type InsidePath = z.infer<typeof insidePathSchema>;
export type BlockParameter = z.infer<typeof blockParameterSchema>;
export type ModelBlock = z.infer<typeof modelBlockSchema>;
export type ModelNode = z.infer<typeof modelNodeSchema>;
export type ModelNote = z.infer<typeof modelNoteSchema>;
export type ModelGroup = z.infer<typeof modelGroupSchema>;
export type ModelEdge = z.infer<typeof modelEdgeSchema>;
export type ModelDocument = z.infer<typeof modelDocumentSchema>;
