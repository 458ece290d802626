import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { operationsPerExample } from '../../../src-shared/program/builder/cost.ts';
import { firstChange } from '../../../src-shared/program/builder/divide.ts';
import { withFrozen } from '../../../src-shared/training/commands/freezing.ts';
import type { Freezing } from '../../../src-shared/training/commands/freezing.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type {
  CachedFeaturesRecord,
  UnusedFeatures,
  UsedFeatures,
} from '../../../src-shared/training/run/cached-features.ts';
import { freeBytes } from '../../data/cache/folder.ts';
import { updatedState } from '../../engines/interface/program-inputs.ts';
import type { TrainJob } from '../../training-protocol/protocol.ts';
import { CachedFeatures, drawsOf, targetInputs } from './cached-features.ts';
import type { CachedRows } from './cached-features.ts';

/** Floating-point operations that take longer than writing, reading and loading the values: about half a second. */
const LEAST_SAVED = 1e10;
/** Least part of a step's operations. */
const LEAST_PART = 0.1;
/** Least number of operations for each byte of a value: reading fewer takes as long as computing them. */
const LEAST_PER_BYTE = 10;
/** The same for values that are read from the disk for each batch, a few hundred MB per second. */
const LEAST_PER_STREAMED_BYTE = 100;
/** Largest part of the free memory for values in memory: they are in host memory and in the engine's. */
const MOST_MEMORY = 0.25;

/** Bytes that cached values can have. */
export interface FeatureRoom {
  /** If they have more, they are read by batch. */
  readonly memory: number;
  /** In the data cache on disk. */
  readonly disk: number;
}

/** What this machine has. */
export async function featureRoom(): Promise<FeatureRoom> {
  return { memory: MOST_MEMORY * process.availableMemory(), disk: await freeBytes() };
}

export interface ChosenFeatures {
  readonly features: CachedFeatures | null;
  /** Null: no layer is frozen. */
  readonly record: CachedFeaturesRecord | null;
}

type Recorded = Pick<TrainJob, 'model' | 'configuration' | 'execution' | 'earlier' | 'commands' | 'firstPhaseSeq'>;

/** What the choice depends on, besides the model that trains. */
export interface ChoiceParts {
  readonly job: Recorded;
  readonly rows: CachedRows;
  /** See `featureRoom`. */
  readonly room: FeatureRoom;
  /** The model of a document that differs from the job's in what is frozen. @throws AppError. */
  compile(document: ModelDocument): CompiledModel;
}

/** Layers are frozen or unfrozen while a run trains. */
export interface FrozenChange {
  readonly changes: readonly Freezing[];
  readonly step: number;
  /** Completed epochs. */
  readonly epoch: number;
  /** Of the whole training. */
  readonly epochs: number;
  /** Whether the run that is repeated or resumed, or its phases, did so at this step. */
  readonly replayed: boolean;
}

/**
 * Decides which outputs of frozen layers a run computes once. A repeated or resumed run does what the earlier run did.
 */
export class FeatureChooser {
  readonly #parts: ChoiceParts;
  /** What the earlier run did; null: there is none. */
  readonly #recorded: Pick<UsedFeatures, 'values' | 'changedAt'> | null;

  constructor(parts: ChoiceParts) {
    this.#parts = parts;
    const { earlier, execution } = parts.job;
    const record = execution?.cachedFeatures;
    const isNew = earlier === null && execution === null;
    this.#recorded = isNew ? null : record?.used === true ? record : { values: [], changedAt: record?.changedAt };
  }

  /** @param step Where training begins. */
  first(model: CompiledModel, step: number): ChosenFeatures {
    const { job } = this.#parts;
    const { configuration, execution } = job;
    if (!model.weights.some(({ frozen }) => frozen)) return { features: null, record: null };
    if (configuration.cachedFeatures === false) return unused('off');
    if (this.#recorded !== null) {
      const recorded = execution?.cachedFeatures;
      if (recorded?.used === false) return { features: null, record: recorded };
      // Commands of this step apply when training begins.
      const names = this.#recorded.values.filter(
        ({ fromStep = 0, untilStep }) => fromStep <= step && (untilStep === null || untilStep >= step),
      );
      const features = this.#of(model, names);
      return features === null ? unused('recorded') : { features, record: recordOf(features) };
    }
    if (configuration.epochs < 2) return unused('epochs');
    const features = this.#of(model);
    if (features === null || features.training.operations === 0) return noneFound(model, configuration);
    const reason = this.#reasonAgainst(features, model, job.model, { step, epoch: 0, epochs: configuration.epochs });
    return reason === null ? { features, record: recordOf(features) } : unused(reason);
  }

  /**
   * The values that a run goes on with: what is left of the current ones. If layers of theirs are unfrozen, a new cut is
   * made below those, where this saves time.
   *
   * @param document With what is frozen now, and its model.
   * @param current Its values are taken over; the caller closes it.
   */
  next(
    model: CompiledModel,
    document: ModelDocument,
    current: CachedFeatures | null,
    change: FrozenChange,
  ): CachedFeatures | null {
    const { configuration } = this.#parts.job;
    const { step, changes, replayed } = change;
    if (this.#recorded !== null && replayed && this.#isRecorded(step)) {
      const names = this.#recorded.values.filter(
        ({ fromStep = 0, untilStep }) => fromStep <= step && (untilStep === null || untilStep > step),
      );
      return this.#taking(current, this.#of(model, names));
    }
    const left = current?.after(model) ?? null;
    const isSmaller = current === null || left === null || left.names.length < current.names.length;
    if (configuration.cachedFeatures === false || !isSmaller) return left;
    if (!changes.some(({ frozen }) => !frozen)) return left;
    const lower = this.#taking(current, this.#of(model));
    if (lower === null || lower.training.operations === 0) return left;
    return this.#reasonAgainst(lower, model, document, change) === null ? lower : left;
  }

  /** Whether the earlier run made its choice at this step. If it ended before the step, this run makes a new choice. */
  #isRecorded(step: number): boolean {
    if (this.#parts.job.firstPhaseSeq !== undefined) return false;
    const { changedAt } = this.#recorded!;
    return changedAt === undefined || changedAt.includes(step);
  }

  /** @param only Values that may be cached. Default: all. */
  #of(model: CompiledModel, only?: readonly { readonly name: string }[]): CachedFeatures | null {
    const { rows, room, job } = this.#parts;
    const variants = job.configuration.cachedVariants;
    const names = only && { only: new Set(only.map(({ name }) => name)) };
    return CachedFeatures.of(model, rows, { memoryBytes: room.memory, variants, ...names });
  }

  #taking(current: CachedFeatures | null, next: CachedFeatures | null): CachedFeatures | null {
    if (current !== null) next?.takeFrom(current);
    return next;
  }

  /** Why it would not save time; null: it would. */
  #reasonAgainst(
    features: CachedFeatures,
    { programs }: CompiledModel,
    document: ModelDocument,
    { step, epoch, epochs }: Pick<FrozenChange, 'step' | 'epoch' | 'epochs'>,
  ): 'epochs' | 'small' | 'large' | null {
    const { rows, room } = this.#parts;
    const read = Math.min(epochs, this.#endOf(features, document, step)) - epoch;
    // Each variant is computed once.
    if (read <= features.variants) return 'epochs';
    const { bytes, operations } = features.training;
    const saved = operations * rows.train * (read - features.variants);
    const perByte = features.streamed ? LEAST_PER_STREAMED_BYTE : LEAST_PER_BYTE;
    const least = Math.max(perByte * bytes, LEAST_PART * operationsPerExample(programs.train));
    if (saved < LEAST_SAVED || operations < least) return 'small';
    return features.streamed && features.sizeBytes > room.disk ? 'large' : null;
  }

  /** The epoch in which a command that is already known unfreezes layers of the values; Infinity: none does. */
  #endOf(features: CachedFeatures, document: ModelDocument, step: number): number {
    let changed = document;
    for (const { step: at, epoch, command } of this.#parts.job.commands) {
      const { frozen = [] } = command.patch;
      if (at <= step || frozen.length === 0) continue;
      changed = withFrozen(changed, frozen);
      if (!frozen.some((each) => !each.frozen)) continue;
      let model: CompiledModel;
      try {
        model = this.#parts.compile(changed);
      } catch {
        // The command will be refused.
        continue;
      }
      const names =
        this.#of(
          model,
          features.names.map((name) => ({ name })),
        )?.names ?? [];
      if (names.length < features.names.length) return epoch;
    }
    return Infinity;
  }
}

function unused(reason: UnusedFeatures['reason'], layer?: string): ChosenFeatures {
  return { features: null, record: { used: false, reason, ...(layer === undefined ? {} : { layer }), changedAt: [] } };
}

function recordOf(features: CachedFeatures): UsedFeatures {
  const { layers, rows, sizeBytes, names, streamed, variants } = features;
  const values = names.map((name) => ({ name, untilStep: null }));
  const further = { ...(streamed && { streamed }), ...(variants > 1 && { variants }) };
  return { used: true, layers, rows, sizeBytes, durationMs: null, stored: false, ...further, values, changedAt: [] };
}

/** The record after a step at which layers were frozen or unfrozen. @param features With which the run goes on. */
export function recordAfter(
  record: CachedFeaturesRecord | null,
  features: CachedFeatures | null,
  step: number,
): CachedFeaturesRecord | null {
  const names = new Set(features?.names);
  const before = (record?.used === true ? record.values : []).map((value) => {
    return { ...value, untilStep: value.untilStep ?? (names.has(value.name) ? null : step) };
  });
  const known = new Set(before.filter(({ untilStep }) => untilStep === null).map(({ name }) => name));
  const added = [...names]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, fromStep: step, untilStep: null }));
  const changedAt = [...(record?.changedAt ?? []), step];
  if (features !== null && added.length > 0) {
    return { ...recordOf(features), values: [...before, ...added], changedAt };
  }
  return record?.used === true ? { ...record, values: before, changedAt } : record && { ...record, changedAt };
}

function noneFound(model: CompiledModel, { cachedVariants }: TrainingConfiguration): ChosenFeatures {
  const { train } = model.programs;
  const draws = cachedVariants === undefined ? {} : { draws: drawsOf(model) };
  const found = firstChange(train, { updated: new Set(updatedState(train)), targets: targetInputs, ...draws });
  const frozen = new Set(model.weights.filter((weight) => weight.frozen).map(({ layer }) => layer));
  // Frozen layers without a product, as Embedding, cost nothing.
  const isBefore = found !== null && found.after.some((scope) => frozen.has(scope));
  if (!isBefore) return unused('small');
  return unused(model.augmentations.includes(found.scope) ? 'augmentation' : found.change, found.scope);
}
