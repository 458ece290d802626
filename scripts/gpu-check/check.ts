// The check. `scripts/gpu-check.mjs` starts it and lists its requirements.
//
// Cases run in worker processes, one on the GPU and one on the processor at a time, so that a crash or
// a hang costs one case. Losses are compared with TensorFloat-32 off (NVIDIA_TF32_OVERRIDE=0): it keeps
// ten bits of each factor's mantissa, so with it no product agrees to 1e-4. Its effect and that of
// TF_DETERMINISTIC_OPS=1 are measured on the networks of the bench and some other models, and noted.
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { engineEnvironment, findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { findNvidiaDriver } from '../../src-main/engine-setup/gpu.ts';
import { probeEngines } from '../../src-main/engine-setup/probe.ts';
import { programPath } from '../../src-main/programs.ts';
import { layerCases } from '../../test/support/layer-fixtures.ts';
import { benchCases, trainingCases } from './cases.ts';
import { compareTraining, relativeTolerance } from './compare.ts';
import { FIXTURE_GROUP } from './protocol.ts';
import type { TrainingResult } from './protocol.ts';
import { CaseWorker } from './case-worker.ts';

const { values: options } = parseArgs({
  options: {
    'allow-cpu': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '2' },
    out: { type: 'string' },
  },
});
const allowCpu = options['allow-cpu'];
const endsAt = Date.now() + Number(options.minutes) * 60_000;
/** Tolerance of fixtures: that of the tests on the CPU, with room for another order of summation. */
const FIXTURE_TOLERANCE = 1e-4;
/** The first case on a GPU also waits for the driver to compile kernels. */
const CASE_LIMIT_MS = 90_000;
/** Models that are also trained with TensorFloat-32 and with deterministic operations. */
const SWITCHED = ['embedding', 'attention', 'pooling', 'convolution 3D', 'GRU'];

interface Line {
  readonly case: string;
  /** 'noted' is measured and cannot fail. */
  readonly status: 'passed' | 'failed' | 'noted';
  /** For the table. */
  readonly summary: string;
  readonly error?: string;
  readonly [more: string]: unknown;
}

const lines: Line[] = [];

function record(line: Line): void {
  lines.push(line);
  const text = JSON.stringify(line);
  console.log(text);
  if (options.out !== undefined) appendFileSync(options.out, `${text}\n`);
}

const wanted = (name: string): boolean =>
  options.only === '' || options.only.split(',').some((part) => name.includes(part));

/** Runs a case. Records a failure if it throws or if no time is left. */
async function attempt(name: string, work: () => Promise<void>): Promise<void> {
  if (!wanted(name)) return;
  if (Date.now() > endsAt) {
    record({ case: name, status: 'failed', summary: 'not run', error: `The ${options.minutes} minutes are over.` });
    return;
  }
  try {
    await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    record({ case: name, status: 'failed', summary: text.split('\n')[0]!.slice(0, 80), error: text });
  }
}

const limit = (): number => Math.max(1000, Math.min(CASE_LIMIT_MS, endsAt + 15_000 - Date.now()));

const environment = (changes: Record<string, string | undefined>): NodeJS.ProcessEnv => {
  const merged = { ...process.env, ...engineEnvironment(), ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
};
const onGpu = environment({ NVIDIA_TF32_OVERRIDE: '0' });
const onGpuWithTf32 = environment({ NVIDIA_TF32_OVERRIDE: undefined });
const onGpuDeterministic = environment({ NVIDIA_TF32_OVERRIDE: '0', TF_DETERMINISTIC_OPS: '1' });
const onProcessor = environment({ CUDA_VISIBLE_DEVICES: '-1' });

function requireGpu(device: string): void {
  if (device.startsWith('GPU') || allowCpu) return;
  throw new Error(`Expected the GPU as device; received '${device}'.`);
}

function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** Checks that the engine is found, tested and selected as in the product. */
async function checkEngine(): Promise<void> {
  const found = findTensorFlow();
  const driver = findNvidiaDriver();
  const loud = await output(process.execPath, [programPath('engines'), 'measure', 'tensorflow'], {
    ...environment({ TF_CPP_MIN_LOG_LEVEL: '0' }),
  });
  process.stderr.write(`What TensorFlow says when it is loaded:\n${loud.stderr.slice(-8000)}${loud.stdout}\n`);
  if (found === null) throw new Error('TensorFlow is not installed.');
  const [status] = await probeEngines({ fresh: true });
  if (status?.state !== 'ready') throw new Error(`TensorFlow is ${status?.state}: ${status?.reason}`);
  requireGpu(status.device ?? 'no device');
  if (!status.preferred) throw new Error(`TensorFlow is not preferred: ${status.reason}`);
  const { device, version, gflops, reason } = status;
  const summary = `${device}, TensorFlow ${version}, ${gflops?.toFixed(0)} GFLOP/s`;
  record({ case: 'engine', status: 'passed', summary, device, version, gflops, reason, found, driver });
}

/** The same steps on the GPU and on the processor of the same machine. */
async function checkTraining(gpu: CaseWorker, processor: CaseWorker): Promise<Map<string, TrainingResult>> {
  const references = new Map<string, TrainingResult>();
  const chosen = trainingCases.filter(({ name }) => wanted(name));
  const pending = new Map<string, Promise<TrainingResult>>();
  const processorLane = (async () => {
    for (const { name } of chosen) {
      const answer = processor.run('train', { name, repeat: false }, limit());
      pending.set(name, answer);
      await answer.catch(() => undefined);
    }
  })();
  for (const { name } of chosen) {
    await attempt(name, async () => {
      const result = await gpu.run('train', { name, repeat: true }, limit());
      requireGpu(result.device);
      while (!pending.has(name)) await new Promise((resolve) => setTimeout(resolve, 50));
      const reference = await pending.get(name)!;
      references.set(name, reference);
      recordTraining(name, result, reference);
    });
  }
  await processorLane;
  return references;
}

function recordTraining(name: string, result: TrainingResult, reference: TrainingResult): void {
  const compared = compareTraining(result, reference);
  const { first, last, predictions, fault } = compared;
  const summary =
    `loss differs by ${first.toExponential(1)} at step 1, ${last.toExponential(1)} at step ${result.losses.length}, ` +
    `predictions by ${predictions.toExponential(1)}${result.sameBits === false ? '; repeated: other bits' : ''}`;
  record({
    case: name,
    status: fault === null ? 'passed' : 'failed',
    summary,
    ...(fault === null ? {} : { error: `${fault}\ngpu ${result.losses.join(' ')}\ncpu ${reference.losses.join(' ')}` }),
    ...compared,
    sameBits: result.sameBits,
    loss: result.losses.at(-1),
    gpuSeconds: result.seconds,
    cpuSeconds: reference.seconds,
  });
}

async function checkFixtures(gpu: CaseWorker): Promise<void> {
  const count = layerCases().length;
  for (let first = 0; first < count; first += FIXTURE_GROUP) {
    const name = `Keras's layers ${first + 1} to ${Math.min(count, first + FIXTURE_GROUP)}`;
    await attempt(name, async () => {
      const { differences } = await gpu.run('fixtures', { first }, limit());
      const worst = differences.reduce((most, { difference }) => Math.max(most, difference), 0);
      const off = differences.filter(({ difference }) => !(difference < FIXTURE_TOLERANCE));
      record({
        case: name,
        status: off.length === 0 ? 'passed' : 'failed',
        summary: `differ by at most ${worst.toExponential(1)}`,
        worst,
        ...(off.length === 0
          ? {}
          : { error: off.map(({ title, difference }) => `${difference}: ${title}`).join('\n') }),
      });
    });
  }
}

/** Notes the effect of a setting of the libraries; never fails. */
async function noteSwitch(
  label: string,
  env: NodeJS.ProcessEnv,
  references: ReadonlyMap<string, TrainingResult>,
): Promise<void> {
  const worker = new CaseWorker(env);
  for (const name of [...benchCases.map((example) => example.name), ...SWITCHED]) {
    const reference = references.get(name);
    if (reference === undefined || Date.now() > endsAt - 30_000) continue;
    try {
      const result = await worker.run('train', { name, repeat: true }, limit());
      const { first, last } = compareTraining(result, reference);
      const { sameBits } = result;
      const summary = `loss differs by ${first.toExponential(1)} at step 1, ${last.toExponential(1)} at step ${result.losses.length}; repeated: ${sameBits === true ? 'same' : 'other'} bits`;
      record({ case: `${label}: ${name}`, status: 'noted', summary, first, last, sameBits });
    } catch (error) {
      record({ case: `${label}: ${name}`, status: 'noted', summary: 'does not run', error: (error as Error).message });
    }
  }
  await worker.end();
}

interface Rates {
  readonly called: number;
  readonly single: number;
}

async function speedOf(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
  device: 'GPU' | 'processor',
): Promise<Map<string, Rates>> {
  const rates = new Map<string, Rates>();
  const worker = new CaseWorker(env);
  for (const name of names) {
    if (Date.now() > endsAt) break;
    try {
      const result = await worker.run('speed', { name, seconds: Number(options.seconds) }, limit());
      if (device === 'GPU') requireGpu(result.device);
      rates.set(name, { called: result.stepsPerSecond, single: result.singleStepsPerSecond });
    } catch (error) {
      const text = (error as Error).message;
      record({ case: `speed of ${name} on the ${device}`, status: 'failed', summary: 'does not run', error: text });
    }
    // On the CPU the number of threads per operation depends on the model and is fixed when the library is loaded.
    if (device === 'processor') await worker.end();
  }
  await worker.end();
  return rates;
}

async function checkSpeed(): Promise<void> {
  const names = benchCases.map(({ name }) => name).filter((name) => wanted(name) || wanted('speed'));
  const processor = allowCpu && findNvidiaDriver() === null ? null : speedOf(onProcessor, names, 'processor');
  const plain = await speedOf(onGpu, names, 'GPU');
  const withTf32 = await speedOf(onGpuWithTf32, names, 'GPU');
  const deterministic = await speedOf(onGpuDeterministic, names, 'GPU');
  const compared = (await processor) ?? plain;
  const shown = (rate: Rates | undefined): string => (rate === undefined ? '–' : rate.called.toFixed(1));
  for (const name of names) {
    const rate = plain.get(name);
    if (rate === undefined) continue;
    record({
      case: `speed of ${name}`,
      status: 'passed',
      summary: `${shown(rate)} steps/s (${rate.single.toFixed(1)} in calls of one); with TF32 ${shown(withTf32.get(name))}, deterministic ${shown(deterministic.get(name))}; processor (${availableParallelism()} cores) ${shown(compared.get(name))}`,
      gpu: rate,
      gpuWithTf32: withTf32.get(name),
      gpuDeterministic: deterministic.get(name),
      processor: compared.get(name),
    });
  }
}

/** Checks the whole product: trainer process, checkpoints, resuming, evaluation, prediction, export. */
async function checkProduct(): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const folder = mkdtempSync(join(tmpdir(), 'lamina-gpu-check-'));
  const project = join(folder, 'spirals');
  const again = join(folder, 'again');
  for (const target of [project, again]) cpSync(join(root, 'examples', 'spirals'), target, { recursive: true });
  const lamina = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const { status, stdout, stderr } = await output(process.execPath, [programPath('cli'), ...args, '--json'], onGpu);
    if (status !== 0) throw new Error(`lamina ${args.join(' ')} ended with ${status}.\n${stderr}\n${stdout}`);
    return stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
  };
  const epochs = (events: readonly Record<string, unknown>[]) => events.filter(({ event }) => event === 'epoch');
  let whole: Record<string, unknown>[] = [];
  try {
    await attempt('product: train', async () => {
      whole = await lamina('train', project, '--epochs', '4');
      const end = whole.at(-1)!;
      if (end['engine'] !== 'tensorflow') throw new Error(`Trained on ${String(end['engine'])}.`);
      const rate = epochs(whole).at(-1)?.['stepsPerSecond'];
      record({
        case: 'product: train',
        status: 'passed',
        summary: `${Number(rate).toFixed(0)} steps/s in the last epoch`,
        end,
      });
    });
    await attempt('product: resume', async () => {
      await lamina('train', again, '--epochs', '2');
      const resumed = await lamina('train', again, '--resume', 'last', '--epochs', '4');
      const [expected, received] = [epochs(whole).at(-1)?.['loss'], epochs(resumed).at(-1)?.['loss']].map(Number);
      const difference = Math.abs(received! - expected!);
      if (!(difference <= relativeTolerance(expected!)))
        throw new Error(`Expected the loss ${expected}; received ${received}.`);
      record({
        case: 'product: resume',
        status: 'passed',
        summary: `loss differs from that of the uninterrupted run by ${difference.toExponential(1)}`,
        difference,
      });
    });
    await attempt('product: evaluate', async () => {
      const [result] = await lamina('evaluate', project, '--run', 'last');
      const tested = (whole.at(-1)?.['test'] as { loss: number } | undefined)?.loss ?? NaN;
      const difference = Math.abs(Number(result!['loss']) - tested);
      if (!(difference <= relativeTolerance(tested)))
        throw new Error(`Expected the loss ${tested}; received ${JSON.stringify(result)}.`);
      record({
        case: 'product: evaluate',
        status: 'passed',
        summary: `loss differs from the run's own by ${difference.toExponential(1)}`,
        difference,
      });
    });
    await attempt('product: predict', async () => {
      const rows = join(folder, 'rows.csv');
      writeFileSync(rows, 'x,y\n0.1,0.2\n-0.5,0.7\n0.9,-0.3\n');
      const predicted = await lamina('predict', project, rows);
      if (predicted.length !== 3) throw new Error(`Expected 3 predictions; received ${JSON.stringify(predicted)}.`);
      record({ case: 'product: predict', status: 'passed', summary: `${predicted.length} rows`, predicted });
    });
    await attempt('product: export', async () => {
      const [result] = await lamina('export', project, '--out', join(folder, 'exported'));
      const difference = result!['maxDifference'];
      if (typeof difference !== 'number' || !(difference <= 1e-5))
        throw new Error(`The exported model differs: ${JSON.stringify(result)}`);
      record({
        case: 'product: export',
        status: 'passed',
        summary: `SavedModel, loaded again, differs by ${difference.toExponential(1)}`,
        difference,
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function printTable(): void {
  const width = Math.max(...lines.map((line) => line.case.length));
  const marks = { passed: '✓', failed: '✗', noted: '·' };
  console.log('');
  for (const line of lines) console.log(`${marks[line.status]} ${line.case.padEnd(width)}  ${line.summary}`);
  for (const { case: name, status, error } of lines) {
    if (status === 'failed') console.log(`\n✗ ${name}\n${error ?? ''}`);
  }
  const count = (status: Line['status']): number => lines.filter((line) => line.status === status).length;
  console.log(`\ngpu-check: ${count('passed')} passed, ${count('failed')} failed`);
  process.exitCode = count('failed') === 0 && count('passed') > 0 ? 0 : 1;
}

await attempt('engine', checkEngine);
const blocked = lines.some((line) => line.case === 'engine' && line.status === 'failed');
if (!blocked) {
  const gpu = new CaseWorker(onGpu);
  const processor = new CaseWorker(onProcessor);
  const references = await checkTraining(gpu, processor);
  await processor.end();
  await Promise.all([checkFixtures(gpu), checkProduct()]);
  await gpu.end();
  await checkSpeed();
  await noteSwitch('with TF32', onGpuWithTf32, references);
  await noteSwitch('deterministic', onGpuDeterministic, references);
}
printTable();
