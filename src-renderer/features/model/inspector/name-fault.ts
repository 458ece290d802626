import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';

/** What is wrong with a layer's name, beside the field; null where nothing is. Either of two namesakes is told. */
export function nameFault({ id, name }: ModelNode, nodes: readonly ModelNode[]): string | null {
  if (name.trim() === '') return 'A name is needed.';
  if (name.includes('/')) return "A name has no '/' in it.";
  return nodes.some((other) => other.id !== id && other.name === name) ? 'Another layer has this name.' : null;
}
