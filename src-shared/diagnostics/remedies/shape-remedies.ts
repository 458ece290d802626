import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { RejectedLayer } from '../../compiler/forward/forward.ts';
import type { Shape } from '../../program/language/types.ts';

/**
 * Fixes for a layer that rejects the shape of its input: the same layer for another number of
 * axes, or a Flatten or Reshape before it. Empty if neither helps.
 */
export function shapeRemedies({ node, definition, params, inputShapes }: RejectedLayer): Fix[] {
  const [shape, ...others] = inputShapes;
  if (shape === undefined || others.length > 0) return [];
  const sizes = shape.slice(1).filter((size) => size !== null);
  if (sizes.length < shape.length - 1) return [];
  const sibling = siblingFor(node, shape);
  const fitting = reshapes(sizes).find(({ after }) => definition.check?.(params, [[null, ...after]]) === null);
  return [...(sibling === null ? [] : [sibling]), ...(fitting === undefined ? [] : [inserted(node, fitting)])];
}

interface Reshaped {
  readonly after: readonly number[];
  readonly label: string;
  readonly layer: { readonly kind: string; readonly params: Record<string, JsonValue> };
}

/** Shapes to try: one row, [all other axes, last axis], one more axis. */
function reshapes(sizes: readonly number[]): Reshaped[] {
  const last = sizes.at(-1)!;
  const size = sizes.reduce((product, extent) => product * extent, 1);
  return [...(sizes.length < 2 ? [] : [flattened(size), reshaped([size / last, last])]), reshaped([...sizes, 1])];
}

function flattened(size: number): Reshaped {
  return { after: [size], label: 'Insert Flatten before it', layer: { kind: 'Flatten', params: {} } };
}

function reshaped(after: readonly number[]): Reshaped {
  const layer = { kind: 'Reshape', params: { targetShape: [...after] } };
  return { after, label: `Insert Reshape to ${after.join(' × ')} before it`, layer };
}

function inserted({ id }: ModelNode, { label, layer }: Reshaped): Fix {
  return { label, action: 'insert-before', params: { nodeId: id, ...layer } };
}

/** The fix 'MaxPooling2D' for 'MaxPooling1D', if its parameters are valid there. */
function siblingFor({ id, kind, params }: ModelNode, shape: Shape): Fix | null {
  const name = kind.replace(/[123]D$/, `${shape.length - 2}D`);
  const sibling = layerCatalog.get(name);
  if (name === kind || sibling === undefined) return null;
  const { values, faults } = resolveParameters(sibling, params);
  if (faults.length > 0 || sibling.check?.(values, [shape]) != null) return null;
  return { label: `Replace it by ${name}`, action: 'replace-layer', params: { nodeId: id, kind: name } };
}
