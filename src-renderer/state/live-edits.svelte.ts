import type { Step } from '../../src-shared/document/history/history.ts';
import { sameJson } from '../../src-shared/text/same-json.ts';
import { changedFreezing, withFrozen, type Freezing } from '../../src-shared/training/commands/freezing.ts';
import { settingsOf, withPatch, type SettingsPatch } from '../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { commandsIn } from '../../src-shared/training/run/run-state.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import type { DocumentsStore, ProjectDocuments } from './documents-store.svelte.ts';
import type { ModelStore } from './model-store.svelte.ts';
import type { RunningModel } from './running-model.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

interface Needs {
  readonly documents: DocumentsStore;
  readonly model: ModelStore;
  readonly running: RunningModel;
  readonly runs: RunsStore;
  readonly toasts: Toasts;
}

/** An edit that was also sent to a run. */
interface SentEdit {
  readonly runId: string;
  /** Settings of the run before it. */
  readonly before: SettingsPatch;
  readonly after: SettingsPatch;
}

/**
 * Edits of the project's documents that the run in progress applies at its next step. Undo sends the settings that the
 * run had before, redo sends the edit again.
 */
export class LiveEdits {
  readonly #stores: Needs;
  readonly #sent = new WeakMap<Step, SentEdit>();
  /** The documents before the edits that are not sent yet; null: all edits are sent. */
  #before: ProjectDocuments | null = null;

  /** Id of the run that edits do not change; a later run applies edits again. Null: none. */
  #sparedRun: string | null = $state(null);
  /** The run in progress if it can apply edits of settings. */
  readonly trainingRun: RunSummary | null = $derived.by(() => {
    const { active } = this.#stores.runs;
    return active !== null && commandsIn(active.state).includes('set') ? active : null;
  });
  /** The run that applies edits of settings; null: they apply to new runs only. */
  readonly run: RunSummary | null = $derived(this.newRunsOnly ? null : this.trainingRun);
  /** Why `run` does not apply a change of what is frozen; null: it does. */
  readonly #freezingBlocker: string | null = $derived.by(() => {
    if (this.trainingRun === null) return null;
    if (this.newRunsOnly) return 'changes apply to new runs only, as chosen on the Train screen';
    const { number } = this.trainingRun;
    const { running } = this.#stores;
    if (running.document === null) return `run ${number} is still being prepared`;
    return running.isLeftBehind ? `run ${number} does not train the model on the canvas` : null;
  });
  /** Current settings of `trainingRun`; null while they are not known. */
  readonly settings: SettingsPatch | null = $derived.by(() => {
    if (this.trainingRun === null) return null;
    const record = this.#stores.runs.records.of(this.trainingRun.id).value;
    if (record === null) return null;
    return settingsOf(this.#stores.runs.changesOf(record).reduce(withPatch, record.configuration));
  });

  /** Says when a change of what is frozen applies; null: no run is in progress. */
  readonly freezingWords: string | null = $derived.by(() => {
    if (this.trainingRun === null) return null;
    return this.#freezingBlocker === null
      ? `Run ${this.trainingRun.number} applies a change at its next step.`
      : `A change applies from the next run: ${this.#freezingBlocker}.`;
  });

  constructor(stores: Needs) {
    this.#stores = stores;
    stores.documents.onReplayed((steps, direction) => {
      this.#before = null;
      this.#replay(steps, direction);
    });
  }

  /** True if a person prepares other runs: edits do not change the run in progress. */
  get newRunsOnly(): boolean {
    return this.trainingRun !== null && this.#sparedRun === this.trainingRun.id;
  }

  /** Sends edits that are not sent yet, then decides whether later edits change the run in progress. */
  applyToNewRunsOnly(only: boolean): void {
    this.commit();
    this.#sparedRun = only ? (this.trainingRun?.id ?? null) : null;
  }

  /** Changes documents. `commit` sends the settings that the run can apply. */
  edit(change: () => void): void {
    this.#before ??= this.#stores.documents.current;
    change();
  }

  /** Ends the gesture, and sends what it changed to the run in progress. */
  commit(): void {
    const { documents } = this.#stores;
    const before = this.#before;
    this.#before = null;
    documents.seal();
    const step = documents.lastStep;
    if (before === null || step === null || this.trainingRun === null) return;
    const { frozen = [], ...others } = changedSettings(before, documents.current);
    const applies = frozen.length > 0 && this.#appliesFreezing(frozen);
    const after = applies ? { ...others, frozen } : others;
    if (this.run === null) return;
    if (Object.keys(after).length === 0) return;
    const earlier = { ...changedSettings(documents.current, before), ...this.settings };
    const sent = { runId: this.run.id, before: pick(earlier, after), after };
    this.#sent.set(step, sent);
    void this.#send(sent.runId, after).then((taken) => taken || this.#sent.delete(step));
  }

  /** Freezes or unfreezes layers of the model, and sends it to the run in progress. */
  freeze(change: () => void): void {
    // Sends an edit of a field first.
    this.commit();
    this.edit(change);
    this.commit();
  }

  /**
   * Call it after the edit. True if the run in progress then trains the model on the canvas with these changes of
   * freezing. If not, a message says why.
   */
  #appliesFreezing(changes: readonly Freezing[]): boolean {
    const { running, toasts } = this.#stores;
    const blocker = this.#freezingBlocker;
    const trained = running.document;
    const isTrained = trained === null || withFrozen(trained, changes) === trained;
    // The run already trains the edited model.
    if (blocker === null && isTrained) return false;
    if (!this.newRunsOnly && running.isOnCanvas(changes)) return true;
    if (blocker === null) return false;
    toasts.info(`The change applies from the next run: ${blocker}.`);
    return false;
  }

  /** Sends the settings before or after the steps to the runs that applied these steps, if they still take settings. */
  #replay(steps: readonly Step[], direction: 'undo' | 'redo'): void {
    const { runs } = this.#stores;
    const patches: Record<string, SettingsPatch> = {};
    for (const step of steps) {
      const sent = this.#sent.get(step);
      if (sent === undefined) continue;
      const earlier = patches[sent.runId] ?? {};
      const next = direction === 'undo' ? sent.before : sent.after;
      const frozen = [...(earlier.frozen ?? []), ...(next.frozen ?? [])];
      patches[sent.runId] = { ...earlier, ...next, ...(frozen.length === 0 ? {} : { frozen }) };
    }
    for (const [runId, patch] of Object.entries(patches)) {
      const run = runs.get(runId);
      if (run !== null && commandsIn(run.state).includes('set')) void this.#send(runId, patch);
    }
  }

  /** Without settings that `run` already has, as after a refused change. */
  #withoutUnchanged({ frozen = [], ...values }: SettingsPatch): SettingsPatch {
    const { settings } = this;
    const trained = this.#stores.running.document;
    const layers = lastOfEach(frozen).filter((change) => trained === null || withFrozen(trained, [change]) !== trained);
    const changed = Object.entries(values).filter(
      ([setting, value]) => value !== settings?.[setting as keyof typeof values],
    );
    return { ...Object.fromEntries(changed), ...(layers.length === 0 ? {} : { frozen: layers }) };
  }

  /** @returns False if the run refused it. */
  async #send(runId: string, wanted: SettingsPatch): Promise<boolean> {
    const { runs, toasts } = this.#stores;
    const patch = this.trainingRun?.id === runId ? this.#withoutUnchanged(wanted) : wanted;
    if (Object.keys(patch).length === 0) return true;
    return toasts.attempt(() => runs.command(runId, { kind: 'set', patch }));
  }
}

/** True if only settings differ that a run can apply while it trains. */
export function differsInSettings(before: TrainingConfiguration, after: TrainingConfiguration): boolean {
  return !sameJson(before, after) && sameJson(withPatch(before, settingsOf(after)), after);
}

/** Settings of `after` that are not those of `before`. */
function changedSettings(before: ProjectDocuments, after: ProjectDocuments): SettingsPatch {
  const [old, settings] = [settingsOf(before.configuration), settingsOf(after.configuration)];
  const frozen = changedFreezing(before.model, after.model);
  const { learningRate, epochs, patience } = settings;
  return {
    ...(learningRate === old.learningRate ? {} : { learningRate }),
    ...(epochs === old.epochs ? {} : { epochs }),
    ...(patience === old.patience ? {} : { patience }),
    ...(frozen.length === 0 ? {} : { frozen }),
  };
}

/** The last change of each layer. */
function lastOfEach(changes: readonly Freezing[]): Freezing[] {
  return [...new Map(changes.map((change) => [JSON.stringify([change.block, change.layer]), change])).values()];
}

/** The settings of `from` that are also in `keys`. */
function pick(from: SettingsPatch, keys: SettingsPatch): SettingsPatch {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name in keys));
}
