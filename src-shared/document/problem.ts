import { z } from 'zod';
import { jsonValueSchema } from './model-document.ts';

const nodeId = z.string();

/**
 * A one-click remedy: which edit it makes, in words and as data.
 * The editor turns `action` and `params` into a change through `document/fixes.ts`.
 */
export const fixSchema = z.discriminatedUnion('action', [
  /** Gives a parameter a value. */
  z.object({
    label: z.string(),
    action: z.literal('set-param'),
    params: z.object({ nodeId, name: z.string(), value: jsonValueSchema }),
  }),
  /** Takes a parameter out of the node, so that the catalog's default holds. */
  z.object({
    label: z.string(),
    action: z.literal('reset-param'),
    params: z.object({ nodeId, name: z.string() }),
  }),
  /** Puts a new node of `kind` on the edges that lead into the node. */
  z.object({
    label: z.string(),
    action: z.literal('insert-before'),
    params: z.object({ nodeId, kind: z.string(), params: z.record(z.string(), jsonValueSchema) }),
  }),
  /** Adds a node of `kind`; connects it from the node named, or to the node named, where that is not null. */
  z.object({
    label: z.string(),
    action: z.literal('add-node'),
    params: z.object({
      kind: z.string(),
      params: z.record(z.string(), jsonValueSchema),
      connectFrom: nodeId.nullable(),
      connectTo: nodeId.nullable(),
    }),
  }),
  z.object({ label: z.string(), action: z.literal('rename'), params: z.object({ nodeId, name: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-edge'), params: z.object({ edgeId: z.string() }) }),
  z.object({ label: z.string(), action: z.literal('remove-node'), params: z.object({ nodeId }) }),
  z.object({
    label: z.string(),
    action: z.literal('set-frozen'),
    params: z.object({ nodeIds: z.array(nodeId), frozen: z.boolean() }),
  }),
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
  /** Parameter at fault, for the inspector to mark. */
  param: z.string().optional(),
  message: z.string(),
  fixes: z.array(fixSchema),
});

export type Fix = z.infer<typeof fixSchema>;
export type FixAction = Fix['action'];
export type GraphProblem = z.infer<typeof graphProblemSchema>;
