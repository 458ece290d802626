import { idOnPath } from '../../src-shared/compiler/expand/expanded.ts';
import { frozenPart } from '../../src-shared/compiler/expand/frozen-part.ts';
import type { ModelAnalysis, NodeAnalysis } from '../../src-shared/compiler/graph/compiled.ts';
import { randomFrozenAdvice } from '../../src-shared/diagnostics/checks/random-frozen.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { ownerOf } from '../../src-shared/document/schema/shared-layers.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import { formatCountOf } from '../ui/format/numbers.ts';
import { pathOf } from './block-trail.ts';
import type { ConfigurationStore } from './configuration-store.svelte.ts';
import type { DatasetStore } from './dataset-store.svelte.ts';
import { meansTheSame } from './means-the-same.ts';
import { nextStepOf } from './next-step.ts';
import type { ModelStore } from './model-store.svelte.ts';
import type { RunsStore } from './runs-store.svelte.ts';

const NONE: ReadonlyMap<string | null, readonly GraphProblem[]> = new Map();

/** Shapes, counts and problems of the model as it is now; derived, never stored. */
export class AnalysisStore {
  readonly #model: ModelStore;
  readonly #dataset: DatasetStore;
  readonly #configuration: ConfigurationStore;
  readonly #runs: Pick<RunsStore, 'hasWeights'>;
  /** The last document by meaning: moving cards gives a new document, not a new analysis. */
  #meant: ModelDocument | null = null;

  readonly #meaning = $derived.by(() => {
    const document = this.#model.whole;
    if (this.#meant === null || !meansTheSame(this.#meant, document)) this.#meant = document;
    return this.#meant;
  });
  readonly #analysed = $derived.by(() => analyze(this.#meaning, this.#dataset.features, this.#configuration.value));
  readonly errors: readonly GraphProblem[] = $derived.by(() =>
    this.#analysed.problems.filter((problem) => problem.severity === 'error'),
  );
  /** What to do next in a model that has just been started; null for any other model. */
  readonly nextStep: string | null = $derived.by(() => nextStepOf(this.#meaning, this.errors));
  /** `problems` of a model that has just been started are advice, not errors. */
  readonly current: ModelAnalysis = $derived.by(() => {
    const analysed = this.#analysed;
    const remark = randomFrozenAdvice(this.#meaning, analysed, this.#runs.hasWeights);
    const problems = remark === null ? analysed.problems : [...analysed.problems, remark];
    if (this.nextStep === null) return { ...analysed, problems };
    return { ...analysed, problems: problems.map((problem) => ({ ...problem, severity: 'advice' })) };
  });
  /** False if the counts leave out layers of unknown shape. */
  readonly countsAll: boolean = $derived.by(
    () => this.nextStep !== null || [...this.#analysed.nodes.values()].every(({ outputShape }) => outputShape !== null),
  );
  /** The parameter count as text. */
  readonly parameterWords: string = $derived.by(() => {
    const { parameters } = this.#analysed;
    if (!this.countsAll && parameters === 0) return 'Parameters not known yet';
    return `${this.countsAll ? '' : 'At least '}${formatCountOf(parameters, 'parameter')}`;
  });
  /** By node of the graph on the canvas. */
  readonly problemsByNode: ReadonlyMap<string | null, readonly GraphProblem[]> = $derived.by(() => {
    const path = pathOf(this.#model.trail);
    const problems = this.current.problems;
    if (path === null) return NONE;
    if (path.length === 0) return Map.groupBy(problems, (problem) => problem.nodeId);
    return Map.groupBy(
      problems.filter(({ inside }) => path.every((id, i) => inside?.path[i] === id)),
      ({ inside }) => inside!.path[path.length] ?? inside!.nodeId,
    );
  });

  /**
   * Shape and parameters of a node of the graph on the canvas; inside a block, those of its first copy.
   * Undefined where analysis did not reach it.
   */
  nodeOf(nodeId: string): NodeAnalysis | undefined {
    const path = pathOf(this.#model.trail);
    if (path === null) return undefined;
    return path.length === 0 ? this.current.nodes.get(nodeId) : this.current.inside.get(idOnPath(path, nodeId));
  }

  /** How much of a node of the graph on the canvas, or of the node whose weights it uses, is frozen. */
  frozenPart(node: ModelNode): 'all' | 'partly' | 'none' {
    const owner = ownerOf(this.#model.document.nodes, node);
    return frozenPart(this.#model.whole, owner, this.nodeOf(owner.id));
  }

  constructor(
    model: ModelStore,
    dataset: DatasetStore,
    configuration: ConfigurationStore,
    runs: Pick<RunsStore, 'hasWeights'>,
  ) {
    this.#model = model;
    this.#dataset = dataset;
    this.#configuration = configuration;
    this.#runs = runs;
  }
}
