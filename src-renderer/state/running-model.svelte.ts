import { idOnPath } from '../../src-shared/compiler/expand/expanded.ts';
import type { ModelAnalysis, NodeAnalysis } from '../../src-shared/compiler/graph/compiled.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { LaminaClient } from '../../src-shared/contract/contract.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { RunRecord } from '../../src-shared/training/run/run.ts';
import { pathOf } from './block-trail.ts';
import type { ModelStore } from './model-store.svelte.ts';
import { Resource } from './resource.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';

/** The model of the run in progress as it was when the run began: the one on the canvas may be another by now. */
export class RunningModel {
  readonly #client: LaminaClient;
  readonly #runs: RunsStore;
  readonly #model: ModelStore;
  readonly #record = new Resource<RunRecord>();

  /** Null while nothing trains. */
  readonly document: ModelDocument | null = $derived.by(() => {
    const { active } = this.#runs;
    const record = this.#record.value;
    return active !== null && record?.id === active.id ? record.model : null;
  });
  /** On the data that the run trains with, which may not be the project's any more. */
  readonly #analysis: ModelAnalysis | null = $derived.by(() => {
    const record = this.#record.value;
    if (this.document === null || record === null) return null;
    return analyze(this.document, record.featureSpec, record.configuration);
  });
  /** True where the model on the canvas has been edited since the run in progress began. */
  readonly isLeftBehind: boolean = $derived.by(() => {
    return this.document !== null && !compareModels(this.document, this.#model.whole).same;
  });

  constructor(client: LaminaClient, runs: RunsStore, model: ModelStore) {
    this.#client = client;
    this.#runs = runs;
    this.#model = model;
  }

  /** Reads the record of the run in progress; called where the window shows it, when another run begins. */
  async follow(): Promise<void> {
    const { active } = this.#runs;
    if (active === null || active.state === 'preparing') this.#record.clear();
    else if (this.#record.value?.id !== active.id)
      await this.#record.load(() => this.#client.request('runs.get', { runId: active.id }));
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
