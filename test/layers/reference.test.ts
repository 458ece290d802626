import { describe, expect, test } from 'vitest';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { relativeDifference } from '../support/keras-fixtures.ts';
import { layerCases } from '../support/layer-fixtures.ts';

describe('layers in the reference interpreter equal Keras', () => {
  const cases = layerCases();

  test.each(cases.map((example) => [example.title, example] as const))('%s', (_, { program, feeds, expected }) => {
    const { outputs } = interpret(program, feeds);
    for (const [name, tensor] of expected) {
      expect(outputs.get(name)!.shape, name).toEqual(tensor.shape);
      expect(relativeDifference(outputs.get(name)!.data, tensor.data), name).toBeLessThan(1e-5);
    }
  });
});
