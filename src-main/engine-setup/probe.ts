import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { EngineStatus } from '../../src-shared/contract/contract.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import { makePrivateFolder, PRIVATE_FILE } from '../system/private-files.ts';
import { sweepLeftovers, temporaryName } from '../system/temporary-name.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import { bindingFile, findTensorFlow } from './cache.ts';
import { measureEngine } from './check.ts';
import type { Measurement } from './calls.ts';
import { findNvidiaDriver } from './gpu.ts';
import { platformKey, tensorFlowVersion, tensorFlowWheels } from './pins.ts';

export interface ProbeOptions {
  /** Measures again instead of using an earlier measurement of the same library. */
  readonly fresh?: boolean;
}

type Outcome = { readonly measurement: Measurement } | { readonly error: AppError };

const PART_PREFIX = 'probes.json.';
const probesFile = (): string => join(cacheFolder(), 'probes.json');

/**
 * Tests each engine in another process and reports which one `auto` selects and why. The first test takes one or two
 * seconds per engine; later ones use the cached measurement until the library changes.
 */
export async function probeEngines(options: ProbeOptions = {}): Promise<EngineStatus[]> {
  const tensorflow = await probe('tensorflow', options);
  const onnx = await probe('onnx', options);
  const tensorFlowReady = tensorflow !== null && 'measurement' in tensorflow;
  return [tensorFlowStatus(tensorflow), onnxStatus(onnx, tensorFlowReady)];
}

/** Null if the engine is not installed. */
async function probe(name: EngineName, { fresh = false }: ProbeOptions): Promise<Outcome | null> {
  const key = await probeKey(name);
  if (key === null) return null;
  const known = await readProbes();
  const kept = known[key];
  if (kept && !fresh) return { measurement: kept };
  try {
    const measurement = await measureEngine(name);
    await keepProbe(key, measurement);
    return { measurement };
  } catch (error) {
    return { error: AppError.from(error) };
  }
}

/** Increase it when the test changes, so that engines are measured again. */
const TEST_VERSION = 2;

/** Identifies the installed library and its test; null if there is none. */
async function probeKey(name: EngineName): Promise<string | null> {
  if (name === 'onnx') return `onnx ${platformKey} node ${process.version} test ${TEST_VERSION}`;
  const found = findTensorFlow();
  if (!found) return null;
  const binding = await stat(join(found.folder, bindingFile)).catch(() => null);
  const driver = found.variant === 'gpu' ? findNvidiaDriver()?.driver : undefined;
  return `tensorflow ${found.folder} ${binding?.mtimeMs ?? 0} ${driver ?? 'cpu'} test ${TEST_VERSION}`;
}

async function readProbes(): Promise<Partial<Record<string, Measurement>>> {
  try {
    return JSON.parse(await readFile(probesFile(), 'utf8')) as Record<string, Measurement>;
  } catch {
    return {};
  }
}

/** Best effort: without a writable cache the next probe measures again. */
async function keepProbe(key: string, measurement: Measurement): Promise<void> {
  try {
    await makePrivateFolder(cacheFolder());
    await sweepLeftovers(cacheFolder(), PART_PREFIX);
    const part = join(cacheFolder(), temporaryName(PART_PREFIX));
    const engine = key.split(' ')[0] ?? '';
    const others = Object.entries(await readProbes()).filter(([other]) => !other.startsWith(`${engine} `));
    await writeFile(part, JSON.stringify({ ...Object.fromEntries(others), [key]: measurement }), {
      mode: PRIVATE_FILE,
    });
    await rename(part, probesFile());
  } catch {
    return;
  }
}

const unmeasured = { version: null, device: null, gflops: null, difference: null };

function tensorFlowStatus(outcome: Outcome | null): EngineStatus {
  const base = { name: 'tensorflow' as const, preferred: false, ...unmeasured };
  if (outcome === null) return { ...base, state: 'missing', reason: whyMissing() };
  if ('error' in outcome) return { ...base, state: 'broken', reason: outcome.error.message };
  const { measurement } = outcome;
  const device = deviceName(measurement.device);
  return {
    ...base,
    ...measurement,
    device,
    state: 'ready',
    preferred: true,
    reason: whyTensorFlow(measurement.device),
  };
}

function onnxStatus(outcome: Outcome | null, tensorFlowReady: boolean): EngineStatus {
  const base = { name: 'onnx' as const, preferred: !tensorFlowReady, ...unmeasured };
  if (outcome === null || 'error' in outcome) {
    const reason = outcome?.error.message ?? 'The package of ONNX Runtime is not installed.';
    return { ...base, state: 'broken', preferred: false, reason };
  }
  const reason = tensorFlowReady
    ? 'Ready as a second opinion. TensorFlow is preferred: it trains convolutional networks about twice as fast.'
    : 'In use because the TensorFlow engine is not ready. It comes with Lamina and needs no installation.';
  return { ...base, ...outcome.measurement, state: 'ready', reason };
}

function whyMissing(): string {
  if (!tensorFlowWheels.cpu[platformKey]) {
    return `There is no tested TensorFlow library for ${platformKey}. Use the onnx engine on this machine.`;
  }
  return (
    `TensorFlow ${tensorFlowVersion} is not installed. 'lamina doctor --install' or the Engine page installs it with pip; ` +
    "on a machine without a connection, 'lamina doctor --install PATH' takes one prepared elsewhere."
  );
}

function whyTensorFlow(device: string): string {
  if (device.startsWith('GPU')) return 'Preferred: it computes on the GPU.';
  const driver = findNvidiaDriver();
  if (!driver) return 'Preferred: the fastest engine here. No NVIDIA driver was found, so it computes on the CPU.';
  const hasWheels = findTensorFlow()?.variant === 'gpu';
  const remedy = hasWheels
    ? 'TensorFlow does not see the GPU, though its CUDA libraries are installed; the driver may be too old for CUDA 12.'
    : "'lamina doctor --install' gets TensorFlow's GPU libraries.";
  return `Preferred: the fastest engine here. It computes on the CPU although NVIDIA driver ${driver.driver} was found. ${remedy}`;
}

function deviceName(device: string): string {
  const name = findNvidiaDriver()?.name;
  return device === 'GPU' && name ? `GPU: ${name}` : device;
}
