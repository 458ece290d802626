import type { ModelAnalysis } from '../../src-shared/compiler/compiled.ts';
import { analyze } from '../../src-shared/compiler/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { GraphProblem } from '../../src-shared/document/problem.ts';
import type { ConfigurationStore } from './configuration-store.svelte.ts';
import type { DatasetStore } from './dataset-store.svelte.ts';
import type { ModelStore } from './model-store.svelte.ts';

/** Shapes, counts and problems of the model as it is now; derived, never stored. */
export class AnalysisStore {
  readonly #model: ModelStore;
  readonly #dataset: DatasetStore;
  readonly #configuration: ConfigurationStore;
  /** The last document by meaning: moving cards gives a new document, not a new analysis. */
  #meant: ModelDocument | null = null;

  readonly #meaning = $derived.by(() => {
    const document = this.#model.document;
    if (this.#meant === null || !meansTheSame(this.#meant, document)) this.#meant = document;
    return this.#meant;
  });
  readonly current: ModelAnalysis = $derived.by(() =>
    analyze(this.#meaning, this.#dataset.features, this.#configuration.value),
  );
  readonly problemsByNode: ReadonlyMap<string | null, readonly GraphProblem[]> = $derived(
    Map.groupBy(this.current.problems, (problem) => problem.nodeId),
  );
  readonly errors: readonly GraphProblem[] = $derived.by(() =>
    this.current.problems.filter((problem) => problem.severity === 'error'),
  );

  constructor(model: ModelStore, dataset: DatasetStore, configuration: ConfigurationStore) {
    this.#model = model;
    this.#dataset = dataset;
    this.#configuration = configuration;
  }
}

/** True where two documents differ in positions alone. */
function meansTheSame(a: ModelDocument, b: ModelDocument): boolean {
  if (a.edges !== b.edges || a.nodes.length !== b.nodes.length) return false;
  return a.nodes.every((node, i) => {
    const other = b.nodes[i]!;
    return (
      node === other ||
      (node.id === other.id &&
        node.kind === other.kind &&
        node.name === other.name &&
        node.frozen === other.frozen &&
        node.params === other.params)
    );
  });
}
