import { z } from 'zod';
import { jsonValueSchema } from './model-document.ts';

const nodeId = z.string();
/** The block in whose inside the edit is made, for every use of it; absent: in the model itself. */
const block = z.string().optional();

/**
 * A one-click remedy: which edit it makes, in words and as data.
 * The editor turns `action` and `params` into a change through `diagnostics/remedies/fixes.ts`.
 */
export const fixSchema = z.discriminatedUnion('action', [
  /** Gives a parameter a value. */
  z.object({
    label: z.string(),
    action: z.literal('set-param'),
    block,
    params: z.object({ nodeId, name: z.string(), value: jsonValueSchema }),
  }),
  /** Takes a parameter out of the node, so that the catalog's default holds. */
  z.object({
    label: z.string(),
    action: z.literal('reset-param'),
    block,
    params: z.object({ nodeId, name: z.string() }),
  }),
  /** Gives several parameters, of one layer or several, a value. */
  z.object({
    label: z.string(),
    action: z.literal('set-params'),
    block,
    params: z.object({ changes: z.array(z.object({ nodeId, name: z.string(), value: jsonValueSchema })) }),
  }),
  /** Makes the node a layer of another kind; its parameters stay. */
  z.object({
    label: z.string(),
    action: z.literal('replace-layer'),
    block,
    params: z.object({ nodeId, kind: z.string() }),
  }),
  /** Scales columns of the data set in another way: an edit of the dataset document, not of the model. */
  z.object({
    label: z.string(),
    action: z.literal('scale-columns'),
    block,
    params: z.object({ columns: z.array(z.string()), scaling: z.enum(['standard', 'min-max']) }),
  }),
  /** Puts a new node of `kind` on the edges that lead into the node. */
  z.object({
    label: z.string(),
    action: z.literal('insert-before'),
    block,
    params: z.object({ nodeId, kind: z.string(), params: z.record(z.string(), jsonValueSchema) }),
  }),
  /** Adds a node of `kind`; connects it from the node named, or to the node named, where that is not null. */
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
  /** Leads the output of a node to another. */
  z.object({
    label: z.string(),
    action: z.literal('connect'),
    block,
    params: z.object({ source: nodeId, target: nodeId }),
  }),
  /** Puts a new node of `kind` before the node, and leads all that leads into it there. */
  z.object({
    label: z.string(),
    action: z.literal('join-inputs'),
    block,
    params: z.object({ nodeId, kind: z.string() }),
  }),
  /** Goes to where data is chosen; nothing is edited. */
  z.object({ label: z.string(), action: z.literal('choose-data'), block, params: z.object({}) }),
  /** Has the loss of an Output chosen from its target: an edit of the training configuration. */
  z.object({ label: z.string(), action: z.literal('choose-loss'), block, params: z.object({ output: z.string() }) }),
  /** Takes settings of Outputs out of the training configuration, or gives them to another Output. */
  z.object({
    label: z.string(),
    action: z.literal('move-goals'),
    block,
    params: z.object({ from: z.array(z.string()), to: z.string().nullable() }),
  }),
  z.object({ label: z.string(), action: z.literal('rename'), block, params: z.object({ nodeId, name: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-edge'), block, params: z.object({ edgeId: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-node'), block, params: z.object({ nodeId }) }),
  /** Removes a layer with one input and leads that on to what read the layer. */
  z.object({ label: z.string(), action: z.literal('take-out'), block, params: z.object({ nodeId }) }),
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
  /** Stable, kebab-case with a room: 'graph/cycle', 'layer/bad-parameter'. */
  code: z.string(),
  severity: z.enum(['error', 'advice']),
  nodeId: z.string().nullable(),
  /** Where it is inside a Block node `nodeId`: Block nodes on the way, that one first, and the layer in the last. */
  inside: z.object({ path: z.array(z.string()).min(1), nodeId: z.string() }).optional(),
  /** Parameter at fault, for the inspector to mark. */
  param: z.string().optional(),
  message: z.string(),
  fixes: z.array(fixSchema),
});

export type Fix = z.infer<typeof fixSchema>;
export type FixAction = Fix['action'];
export type GraphProblem = z.infer<typeof graphProblemSchema>;
