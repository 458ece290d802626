import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { CheckpointKind } from '../../../src-shared/training/run/run.ts';
import type { HostTensor } from '../../engines/interface/engine.ts';
import { writeArtifact } from '../../runs/artifacts.ts';
import type { WrittenCheckpoint } from '../../runs/types.ts';
import { collectGarbage } from '../preparation/collect-garbage.ts';
import { stateForUse } from '../state/state-for-use.ts';
import { positionMetadata } from '../state/position.ts';
import type { Position } from '../state/position.ts';
import type { RunningModel } from './running-model.ts';
import type { WeightHashes } from '../state/weight-hashes.ts';
import type { BestCheckpoint } from '../../training-protocol/protocol.ts';

/** Epochs shorter than this share a write; nothing is lost but by a crash. */
const MINIMUM_INTERVAL_MS = 2_000;

type State = ReadonlyMap<string, HostTensor>;

interface Snapshot {
  readonly position: Position;
  readonly metadata: Readonly<Record<string, string>>;
  readonly state: State;
  readonly frozen: FrozenState | null;
}

/** State that training does not change. Its file is written once; checkpoints refer to it. */
class FrozenState {
  #state: State | null;
  #file: string | null = null;

  constructor(state: State) {
    this.#state = state;
  }

  /** @returns Hash of the file. */
  async written(folder: string): Promise<string> {
    if (this.#file !== null) return this.#file;
    const { sha256 } = await writeArtifact(folder, this.#state!, { format: 'lamina.frozen' });
    this.#file = sha256;
    this.#state = null;
    await collectGarbage();
    return sha256;
  }

  /** Hash of the file; null: it is not written yet. */
  get file(): string | null {
    return this.#file;
  }
}

/**
 * Saves checkpoints during training: state is read immediately and written to disk in the background, at most every two
 * seconds. Until then it is kept in memory; `finish` writes the rest.
 */
export class CheckpointWriter {
  readonly #running: RunningModel;
  readonly #hashes: WeightHashes;
  readonly #averaged: ReadonlySet<CheckpointKind>;
  readonly #folder: string;
  readonly #requireInPlace: () => void;
  readonly #record: (checkpoints: readonly WrittenCheckpoint[]) => void;
  readonly #waiting = new Map<CheckpointKind, Snapshot>();
  /** Frozen state of a model; null: all of its state trains. */
  #frozen: { readonly model: CompiledModel; readonly file: FrozenState | null } | null = null;
  #writing: Promise<void> | null = null;
  #error: unknown = null;
  #lastWrite = -Infinity;
  #best: BestCheckpoint | null;
  /** True once trained weights are being written: the first ones are written immediately, so that a short run can be resumed. */
  #trained = false;

  /**
   * @param running Its weights and optimizer slots make a checkpoint.
   * @param hashes Of its weights up to the step of a checkpoint.
   * @param best Of the run that is resumed.
   * @param averaged Kinds that hold averages as weights if the optimizer has averages.
   * @param requireInPlace Throws if the folder is not the project's any more.
   * @param record Called with checkpoints whose files are written; those of one call are recorded together.
   */
  constructor(
    running: RunningModel,
    hashes: WeightHashes,
    averaged: readonly CheckpointKind[],
    best: BestCheckpoint | null,
    folder: string,
    requireInPlace: () => void,
    record: (checkpoints: readonly WrittenCheckpoint[]) => void,
  ) {
    this.#running = running;
    this.#hashes = hashes;
    this.#averaged = new Set(averaged);
    this.#best = best;
    this.#folder = folder;
    this.#requireInPlace = requireInPlace;
    this.#record = record;
  }

  /**
   * Takes a snapshot for these kinds, in place of one that still waits.
   *
   * @throws AppError 'runs/disk-full' and the like of an earlier write.
   */
  async save(kinds: readonly CheckpointKind[], position: Position): Promise<void> {
    const { model } = this.#running;
    if (this.#frozen?.model !== model) {
      const state = await this.#running.readFrozen();
      this.#frozen = { model, file: state.size === 0 ? null : new FrozenState(state) };
    }
    const frozen = this.#frozen.file;
    const state = await this.#running.readTrained();
    const metadata = { ...positionMetadata(position), ...this.#hashes.metadata() };
    const trained = { position, metadata, state, frozen };
    const hasAverages = model.slots.some(({ averageOf }) => averageOf !== undefined);
    const used = hasAverages ? { ...trained, state: stateForUse(model, state) } : trained;
    for (const kind of kinds) this.#waiting.set(kind, this.#averaged.has(kind) ? used : trained);
    this.#throwError();
    const first = !this.#trained && kinds.includes('last');
    const due = first || performance.now() - this.#lastWrite >= MINIMUM_INTERVAL_MS;
    if (this.#writing === null && due) {
      if (first) this.#trained = true;
      this.#writing = this.#writeWaiting();
    }
  }

  /** The best checkpoint that is written. */
  get best(): BestCheckpoint | null {
    return this.#best;
  }

  /** The file with the model's frozen state; null: there is none, or it is not written yet. */
  get frozenFile(): string | null {
    return this.#frozen?.model === this.#running.model ? (this.#frozen.file?.file ?? null) : null;
  }

  /** Writes the pending checkpoint. @throws AppError 'runs/disk-full' and the like. */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#writeWaiting();
    this.#throwError();
  }

  async #writeWaiting(): Promise<void> {
    const snapshots = Map.groupBy(this.#waiting.entries(), ([, snapshot]) => snapshot);
    this.#waiting.clear();
    try {
      const checkpoints: WrittenCheckpoint[] = [];
      for (const [{ position, metadata, state, frozen }, entries] of snapshots) {
        this.#requireInPlace();
        const rest = (await frozen?.written(this.#folder)) ?? null;
        const file = await writeArtifact(this.#folder, state, metadata, rest);
        const { epoch, step, batch, metrics } = position;
        for (const [kind] of entries) {
          checkpoints.push({ kind, epoch, step, batch, metrics, ...file });
          if (kind === 'best') this.#best = { folder: this.#folder, sha256: file.sha256, epoch, metrics };
        }
      }
      if (checkpoints.length > 0) this.#record(checkpoints);
    } catch (error) {
      this.#error = error;
    }
    this.#lastWrite = performance.now();
    this.#writing = null;
  }

  #throwError(): void {
    if (this.#error === null) return;
    const error = this.#error;
    this.#error = null;
    throw error;
  }
}
