import { z } from 'zod';
import { jsonValueSchema } from './model-document.ts';

const nodeId = z.string();
/** Id of the block to edit; absent: the model itself. */
const block = z.string().optional();

/**
 * A one-click fix: its label and edit. `diagnostics/remedies/fixes.ts` turns `action` and `params`
 * into a change.
 */
export const fixSchema = z.discriminatedUnion('action', [
  /** Sets a parameter. */
  z.object({
    label: z.string(),
    action: z.literal('set-param'),
    block,
    params: z.object({ nodeId, name: z.string(), value: jsonValueSchema }),
  }),
  /** Removes a parameter from the node, so that the catalog's default applies. */
  z.object({
    label: z.string(),
    action: z.literal('reset-param'),
    block,
    params: z.object({ nodeId, name: z.string() }),
  }),
  /** Shows the field of a parameter; edits nothing. */
  z.object({
    label: z.string(),
    action: z.literal('edit-param'),
    block,
    params: z.object({ nodeId, name: z.string() }),
  }),
  /** Sets several parameters of one or more layers. */
  z.object({
    label: z.string(),
    action: z.literal('set-params'),
    block,
    params: z.object({ changes: z.array(z.object({ nodeId, name: z.string(), value: jsonValueSchema })) }),
  }),
  /** Changes the kind of the node; keeps its parameters. */
  z.object({
    label: z.string(),
    action: z.literal('replace-layer'),
    block,
    params: z.object({ nodeId, kind: z.string() }),
  }),
  /** Changes the scaling of columns: an edit of the dataset document. */
  z.object({
    label: z.string(),
    action: z.literal('scale-columns'),
    block,
    params: z.object({ columns: z.array(z.string()), scaling: z.enum(['standard', 'min-max', 'unit', 'none']) }),
  }),
  /** Inserts a new node of `kind` on the first edge into the node. */
  z.object({
    label: z.string(),
    action: z.literal('insert-before'),
    block,
    params: z.object({ nodeId, kind: z.string(), params: z.record(z.string(), jsonValueSchema) }),
  }),
  /** Adds a node of `kind`, connected from and to the given nodes (null: not connected). */
  z.object({
    label: z.string(),
    action: z.literal('add-node'),
    block,
    params: z.object({
      kind: z.string(),
      params: z.record(z.string(), jsonValueSchema),
      connectFrom: nodeId.nullable(),
      connectTo: nodeId.nullable(),
    }),
  }),
  /** Connects two nodes. */
  z.object({
    label: z.string(),
    action: z.literal('connect'),
    block,
    params: z.object({ source: nodeId, target: nodeId }),
  }),
  /** Inserts a new node of `kind` before the node and redirects all of its inputs to it. */
  z.object({
    label: z.string(),
    action: z.literal('join-inputs'),
    block,
    params: z.object({ nodeId, kind: z.string() }),
  }),
  /** Removes the input's name from an edge, which then leads to the first free input. */
  z.object({ label: z.string(), action: z.literal('free-port'), block, params: z.object({ edgeId: z.string() }) }),
  /** Opens the screen for choosing data; edits nothing. */
  z.object({ label: z.string(), action: z.literal('choose-data'), block, params: z.object({}) }),
  /** Sets the loss of an Output to 'auto': an edit of the training configuration. */
  z.object({ label: z.string(), action: z.literal('choose-loss'), block, params: z.object({ output: z.string() }) }),
  /** Removes settings of Outputs from the training configuration, or moves them to another Output. */
  z.object({
    label: z.string(),
    action: z.literal('move-goals'),
    block,
    params: z.object({ from: z.array(z.string()), to: z.string().nullable() }),
  }),
  /** Removes a layer from those that a phase of the training freezes: an edit of the training configuration. */
  z.object({
    label: z.string(),
    action: z.literal('remove-from-phase'),
    block,
    params: z.object({ phase: z.number().int().positive(), layer: z.string() }),
  }),
  z.object({ label: z.string(), action: z.literal('rename'), block, params: z.object({ nodeId, name: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-edge'), block, params: z.object({ edgeId: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-node'), block, params: z.object({ nodeId }) }),
  /** Removes a layer with one input and connects that input to the layer's readers. */
  z.object({ label: z.string(), action: z.literal('take-out'), block, params: z.object({ nodeId }) }),
  /** Gives a node that uses the weights of another its own weights. */
  z.object({ label: z.string(), action: z.literal('separate-weights'), block, params: z.object({ nodeId }) }),
  z.object({
    label: z.string(),
    action: z.literal('set-frozen'),
    block,
    params: z.object({ nodeIds: z.array(nodeId), frozen: z.boolean() }),
  }),
  /** Unfreezes every layer of the model and of its blocks. */
  z.object({ label: z.string(), action: z.literal('unfreeze-all'), block, params: z.object({}) }),
]);

/**
 * An expected problem of a model document, shown on its node.
 * `message` says what was expected, what was received and what to do.
 */
export const graphProblemSchema = z.object({
  /** Stable, kebab-case with a prefix: 'graph/cycle', 'layer/bad-parameter'. */
  code: z.string(),
  severity: z.enum(['error', 'advice']),
  nodeId: z.string().nullable(),
  /** For a layer inside the Block node `nodeId`: ids of the Block nodes around it (that one first), and its own id. */
  inside: z.object({ path: z.array(z.string()).min(1), nodeId: z.string() }).optional(),
  /** Parameter at fault, for the inspector to mark. */
  param: z.string().optional(),
  message: z.string(),
  fixes: z.array(fixSchema),
});

export type Fix = z.infer<typeof fixSchema>;
export type FixAction = Fix['action'];
export type GraphProblem = z.infer<typeof graphProblemSchema>;
