import { expect, it } from 'vitest';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { changeWords } from '../../src-renderer/features/model/compare/change-words.ts';
import { mlpDocument } from '../support/documents.ts';

const dense: ModelNode = {
  id: 'd',
  kind: 'Dense',
  name: 'dense',
  params: { units: 32, kernelInitializer: 'heNormal', useBias: true },
  position: { x: 0, y: 0 },
  frozen: false,
};

/** Descriptions of the changes that `after` makes to the layer. */
function wordsOf(after: Partial<ModelNode>): string[] {
  const model = (node: ModelNode): ModelDocument => ({ ...mlpDocument(), nodes: [node], edges: [] });
  const [node] = compareModels(model(dense), model({ ...dense, ...after })).nodes;
  return changeWords(node!, { blocks: [] }).map(({ what, change }) => `${what} ${change}`.trim());
}

it('changeWords uses the labels of the inspector', () => {
  expect(wordsOf({ frozen: true })).toEqual(['Now frozen']);
  expect(wordsOf({ name: 'first' })).toEqual(['Name dense → first']);
  expect(wordsOf({ params: { units: 1024, useBias: false } })).toEqual([
    'Units 32 → 1,024',
    'Kernel initializer He normal → Glorot uniform (default)',
    'Bias on → off',
  ]);
});
