import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { operationsPerExample } from '../../src-shared/program/builder/cost.ts';
import { firstChange } from '../../src-shared/program/builder/divide.ts';
import type { CachedFeaturesRecord, UnusedFeatures } from '../../src-shared/training/run/cached-features.ts';
import { updatedState } from '../engines/interface/program-inputs.ts';
import type { TrainJob } from '../training-protocol/protocol.ts';
import { CachedFeatures, targetInputs } from './cached-features.ts';
import type { CachedRows } from './cached-features.ts';

/** Floating-point operations that take longer than writing, reading and loading the values: about half a second. */
const LEAST_SAVED = 1e10;
/** Least part of a step's operations. */
const LEAST_PART = 0.1;
/** Least number of operations for each byte of a value: reading fewer takes as long as computing them. */
const LEAST_PER_BYTE = 10;
/** Largest part of the free memory. The values are in host memory and in the engine's. */
const MOST_MEMORY = 0.25;

export interface ChosenFeatures {
  readonly features: CachedFeatures | null;
  /** Null: no layer is frozen. */
  readonly record: CachedFeaturesRecord | null;
}

/**
 * Decides whether a run computes its frozen part once. A repeated or resumed run does what the earlier run did.
 *
 * @param step Where training begins.
 */
export function chooseFeatures(
  model: CompiledModel,
  {
    configuration,
    execution,
    earlier,
    commands,
  }: Pick<TrainJob, 'configuration' | 'execution' | 'earlier' | 'commands'>,
  rows: CachedRows,
  step: number,
): ChosenFeatures {
  if (!model.weights.some(({ frozen }) => frozen)) return { features: null, record: null };
  const unused = (reason: UnusedFeatures['reason'], layer?: string): ChosenFeatures => ({
    features: null,
    record: { used: false, reason, ...(layer === undefined ? {} : { layer }) },
  });
  if (configuration.cachedFeatures === false) return unused('off');
  if (earlier !== null || execution !== null) {
    const recorded = execution?.cachedFeatures;
    if (recorded?.used !== true) return { features: null, record: recorded ?? unused('recorded').record };
    const left = recorded.values.filter(({ untilStep }) => untilStep === null || untilStep >= step);
    const features = CachedFeatures.of(model, rows, new Set(left.map(({ name }) => name)));
    return features === null ? unused('recorded') : { features, record: recordOf(features) };
  }
  const unfreezes = commands.find(
    (each) => each.step > step && each.command.patch.frozen?.some((change) => !change.frozen),
  );
  const epochs = Math.min(configuration.epochs, unfreezes?.epoch ?? Infinity);
  if (epochs < 2) return unused('epochs');
  const features = CachedFeatures.of(model, rows);
  const { bytes, operations } = features?.training ?? { bytes: 0, operations: 0 };
  if (features === null || operations === 0) return noneFound(model, unused);
  const saved = operations * rows.train * (epochs - 1);
  const least = Math.max(LEAST_PER_BYTE * bytes, LEAST_PART * operationsPerExample(model.programs.train));
  if (saved < LEAST_SAVED || operations < least) return unused('small');
  if (features.sizeBytes > MOST_MEMORY * process.availableMemory()) return unused('large');
  return { features, record: recordOf(features) };
}

function recordOf(features: CachedFeatures): CachedFeaturesRecord {
  const { layers, rows, sizeBytes, names } = features;
  const values = names.map((name) => ({ name, untilStep: null }));
  return { used: true, layers, rows, sizeBytes, durationMs: null, stored: false, values };
}

function noneFound(
  { programs: { train }, weights }: CompiledModel,
  unused: (reason: UnusedFeatures['reason'], layer?: string) => ChosenFeatures,
): ChosenFeatures {
  const found = firstChange(train, { updated: new Set(updatedState(train)), targets: targetInputs });
  const frozen = new Set(weights.filter((weight) => weight.frozen).map(({ layer }) => layer));
  // Frozen layers without a product, as Embedding, cost nothing.
  const isBefore = found !== null && found.after.some((scope) => frozen.has(scope));
  return isBefore ? unused(found.change, found.scope) : unused('small');
}
