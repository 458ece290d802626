import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import {
  firstNormalization,
  isInRange,
  PIXEL_RESCALINGS,
  rangeDifference,
  rangeWarning,
} from '../../../src-shared/diagnostics/checks/normalization-range.ts';
import type {
  ChannelStatistics,
  RangeDifference,
  Rescaled,
} from '../../../src-shared/diagnostics/checks/normalization-range.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Engine, EngineSession, ExampleTensors, HostTensor, SessionData } from '../../engines/interface/engine.ts';
import { examplesOfSplit, hostExamples } from '../../engines/interface/example-rows.ts';

/** Rows of the training split that are compared, and of one call. */
const ROWS = 32;
const ROWS_OF_CALL = 8;

/**
 * Compares what the first normalization of the trained layers reads with its stored statistics, on rows of the training
 * split.
 *
 * @param given Weights that have trained values.
 * @returns A warning; null if the range is that of the training, or if there is nothing to compare.
 * @throws AppError `engine/…`.
 */
export async function normalizationRange(
  { programs, weights }: CompiledModel,
  given: ReadonlyMap<string, HostTensor>,
  data: SessionData,
  engine: Engine,
  intraOpThreads: number,
): Promise<string | null> {
  const first = firstNormalization(programs['predict']!, weights, new Set(given.keys()));
  if (first === null) return null;
  const { program, layer } = first;
  const read = weights.filter(({ name }) => program.state.some((state) => state.name === name));
  const options = { intraOpThreads, stepsPerCall: [1] };
  const session = await engine.createSession({ programs: { value: program }, weights: read, slots: [] }, options);
  try {
    await session.writeState(new Map(read.map(({ name }) => [name, given.get(name)!])));
    const stored = { mean: given.get(first.mean)!.data, variance: given.get(first.variance)!.data };
    const calls = sample(data);
    const difference = async (rescaled: Rescaled | null): Promise<RangeDifference> =>
      rangeDifference(await statistics(session, calls, stored.mean.length, rescaled), stored);
    const found = await difference(null);
    if (isInRange(found)) return null;
    const rows = calls.reduce((sum, { x }) => sum + x.shape[0]!, 0);
    let remedy: (typeof PIXEL_RESCALINGS)[number] | null = null;
    let least = Infinity;
    for (const rescaled of hasPictures(calls) ? PIXEL_RESCALINGS : []) {
      const other = await difference(rescaled);
      const distance = other.shift + Math.abs(Math.log(other.spread));
      if (!isInRange(other) || distance >= least) continue;
      remedy = rescaled;
      least = distance;
    }
    return rangeWarning(layer, found, rows, remedy);
  } finally {
    await session.dispose();
  }
}

/** Rows at equal distances in the training split, in tensors of a few rows each. */
function sample(data: SessionData): ExampleTensors[] {
  const train = data.splits.train;
  const count = Math.min(ROWS, train.length);
  const chosen = Int32Array.from({ length: count }, (_, i) => train[Math.floor((i * train.length) / count)]!);
  const examples = examplesOfSplit({ ...data, splits: { ...data.splits, train: chosen } }, 'train');
  return Array.from({ length: Math.ceil(count / ROWS_OF_CALL) }, (_, call) =>
    hostExamples(examples, call * ROWS_OF_CALL, Math.min(count, (call + 1) * ROWS_OF_CALL)),
  );
}

function hasPictures([first]: readonly ExampleTensors[]): boolean {
  return first !== undefined && Object.keys(first).length === 1 && first.x.shape.length === 4;
}

async function statistics(
  session: EngineSession,
  calls: readonly ExampleTensors[],
  channels: number,
  rescaled: Rescaled | null,
): Promise<ChannelStatistics> {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const given of calls) {
    const examples = rescaled === null ? given : { ...given, x: rescale(given.x, rescaled) };
    const { data, shape } = (await session.run('value', { examples })).get('value')!;
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      sums[i % channels]! += value;
      squares[i % channels]! += value * value;
    }
    count += elementCount(shape) / channels;
  }
  const mean = sums.map((sum) => sum / count);
  return { mean, variance: squares.map((square, channel) => Math.max(0, square / count - mean[channel]! ** 2)) };
}

function rescale(x: HostTensor, { scale, offset }: Rescaled): HostTensor {
  return { dtype: 'float32', shape: x.shape, data: Float32Array.from(x.data, (value) => scale * value + offset) };
}
