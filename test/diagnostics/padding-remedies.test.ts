import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Fix } from '../../src-shared/document/schema/problem.ts';
import { classFeatures, sequentialDocument } from '../support/documents.ts';

const images = classFeatures([28, 28, 1], 10);

type Layer = [kind: string, params?: Record<string, JsonValue>];

/** Two branches from the Input to a joining layer, and a head. */
function branched(merge: Layer, branches: readonly (readonly Layer[])[]): ModelDocument {
  const head: Layer[] = [merge, ['Flatten'], ['Dense', { units: 10, activation: 'softmax' }]];
  const document = sequentialDocument(head.map(([kind, params = {}]) => ({ kind, params, name: kind.toLowerCase() })));
  const joined = merge[0].toLowerCase();
  document.edges.splice(0, 1);
  branches.forEach((branch, b) => {
    let before = 'input_0';
    branch.forEach(([kind, params = {}], i) => {
      const id = `${'ab'[b]!}${i}`;
      document.nodes.push({ id, kind, name: id, params, position: { x: 200 * b, y: 0 }, frozen: false });
      document.edges.push({ id: `${before}-${id}`, source: before, target: id });
      before = id;
    });
    document.edges.push({ id: `${before}-${joined}-${b}`, source: before, target: joined });
  });
  return document;
}

function problemsOf(document: ModelDocument) {
  return analyze(document, images).problems.filter(({ severity }) => severity === 'error');
}

/** Layers that the fixes of the only problem set to same padding; each fix must make the model valid. */
function padded(document: ModelDocument): string[][] {
  const [problem, ...more] = problemsOf(document);
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ code: 'layer/shape' });
  const fixes = problem!.fixes.filter((fix) => changesOf(fix).length > 0);
  for (const fix of fixes) {
    const change = changeForFix(document, fix, () => 'new');
    expect(problemsOf(applyChange(document, change!))).toEqual([]);
  }
  return fixes.map((fix) => changesOf(fix).map(({ nodeId }) => nodeId));
}

function changesOf(fix: Fix): { nodeId: string; name: string }[] {
  if (fix.action === 'set-param') return fix.params.name === 'padding' ? [fix.params] : [];
  return fix.action === 'set-params' ? fix.params.changes : [];
}

const same: Layer = ['Conv2D', { filters: 32, kernelSize: 3, padding: 'same' }];
const valid = (kernelSize: number): Layer => ['Conv2D', { filters: 32, kernelSize }];

describe('the fix that sets same padding', () => {
  test.each(['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate'])(
    'is offered for the branch of %s that shrinks',
    (kind) => expect(padded(branched([kind], [[same], [valid(5)]]))).toEqual([['b0']]),
  );

  test('is offered for a pooling layer that rounds down', () => {
    const pool = (params: Record<string, JsonValue>): Layer => ['MaxPooling2D', { poolSize: 3, ...params }];
    expect(
      padded(
        branched(
          ['Add'],
          [
            [same, pool({ padding: 'same' })],
            [same, pool({})],
          ],
        ),
      ),
    ).toEqual([['b1']]);
  });

  test('is offered for all layers of a branch if one is not enough', () =>
    expect(padded(branched(['Add'], [[same], [valid(5), valid(3)]]))).toEqual([['b1', 'b0']]));

  test('is offered for both branches if they shrink by different sizes', () =>
    expect(padded(branched(['Add'], [[valid(3)], [valid(5)]]))).toEqual([['a0', 'b0']]));

  test('is not offered if the shapes would still differ', () => {
    const fewer: Layer = ['Conv2D', { filters: 16, kernelSize: 5 }];
    expect(padded(branched(['Add'], [[same], [fewer]]))).toEqual([]);
    expect(padded(branched(['Add'], [[same], [['Conv2D', { filters: 32, kernelSize: 5, strides: 2 }]]]))).toEqual([]);
  });

  test.each<[string, Record<string, JsonValue>]>([
    ['Conv2D', { kernelSize: 40 }],
    ['MaxPooling2D', { poolSize: 30 }],
    ['DepthwiseConv2D', { kernelSize: 29 }],
    ['SeparableConv2D', { kernelSize: 40 }],
  ])('is offered for a window of %s %j that is larger than the image', (kind, params) => {
    const document = sequentialDocument([
      { kind, params, name: 'window' },
      { kind: 'Flatten' },
      { kind: 'Dense', params: { units: 10, activation: 'softmax' } },
    ]);
    expect(padded(document)).toEqual([['window']]);
  });

  test('is not offered if the layer fits no image size', () => {
    const document = sequentialDocument([
      { kind: 'Conv2D', params: { kernelSize: 40, groups: 2 } },
      { kind: 'Flatten' },
      { kind: 'Dense', params: { units: 10, activation: 'softmax' } },
    ]);
    expect(padded(document)).toEqual([]);
  });
});
