import { describe, it } from 'vitest';
import { runProgram } from './onnx-harness.ts';
import { expectClose, preparedOperations } from './prepared-operations.ts';

describe('operations in ONNX Runtime', () => {
  for (const { title, program, inputs, expected } of preparedOperations) {
    it(title, async () => {
      const results = await runProgram(program, inputs);
      for (const [name, tensor] of expected) expectClose(results[name], tensor);
    });
  }
});
