import type { z } from 'zod';
import { NOWHERE } from './bring-near.ts';
import { modelNodeSchema, type ModelNode } from '../schema/model-document.ts';

/** Value of each optional field if it is damaged; undefined: removed. */
const SPARE = {
  params: {},
  position: NOWHERE,
  placed: undefined,
  frozen: false,
  frozenPaths: undefined,
  training: undefined,
  group: undefined,
  weightsOf: undefined,
} satisfies Partial<Record<keyof ModelNode, unknown>>;

type Spared = keyof typeof SPARE;

/**
 * Reads a node with damaged fields: damaged optional fields are replaced or removed.
 * @param error Error of the schema for this node.
 * @returns Null if a required field is damaged.
 */
export function readDamagedNode(
  value: unknown,
  error: z.ZodError,
): { readonly node: ModelNode; readonly dropped: readonly Spared[] } | null {
  if (typeof value !== 'object' || value === null) return null;
  const damaged = [...new Set(error.issues.map(({ path }) => path[0]))];
  const dropped = damaged.filter((field): field is Spared => typeof field === 'string' && Object.hasOwn(SPARE, field));
  if (dropped.length === 0 || dropped.length < damaged.length) return null;
  const fields: Record<string, unknown> = { ...value };
  for (const field of dropped) fields[field] = field === 'position' ? { x: 0, y: 0 } : SPARE[field];
  const parsed = modelNodeSchema.safeParse(fields);
  if (!parsed.success) return null;
  // The schema rejects the infinite position NOWHERE.
  const node = dropped.includes('position') ? { ...parsed.data, position: NOWHERE } : parsed.data;
  return { node: withoutUndefined(node), dropped };
}

function withoutUndefined(node: ModelNode): ModelNode {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined)) as ModelNode;
}
