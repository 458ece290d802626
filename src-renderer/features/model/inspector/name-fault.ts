import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';

/** Problem of a layer's name, shown next to the field; null if there is none. Two layers of one name both have it. */
export function nameFault({ id, name }: ModelNode, nodes: readonly ModelNode[]): string | null {
  if (name.trim() === '') return 'A name is needed.';
  if (name.includes('/')) return "A name has no '/' in it.";
  return nodes.some((other) => other.id !== id && other.name === name) ? 'Another layer has this name.' : null;
}
