import { beforeAll, describe, it } from 'vitest';
import { expectClose, preparedOperations } from './prepared-operations.ts';
import { engineFolder, runPrograms } from './tensorflow-harness.ts';
import type { HostTensor } from '../../src-main/engines/engine.ts';
import type { RunResult } from './tensorflow-harness.ts';

function outputOf(result: RunResult, name: string): HostTensor | undefined {
  if (result instanceof Error) throw result;
  return result[name];
}

describe.skipIf(engineFolder === null)('operations in TensorFlow', () => {
  let results: Awaited<ReturnType<typeof runPrograms>>;
  beforeAll(async () => {
    results = await runPrograms(preparedOperations);
  });

  preparedOperations.forEach(({ title, expected }, index) => {
    it(title, () => {
      for (const [name, tensor] of expected) {
        expectClose(outputOf(results[index]!.graph, name), tensor);
        expectClose(outputOf(results[index]!.body, name), tensor);
      }
    });
  });
});
