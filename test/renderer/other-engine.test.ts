import { expect, it } from 'vitest';
import { otherEngineWords } from '../../src-renderer/terms/other-engine.ts';
import type { EngineStatus } from '../../src-shared/contract/contract.ts';

const status = (name: EngineStatus['name'], state: EngineStatus['state']): EngineStatus => {
  return { name, state, version: null, device: null, preferred: false, reason: '', gflops: null, difference: null };
};
const onnx = status('onnx', 'ready');

it.each([
  ['the engine is ready', [onnx, status('tensorflow', 'ready')], false],
  ['the engine is missing', [onnx, status('tensorflow', 'missing')], true],
  ['the engine is broken', [onnx, status('tensorflow', 'broken')], true],
  ['no engine is ready', [status('onnx', 'broken'), status('tensorflow', 'missing')], false],
  ['engines are not known yet', [], false],
])('if %s, repeating a TensorFlow run mentions another engine: %s', (_, engines, speaks) => {
  expect(otherEngineWords('tensorflow', engines, 'repeat') !== null).toBe(speaks);
});
