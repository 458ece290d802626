import { expect, test } from 'vitest';
import { untrainedFrozen } from '../../src-shared/diagnostics/checks/untrained-frozen.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { classFeatures, mlpDocument } from '../support/documents.ts';

const images = classFeatures([28, 28, 1], 10);
const remark = (document: ModelDocument) => untrainedFrozen(document, analyze(document, images));

function withFrozen(...names: string[]): ModelDocument {
  const document = mlpDocument();
  return { ...document, nodes: document.nodes.map((node) => ({ ...node, frozen: names.includes(node.name) })) };
}

test('frozen layers with weights are said to stay random', () => {
  expect(remark(withFrozen())).toBeNull();
  const one = remark(withFrozen('hidden1', 'flatten'))!;
  expect(one).toMatchObject({ severity: 'advice', nodeId: 'hidden1' });
  expect(one.message).toBe(
    "'hidden1' is frozen and no run has trained it, so it keeps the random weights that it starts with. Train first and freeze then.",
  );
  const document = withFrozen('hidden1', 'hidden2');
  const two = remark(document)!;
  expect(two).toMatchObject({ nodeId: null, fixes: [{ label: 'Unfreeze 2 layers' }] });
  expect(two.message).toMatch(/^'hidden1' and 'hidden2' are frozen and no run has trained them, so they keep/);
  const change = changeForFix(document, two.fixes[0]!, () => 'id')!;
  expect(remark(applyChange(document, change).document)).toBeNull();
});

test('it is said too where runs have weights, for Train begins with none of them', () => {
  const document = withFrozen('hidden1');
  expect(untrainedFrozen(document, analyze(document, images), true)).toMatchObject({ nodeId: 'hidden1' });
  expect(untrainedFrozen(withFrozen(), analyze(withFrozen(), images), true)).toBeNull();
});
