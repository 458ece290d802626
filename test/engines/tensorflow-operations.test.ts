import { beforeAll, describe, it } from 'vitest';
import { loadTensorFlow } from '../../src-main/engines/tensorflow/load.ts';
import { expectClose, preparedOperations } from './prepared-operations.ts';
import { engineFolder, runProgram } from './tensorflow-harness.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import type { RunResult } from './tensorflow-harness.ts';

function outputOf(result: RunResult, name: string): HostTensor | undefined {
  if (result instanceof Error) throw result;
  return result[name];
}

describe.skipIf(engineFolder === null)('operations in TensorFlow', () => {
  beforeAll(() => {
    loadTensorFlow(engineFolder!, 1);
  });

  for (const { title, program, inputs, expected } of preparedOperations) {
    it(title, async () => {
      const { graph, body } = await runProgram(program, inputs);
      for (const [name, tensor] of expected) {
        expectClose(outputOf(graph, name), tensor);
        expectClose(outputOf(body, name), tensor);
      }
    });
  }
});
