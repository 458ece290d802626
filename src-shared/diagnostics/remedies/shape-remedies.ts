import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import { resolveParameters } from '../../layers/parameters/resolve-parameters.ts';
import type { RefusedLayer } from '../../compiler/forward/forward.ts';
import type { Shape } from '../../program/language/types.ts';

/**
 * What makes a layer fit an input whose shape it refuses: the same layer for as many axes as the
 * input has, or the values in another shape before it. Nothing where none of that helps.
 */
export function shapeRemedies({ node, definition, params, inputShapes }: RefusedLayer): Fix[] {
  const [shape, ...others] = inputShapes;
  if (shape === undefined || others.length > 0) return [];
  const sizes = shape.slice(1).filter((size) => size !== null);
  if (sizes.length < shape.length - 1) return [];
  const sibling = siblingFor(node, shape);
  const reshaped = reshapes(sizes).find(({ after }) => definition.check?.(params, [[null, ...after]]) === null);
  return [...(sibling === null ? [] : [sibling]), ...(reshaped === undefined ? [] : [inserted(node, reshaped)])];
}

interface Reshaped {
  readonly after: readonly number[];
  readonly kind: 'Flatten' | 'Reshape';
}

/** All values in a row, the last axis kept and the others as one, an axis more. */
function reshapes(sizes: readonly number[]): Reshaped[] {
  const last = sizes.at(-1)!;
  const size = sizes.reduce((product, extent) => product * extent, 1);
  const inOne: Reshaped[] = sizes.length < 2 ? [] : [{ after: [size / last, last], kind: 'Reshape' }];
  const row: Reshaped[] = sizes.length < 2 ? [] : [{ after: [size], kind: 'Flatten' }];
  return [...row, ...inOne, { after: [...sizes, 1], kind: 'Reshape' }];
}

function inserted({ id }: ModelNode, { kind, after }: Reshaped): Fix {
  const params: Record<string, JsonValue> = kind === 'Flatten' ? {} : { targetShape: [...after] };
  const label = kind === 'Flatten' ? 'Insert Flatten before it' : `Insert Reshape to ${after.join(' × ')} before it`;
  return { label, action: 'insert-before', params: { nodeId: id, kind, params } };
}

/** 'MaxPooling2D' in place of 'MaxPooling1D', where its parameters mean the same there. */
function siblingFor({ id, kind, params }: ModelNode, shape: Shape): Fix | null {
  const name = kind.replace(/[123]D$/, `${shape.length - 2}D`);
  const sibling = layerCatalog.get(name);
  if (name === kind || sibling === undefined) return null;
  const { values, faults } = resolveParameters(sibling, params);
  if (faults.length > 0 || sibling.check?.(values, [shape]) != null) return null;
  return { label: `Make it ${name}`, action: 'replace-layer', params: { nodeId: id, kind: name } };
}
