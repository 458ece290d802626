import { idOnPath } from '../../src-shared/compiler/expand/expanded.ts';
import type { ModelAnalysis, NodeAnalysis } from '../../src-shared/compiler/graph/compiled.ts';
import { unfreezeAll } from '../../src-shared/document/blocks/block-freezing.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { withFrozen, type Freezing } from '../../src-shared/training/commands/freezing.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { pathOf } from './block-trail.ts';
import type { ModelStore } from './model-store.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';

/** The model that the run in progress trains. The canvas may show a later version. */
export class RunningModel {
  readonly #runs: RunsStore;
  readonly #model: ModelStore;
  /** Complete once training has begun. */
  readonly #record: RunRecord | null = $derived.by(() => {
    const { active } = this.#runs;
    return active === null || active.state === 'preparing' ? null : this.#runs.records.of(active.id).value;
  });

  /** Layers that were frozen or unfrozen since the run began, as JSON: `document` changes only if this text does. */
  readonly #frozen: string = $derived.by(() => {
    const changes = this.#record === null ? [] : this.#runs.changesOf(this.#record);
    return JSON.stringify(changes.flatMap(({ frozen }) => frozen ?? []));
  });

  /** With the layers that were frozen or unfrozen since it began. Null while nothing trains. */
  readonly document: ModelDocument | null = $derived.by(() => {
    if (this.#record === null) return null;
    return withFrozen(this.#record.model, JSON.parse(this.#frozen) as Freezing[]);
  });
  /** On the data that the run trains with, which may not be the project's any more. */
  readonly #analysis: ModelAnalysis | null = $derived.by(() => {
    if (this.#record === null || this.document === null) return null;
    const { featureSpec, configuration } = this.#record;
    return analyze(this.document, featureSpec, configuration);
  });
  /** True where the model on the canvas has been edited since the run in progress began. */
  readonly isLeftBehind: boolean = $derived.by(() => {
    return this.document !== null && !this.isOnCanvas();
  });

  constructor(runs: RunsStore, model: ModelStore) {
    this.#runs = runs;
    this.#model = model;
  }

  /**
   * True if the run in progress, after these changes of freezing, trains the model on the canvas. Its phases change what
   * is frozen in the run only, so that of a run with phases it is not compared.
   */
  isOnCanvas(changes: readonly Freezing[] = []): boolean {
    if (this.document === null) return false;
    const models = [withFrozen(this.document, changes), this.#model.whole] as const;
    const [trained, drawn] = this.#record?.configuration.phases === undefined ? models : models.map(allUnfrozen);
    return compareModels(trained!, drawn!).sameGraph;
  }

  /** True where the run in progress changes weights of this node of the graph on the canvas. */
  trains(nodeId: string): boolean {
    return (this.#nodeOf(nodeId)?.trainableParameters ?? 0) > 0;
  }

  #nodeOf(nodeId: string): NodeAnalysis | undefined {
    const path = pathOf(this.#model.trail);
    if (path === null || this.#analysis === null) return undefined;
    return path.length === 0 ? this.#analysis.nodes.get(nodeId) : this.#analysis.inside.get(idOnPath(path, nodeId));
  }
}

function allUnfrozen(model: ModelDocument): ModelDocument {
  const change = unfreezeAll(model);
  return change === null ? model : applyChange(model, change);
}
