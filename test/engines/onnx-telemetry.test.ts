import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Trains one step on ONNX Runtime: enabled telemetry would leave a device identifier and an event queue. */
const program = `
  import { loadOnnxEngine } from './src-main/engines/onnx/engine.ts';
  import { predict } from './src-main/engines/interface/model-calls.ts';
  import { compileTestModel, denseModel, initialState } from './test/engines/onnx-models.ts';
  const engine = await loadOnnxEngine('cpu');
  const model = compileTestModel(denseModel([2, 2, 2], 'adam'));
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
  await session.writeState(initialState(model));
  const prediction = await predict(session, { x: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } });
  if (prediction.length !== 1) throw new Error('Expected one prediction.');
  await session.dispose();
`;

it('ONNX Runtime writes no telemetry files into the home folder', async () => {
  const home = await mkdtemp(join(tmpdir(), 'lamina-home-'));
  try {
    // As on a user's machine: in continuous integration and unit tests telemetry is off by default.
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env: { HOME: home },
    });
    expect(await readdir(home, { recursive: true })).toEqual([]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
