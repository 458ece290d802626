import { describe, expect, it } from 'vitest';
import {
  freezingCounts,
  freezingCsv,
  freezingFault,
  freezingJson,
  freezingProofSchema,
  freezingText,
  layerFreezing,
  noFreezingText,
} from '../../src-shared/training/run/freezing-proof.ts';
import type { FreezingProof } from '../../src-shared/training/run/freezing-proof.ts';
import { runStateSchema } from '../../src-shared/training/run/run-state.ts';

/** A hash by its first digit. */
const hash = (digit: number): string => String(digit).padEnd(64, '0');

/** [step, digit of the hash, frozen from here on]. */
type Hashes = readonly (readonly [step: number, digit: number, frozen: boolean])[];

const layer = (name: string, hashes: Hashes, followsBatches = false): FreezingProof['layers'][number] => ({
  layer: name,
  before: hash(hashes[0]![1]),
  after: hash(hashes.at(-1)![1]),
  weights: [
    {
      name: `${name}/kernel`,
      shape: [2, 3],
      followsBatches,
      hashes: hashes.map(([step, digit, frozen]) => ({ step, sha256: hash(digit), frozen })),
    },
  ],
});

const proofOf = (...layers: FreezingProof['layers']): FreezingProof =>
  freezingProofSchema.parse({ version: 1, layers });

// prettier-ignore
const cases = {
  always: layer('always', [[0, 1, true], [90, 1, false]]),
  fault: layer('fault', [[0, 1, true], [90, 2, false]]),
  never: layer('never', [[0, 1, false], [90, 2, false]]),
  untouched: layer('untouched', [[0, 1, false], [90, 1, false]]),
  then: layer('then', [[0, 1, true], [30, 1, false], [90, 2, false]]),
  between: layer('between', [[0, 1, false], [30, 2, true], [60, 2, false], [90, 3, false]]),
  betweenFault: layer('betweenFault', [[0, 1, false], [30, 2, true], [60, 3, false], [90, 4, false]]),
  /** Frozen, and unfrozen again before the next step. */
  atOnce: layer('atOnce', [[0, 1, false], [30, 2, true], [30, 2, false], [90, 3, false]]),
  joined: layer('joined', [[10, 1, true], [30, 1, true], [90, 1, false]]),
  follows: layer('follows', [[0, 1, true], [90, 2, false]], true),
};

describe('the comparison of a run', () => {
  it.each([
    ['always', 'always', 'unchanged', [[1, 90]]],
    ['fault', 'always', 'fault', [[1, 90]]],
    ['never', 'never', 'changed', []],
    ['untouched', 'never', 'unchanged', []],
    ['then', 'partly', 'changed', [[1, 30]]],
    ['between', 'partly', 'changed', [[31, 60]]],
    ['betweenFault', 'partly', 'fault', [[31, 60]]],
    ['atOnce', 'never', 'changed', []],
    ['joined', 'always', 'unchanged', [[11, 90]]],
    ['follows', 'always', 'changed', [[1, 90]]],
  ] as const)('has the steps and the result of a layer: %s', (name, frozen, result, spans) => {
    const [found] = layerFreezing(proofOf(cases[name]));
    expect(found).toMatchObject({ layer: name, frozen, result, weights: [{ result }] });
    expect(found!.spans.map(({ first, last }) => [first, last])).toEqual(spans);
    expect(found!.compared).toEqual({ first: name === 'joined' ? 11 : 1, last: 90 });
  });

  it('counts layers by their freezing and result', () => {
    const layers = layerFreezing(proofOf(...Object.values(cases)));
    expect(freezingCounts(layers)).toEqual({
      frozen: 2,
      partlyFrozen: 2,
      followBatches: 1,
      trained: 2,
      untouched: 1,
      faults: 2,
    });
    expect(freezingText(layers)).toMatchInlineSnapshot(
      `"2 layers changed while frozen, 2 layers frozen and unchanged, 2 layers frozen for a part of the run and unchanged in it, 1 layer frozen and unchanged except statistics that follow the batches, 2 layers trained, 1 layer not frozen but unchanged"`,
    );
    expect(freezingText(layerFreezing(proofOf()))).toMatch(/no layer/i);
  });

  it('names weights that changed while frozen', () => {
    const { fault, betweenFault, ...others } = cases;
    const text = freezingFault(layerFreezing(proofOf(...Object.values(cases))));
    for (const name of ['fault/kernel', 'betweenFault/kernel']) expect(text).toContain(name);
    expect(freezingFault(layerFreezing(proofOf(...Object.values(others))))).toBeNull();
    const many = Array.from({ length: 7 }, (_, i) => ({
      ...fault,
      weights: layer(`f${i}`, [
        [0, 1, true],
        [9, 2, false],
      ]).weights,
    }));
    expect(freezingFault(layerFreezing(proofOf(...many)))).toMatch(/f4\/kernel and 2 more/);
    expect(betweenFault.layer).toBe('betweenFault');
  });

  it('is written as CSV and JSON', () => {
    const proof = proofOf(cases.between, cases.fault);
    expect(freezingCsv(proof).split('\n')).toEqual([
      'layer,weight,shape,first_step,last_step,frozen_steps,result,sha256_before,sha256_after',
      `between,between/kernel,2x3,1,90,31-60,changed,${hash(1)},${hash(3)}`,
      `fault,fault/kernel,2x3,1,90,1-90,changed while frozen,${hash(1)},${hash(2)}`,
      '',
    ]);
    expect(freezingJson(proof)).toMatchObject({ version: 1, counts: { faults: 1, partlyFrozen: 1 }, layers: [{}, {}] });
  });

  it('is not read if it is of another version or damaged', () => {
    const read = (value: unknown) => freezingProofSchema.safeParse(value).success;
    expect([read({ version: 1, layers: [] }), read({ version: 2, layers: [] })]).toEqual([true, false]);
    expect(read({ version: 1, layers: [{ ...cases.always, before: 'x' }] })).toBe(false);
  });

  it('has words for every state in which it is missing', () => {
    const words = new Set(runStateSchema.options.map(noFreezingText));
    expect(words.size).toBe(3);
  });
});
