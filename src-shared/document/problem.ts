import { z } from 'zod';

/** A one-click remedy: which edit it makes, in words. The editor resolves `action` through `document/fixes.ts`. */
export const fixSchema = z.object({
  label: z.string(),
  action: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
});

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
export type GraphProblem = z.infer<typeof graphProblemSchema>;
