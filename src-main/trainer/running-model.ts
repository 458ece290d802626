import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { requireFreezable, withFrozen } from '../../src-shared/training/commands/freezing.ts';
import type { Freezing } from '../../src-shared/training/commands/freezing.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { Engine, EngineSession, HostTensor, SessionData, SessionOptions } from '../engines/interface/engine.ts';
import { updatedState } from '../engines/interface/program-inputs.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { CachedFeatures, FeatureSource } from './cached-features.ts';
import { compileOrThrow } from './compile.ts';
import { slotsFrom } from './first-state.ts';
import { updateGroups, withEqualSlots } from './update-counters.ts';

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
  readonly features: CachedFeatures;
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
  }

  /**
   * @param model The compiled document.
   * @param saved Checkpoint that training resumes from: slots of frozen layers are kept from it. Empty: none.
   * @throws AppError `engine/…`. The caller disposes it.
   */
  static async open(parts: RunningModelParts, model: CompiledModel, first: State, saved: State): Promise<RunningModel> {
    const { cached, data } = parts;
    const startedAt = performance.now();
    const known = (await cached?.features.read({ ...cached.source, state: first })) === true;
    const readMs = performance.now() - startedAt;
    const session = await parts.engine.createSession(cached?.features.sessionModel ?? model, parts.options);
    const running = new RunningModel(parts, model, session, keptSlots(model, saved));
    if (known) running.#computingMs = readMs;
    try {
      await session.writeState(first);
      await session.loadData(cached?.features.sessionData(data) ?? data);
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

  /** The program that evaluates the validation split. */
  get validation(): string {
    return this.#features?.validation ?? 'evaluate';
  }

  /** Names of the cached features that training reads. */
  get cachedNames(): ReadonlySet<string> {
    return new Set(this.#features?.names);
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
      await features.store();
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
   * @param onState Called with the model that will train and the state that it continues with.
   * @returns False if all of the layers already have the requested state.
   * @throws AppError 'training/cannot-set', 'model/invalid': nothing has changed. `engine/…`: it is no longer open.
   */
  async setFrozen(
    changes: readonly Freezing[],
    onState?: (model: CompiledModel, state: State) => Promise<void>,
  ): Promise<boolean> {
    requireFreezable(this.#document, changes);
    const document = withFrozen(this.#document, changes);
    if (document === this.#document) return false;
    await this.#change(document, onState);
    await collectGarbage();
    return true;
  }

  /** Continues with a document that differs in what is frozen. */
  async #change(
    document: ModelDocument,
    onState?: (model: CompiledModel, state: State) => Promise<void>,
  ): Promise<void> {
    const { features, configuration, engine, options, data } = this.#parts;
    const state = new Map([...(await this.readFrozen()), ...(await this.readTrained())]);
    const model = compileOrThrow(document, features, configuration, updateGroups(state));
    await onState?.(model, state);
    await this.dispose();
    // A session may have buffers of JavaScript.
    await collectGarbage();
    const cached = this.#features?.after(model) ?? null;
    const session = await engine.createSession(cached?.sessionModel ?? model, options);
    this.#session = session;
    await session.writeState(new Map(model.weights.map(({ name }) => [name, state.get(name)!])));
    await session.writeState(slotsFrom(model, state).state);
    await session.loadData(cached?.sessionData(data) ?? data);
    this.#features = cached;
    this.#document = document;
    this.#model = model;
    this.#kept = keptSlots(model, state);
  }

  async dispose(): Promise<void> {
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
