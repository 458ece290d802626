import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { requireFreezable, withFrozen } from '../../../src-shared/training/commands/freezing.ts';
import type { Freezing } from '../../../src-shared/training/commands/freezing.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import type { Engine, EngineSession, HostTensor, SessionData, SessionOptions } from '../../engines/interface/engine.ts';
import { evaluate, trainSteps } from '../../engines/interface/model-calls.ts';
import type { TrainRequest } from '../../engines/interface/model-calls.ts';
import { updatedState } from '../../engines/interface/program-inputs.ts';
import { collectGarbage } from '../preparation/collect-garbage.ts';
import type { FeatureChooser, FrozenChange } from '../cached-features/choose-features.ts';
import type { CachedFeatures } from '../cached-features/cached-features.ts';
import type { FeatureSource } from '../cached-features/feature-key.ts';
import { compileOrThrow } from '../preparation/compile.ts';
import { FedBatches } from '../cached-features/fed-batches.ts';
import { slotsFrom } from '../state/first-state.ts';
import { updateGroups, withEqualSlots } from '../state/update-counters.ts';

type State = ReadonlyMap<string, HostTensor>;

export interface RunningModelParts {
  readonly document: ModelDocument;
  readonly features: ModelFeatures;
  readonly configuration: TrainingConfiguration;
  readonly engine: Engine;
  /** Fixed for the run. */
  readonly options: SessionOptions;
  readonly data: SessionData;
  /** Outputs of frozen layers that are computed once. Default: none. */
  readonly cached?: CachedParts | null;
}

export interface CachedParts {
  /** Null: none at the beginning. */
  readonly features: CachedFeatures | null;
  readonly chooser: Pick<FeatureChooser, 'next'>;
  /** Where they come from, without the state. */
  readonly source: Omit<FeatureSource, 'state'>;
}

/** How cached features became known. */
export interface PreparedFeatures {
  readonly durationMs: number;
  readonly stored: boolean;
}

/**
 * The model that a run trains, in a native session. Freezing or unfreezing layers makes other programs, which need
 * another session: the old one ends first, so that memory holds one. Optimizer slots of frozen layers are kept in host
 * memory until their layers are unfrozen.
 */
export class RunningModel {
  readonly #parts: RunningModelParts;
  #document: ModelDocument;
  #model: CompiledModel;
  /** Null after a session could not be made. */
  #session: EngineSession | null;
  /** Slots of frozen layers. */
  #kept: State;
  #features: CachedFeatures | null;
  readonly #batches: FedBatches;
  /** Time that computing or reading the features has taken. */
  #computingMs = 0;
  /** Whether training can read the features. */
  #prepared = false;

  private constructor(parts: RunningModelParts, model: CompiledModel, session: EngineSession, kept: State) {
    this.#parts = parts;
    this.#document = parts.document;
    this.#model = model;
    this.#session = session;
    this.#kept = kept;
    this.#features = parts.cached?.features ?? null;
    this.#batches = new FedBatches(parts.data);
  }

  /**
   * @param model The compiled document.
   * @param saved Checkpoint that training resumes from: slots of frozen layers are kept from it. Empty: none.
   * @throws AppError `engine/…`. The caller disposes it.
   */
  static async open(parts: RunningModelParts, model: CompiledModel, first: State, saved: State): Promise<RunningModel> {
    const { cached, data } = parts;
    const startedAt = performance.now();
    const known = (await cached?.features?.read({ ...cached.source, state: first })) === true;
    const readMs = performance.now() - startedAt;
    const session = await parts.engine.createSession(cached?.features?.sessionModel ?? model, parts.options);
    const running = new RunningModel(parts, model, session, keptSlots(model, saved));
    if (known) running.#computingMs = readMs;
    try {
      await session.writeState(first);
      await session.loadData(cached?.features?.sessionData(data) ?? data);
    } catch (error) {
      await running.dispose();
      throw error;
    }
    return running;
  }

  get model(): CompiledModel {
    return this.#model;
  }

  get session(): EngineSession {
    if (this.#session === null) throw new Error('The session has ended.');
    return this.#session;
  }

  /** False after a session could not be made: training cannot continue. */
  get isOpen(): boolean {
    return this.#session !== null;
  }

  /**
   * Trains on rows of the training split; see `trainSteps`.
   *
   * @param epoch Number of completed epochs.
   * @throws AppError 'training/features-unreadable'.
   */
  async train(request: TrainRequest, epoch: number): Promise<Float32Array> {
    if (this.#features === null) return trainSteps(this.session, request);
    this.#requirePrepared();
    return this.#features.train(this.session, request, this.#batches, epoch);
  }

  /** Evaluates rows of the validation split; see `evaluate`. @throws AppError 'training/features-unreadable'. */
  async validate(indices: Int32Array, draw: number): Promise<Float32Array> {
    if (this.#features === null) return evaluate(this.session, 'validation', indices, draw);
    this.#requirePrepared();
    return this.#features.validate(this.session, indices, draw, this.#batches);
  }

  /** Cached features that are not prepared are zeros. */
  #requirePrepared(): void {
    if (!this.#prepared) throw new Error('Call prepareFeatures before training.');
  }

  /** The cached features that training reads; null: none. */
  get cachedFeatures(): CachedFeatures | null {
    return this.#features;
  }

  /**
   * Computes the cached features, if they are not known. Call before training; an interrupted call is continued by the
   * next one.
   *
   * @param continues Called with the fraction that is computed; false ends the call.
   * @returns Null if there are none or they were ready before; false if the call was ended.
   */
  async prepareFeatures(continues: (fraction: number) => Promise<boolean>): Promise<PreparedFeatures | null | false> {
    const features = this.#features;
    if (features === null || this.#prepared) return null;
    const stored = features.isComplete;
    if (!stored) {
      const startedAt = performance.now();
      const isDone = await features.compute(this.session, continues);
      this.#computingMs += performance.now() - startedAt;
      if (!isDone) return false;
      const storedAt = performance.now();
      await this.session.loadData(features.sessionData(this.#parts.data));
      this.#computingMs += performance.now() - storedAt;
    }
    this.#prepared = true;
    return { durationMs: this.#computingMs, stored };
  }

  /** The state that training changes; a counter that several weights share has the name of each. */
  async readTrained(): Promise<Map<string, HostTensor>> {
    const updated = updatedState(this.#model.programs.train);
    return withEqualSlots(this.#model, await this.session.readState(updated));
  }

  /** The other state: frozen weights and their kept slots. */
  async readFrozen(): Promise<Map<string, HostTensor>> {
    const updated = new Set(updatedState(this.#model.programs.train));
    const names = [...this.#model.weights, ...this.#model.slots].map(({ name }) => name);
    const constant = await this.session.readState(names.filter((name) => !updated.has(name)));
    return new Map([...constant, ...this.#kept]);
  }

  /**
   * Freezes or unfreezes layers. Call only where no gradients are accumulated.
   *
   * @param at Where it happens.
   * @param onState Called with the model that will train and the state that it continues with.
   * @returns False if all of the layers already have the requested state.
   * @throws AppError 'training/cannot-set', 'model/invalid': nothing has changed. `engine/…`: it is no longer open.
   */
  async setFrozen(
    changes: readonly Freezing[],
    at: Omit<FrozenChange, 'changes'>,
    onState?: (model: CompiledModel, state: State) => Promise<void>,
  ): Promise<boolean> {
    requireFreezable(this.#document, changes);
    const document = withFrozen(this.#document, changes);
    if (document === this.#document) return false;
    await this.#change(document, { ...at, changes }, onState);
    await collectGarbage();
    return true;
  }

  /** Continues with a document that differs in what is frozen. */
  async #change(
    document: ModelDocument,
    change: FrozenChange,
    onState?: (model: CompiledModel, state: State) => Promise<void>,
  ): Promise<void> {
    const { features, configuration, engine, options, data, cached: parts } = this.#parts;
    const state = new Map([...(await this.readFrozen()), ...(await this.readTrained())]);
    const model = compileOrThrow(document, features, configuration, updateGroups(state));
    await onState?.(model, state);
    await this.#endSession();
    // A session may have buffers of JavaScript.
    await collectGarbage();
    const cached = parts?.chooser.next(model, document, this.#features, change) ?? null;
    await this.#features?.close(cached);
    this.#features = cached;
    if (parts != null && cached?.isComplete === false) {
      const startedAt = performance.now();
      const known = await cached.read({ ...parts.source, state });
      this.#computingMs = known ? performance.now() - startedAt : 0;
      this.#prepared = false;
    }
    const session = await engine.createSession(cached?.sessionModel ?? model, options);
    this.#session = session;
    await session.writeState(new Map(model.weights.map(({ name }) => [name, state.get(name)!])));
    await session.writeState(slotsFrom(model, state).state);
    await session.loadData(cached?.sessionData(data) ?? data);
    this.#document = document;
    this.#model = model;
    this.#kept = keptSlots(model, state);
  }

  async dispose(): Promise<void> {
    await this.#endSession();
    await this.#features?.close();
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.dispose();
  }
}

/** Slots of a state that belong to weights which the model does not train. */
function keptSlots({ weights, slots }: CompiledModel, state: State): Map<string, HostTensor> {
  const current = new Set(slots.flatMap(({ name, equal = [] }) => [name, ...equal]));
  const frozen = weights.filter(({ trainable }) => !trainable).map(({ name }) => `optimizer/${name}/`);
  const isKept = (name: string): boolean => !current.has(name) && frozen.some((prefix) => name.startsWith(prefix));
  return new Map([...state].filter(([name]) => isKept(name)));
}
