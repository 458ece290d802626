import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { receivedInWords } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { sequentialDocument } from '../support/documents.ts';
import { edgeDocument, edgeProblems, layerEdges } from '../support/layer-edges.ts';
import { modelCase } from '../support/model-case.ts';

/** Values of the wrong type for any parameter, or beyond every limit. */
const WRONG: readonly JsonValue[] = [
  -1e12,
  1e12,
  0.5e-300,
  [0, -1, 2.5],
  { a: 1 },
  [1, 1, 1, 1, 1, 1, 1],
  [[1]],
  ['x', 'x'],
];

/** 'Dense 'fc' expected … ; received … . Set …' */
const COMPLETE = /(expected|Expected|needs?) .*received .*\. [A-Z].*\.$/su;

/** True for a list of numbers of at least `min`. */
function isListWithin(value: JsonValue, min: number): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number' && entry >= min);
}

describe('an invalid parameter value is a problem of its layer', () => {
  test.each(layers.map((layer) => layer.kind))('%s', (kind) => {
    const layer = layers.find((candidate) => candidate.kind === kind)!;
    for (const { name, type } of layer.parameters) {
      // Any text may be a formula, and any list of names a list of columns.
      const values = type.kind === 'formula' || type.kind === 'columns' ? [7, { a: 1 }, null] : WRONG;
      for (const value of values) {
        const document = sequentialDocument([{ kind, name: 'layer', params: { [name]: value } }]);
        const { problems } = analyze(document, null);
        const found = problems.find((problem) => problem.param === name && problem.severity === 'error');
        const what = `${name} ${JSON.stringify(value)}`;
        const small = value === 0.5e-300 && (type.kind === 'number' || type.kind === 'numbers') && type.min <= 0;
        const allowed = small || (type.kind === 'numbers' && isListWithin(value, type.min));
        if (allowed) continue;
        expect(found, what).toMatchObject({ nodeId: 'layer', severity: 'error', code: 'layer/bad-parameter' });
        expect(found!.message, what).toContain(receivedInWords(value));
        expect(found!.message, what).toMatch(COMPLETE);
        expect(found!.fixes.length, what).toBeGreaterThan(0);
      }
    }
  });
});

describe('inputs of every rank and parameters at their limits', () => {
  const edges = layerEdges();
  test.each(layers.map((layer) => layer.kind).filter((kind) => kind !== 'Input' && kind !== 'Output'))(
    '%s is valid, or its message says expectation, received value and remedy',
    (kind) => {
      const own = edges.filter((edge) => edge.kind === kind);
      let taken = 0;
      for (const edge of own) {
        const problems = edgeProblems(edge);
        if (problems.length === 0) taken += 1;
        for (const { message } of problems) expect(message, JSON.stringify(edge)).toMatch(COMPLETE);
      }
      expect(taken).toBeGreaterThan(0);
    },
  );
});

test('every valid edge case can be differentiated', () => {
  const refused = layerEdges().flatMap((edge, seed) => {
    if (edgeProblems(edge).length > 0) return [];
    try {
      const { program } = modelCase({ seed, document: edgeDocument(edge), kinds: [edge.kind], wholeBelow: new Map() });
      return validateProgram(program).map((fault) => `${JSON.stringify(edge)}: ${fault}`);
    } catch (error) {
      return [`${JSON.stringify(edge)}: ${String(error)}`];
    }
  });
  expect(refused).toEqual([]);
});
