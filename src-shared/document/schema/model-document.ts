import { z } from 'zod';

/**
 * The model document, stored as `*.lamina.json`. Plain versioned data: no tensors, no selection,
 * no runtime status.
 */
export const MODEL_FORMAT = 'lamina.model';
export const MODEL_VERSION = 6;

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
 * A path from a Block node to nodes inside it: ids of nodes, the outermost first. A pair before an
 * id, or at the end, selects a range of copies (from 1, both ends included); without it, all copies.
 * `[[1, 10]]` is the first ten copies, `['fc']` a layer in every copy, `[[3, 3], 'inner', 'fc']`
 * a layer of a block inside the third copy.
 */
export const insidePathSchema = z
  .array(z.union([z.string().min(1), z.tuple([z.number().int().min(1), z.number().int().min(1)])]))
  .min(1);

export const modelNodeSchema = z.object({
  /** Unique in its graph (the model, or a block); not shown. */
  id: z.string().min(1),
  /** A kind of the layer catalog ('Input', 'Dense', …, 'Output'), or 'Block'. */
  kind: z.string().min(1),
  /** Shown and used as the Keras layer name; unique in the document. */
  name: z.string(),
  /** Values of the kind's parameters (camelCase of Keras's names); absent ones take the catalog's default. */
  params: z.record(z.string(), jsonValueSchema),
  /** Top left corner on the canvas, in pixels at zoom 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  /** Placed by hand: automatic layout does not move it. */
  placed: z.literal(true).optional(),
  /** True: no weight of this layer changes in training. */
  frozen: z.boolean(),
  /** What is frozen inside this Block node; other uses of the block are not affected. */
  frozenPaths: z.array(insidePathSchema).optional(),
  /**
   * False: this call computes as in prediction while the model trains, as a layer that Keras calls with
   * `training=False`; of a Block node, all layers inside. Absent: in the mode of the model.
   */
  training: z.literal(false).optional(),
  /** Id of its group in this graph. */
  group: z.string().min(1).optional(),
  /** Id of the node of this graph whose weights this node uses; absent: it has its own weights. */
  weightsOf: z.string().min(1).optional(),
});

/** A connection. Several may join the same two nodes. */
export const modelEdgeSchema = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  /** Output of the source, by name; absent: its only output. */
  sourcePort: z.string().min(1).optional(),
  target: z.string().min(1),
  /**
   * Input of the target, by name; for a Block node, the id of a BlockInput. Absent: the first free
   * input, in the order of the edges.
   */
  targetPort: z.string().min(1).optional(),
});

/** Text on the canvas; has no effect on the model. */
export const modelNoteSchema = z.object({
  /** Unique among the notes, groups and nodes of its graph. */
  id: z.string().min(1),
  text: z.string(),
  /** Top left corner on the canvas, in pixels at zoom 1. */
  position: z.object({ x: z.number(), y: z.number() }),
  size: z.object({ width: z.number().positive(), height: z.number().positive() }),
  /** Id of its group in this graph. */
  group: z.string().min(1).optional(),
});

/**
 * Layers and notes with a common title, shown in a frame or folded into one card. Members refer to
 * it by `group`. It has no effect on the model, unlike a block.
 */
export const modelGroupSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  /** Whether one card is shown instead of its members. */
  collapsed: z.boolean(),
});

/** A value of a block that each use may set. */
export const blockParameterSchema = z.object({
  /** Layers of the block refer to it with the value `{ "parameter": name }`. */
  name: z.string(),
  label: z.string().optional(),
  default: jsonValueSchema,
});

/**
 * A reusable graph. `BlockInput` and `BlockOutput` nodes are its inputs and output; inputs are in
 * node order. A Block node uses it: its `params` are `block` (an id), `repeat`, and values of the
 * block's parameters. Its input ports are the ids of the BlockInputs.
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

/** The sha256 of a file in a project's `artifacts` folder, which is its name. */
export const artifactHashSchema = z.string().regex(/^[0-9a-f]{64}$/);

/** Weights in the project's `artifacts` folder. */
export const modelWeightsSchema = z.object({
  artifact: artifactHashSchema,
  /** Origin, for people: 'run 3, best weights, epoch 7'. */
  label: z.string(),
  /** The optimizer whose slots the file has, for new runs to continue from; absent: they start with a new state. */
  optimizer: z
    .object({
      /** As in the training configuration: 'adam'. */
      kind: z.string(),
      /** Number of updates of each weight. */
      updates: z.number().int().min(0),
    })
    .optional(),
  /**
   * Classes that layers were trained to tell apart, in the order of their outputs, by the layer's name, which finds
   * its weights, too; absent: not known.
   */
  classes: z.array(z.object({ layer: z.string(), names: z.array(z.string()).min(2) })).optional(),
});

export const modelDocumentSchema = z.object({
  format: z.literal(MODEL_FORMAT),
  version: z.literal(MODEL_VERSION),
  name: z.string(),
  nodes: z.array(modelNodeSchema),
  /** The order gives the order of inputs without names (Concatenate). */
  edges: z.array(modelEdgeSchema),
  /** Used and unused blocks. */
  blocks: z.array(modelBlockSchema),
  /** Absent: none. */
  notes: z.array(modelNoteSchema).optional(),
  groups: z.array(modelGroupSchema).optional(),
  /** What a new run starts from, by layer name and shape; absent: the seed. */
  weights: modelWeightsSchema.optional(),
});

export type InsidePath = z.infer<typeof insidePathSchema>;
export type BlockParameter = z.infer<typeof blockParameterSchema>;
export type ModelBlock = z.infer<typeof modelBlockSchema>;
export type ModelNode = z.infer<typeof modelNodeSchema>;
export type ModelNote = z.infer<typeof modelNoteSchema>;
export type ModelGroup = z.infer<typeof modelGroupSchema>;
export type ModelEdge = z.infer<typeof modelEdgeSchema>;
export type ModelWeights = z.infer<typeof modelWeightsSchema>;
export type ModelDocument = z.infer<typeof modelDocumentSchema>;
