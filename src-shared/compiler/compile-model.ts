import type { ModelDocument } from '../document/model-document.ts';
import { ProgramBuilder } from '../program/builder.ts';
import { gradients } from '../program/autodiff.ts';
import { simplify } from '../program/simplify.ts';
import type { Program, ValueId } from '../program/types.ts';
import type { TrainingConfiguration } from '../training/configuration.ts';
import type { MetricSettings } from '../training/metrics.ts';
import { analyze } from './analyze.ts';
import type { ModelFeatures } from './analyze.ts';
import type { CompiledModel, CompileResult, SlotSpec, WeightSpec } from './compiled.ts';
import { emitForward } from './forward.ts';
import { readGraph } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import { emitLoss, resolveLoss } from './losses/emit.ts';
import { emitMetric, planMetrics, reportLength, resolveMetrics } from './metrics/plan.ts';
import { emitOptimizer, stepState } from './optimizers/emit.ts';

/**
 * Turns a document into its training, evaluation and prediction programs.
 * Problems of the document come back as data; a bug throws.
 */
export function compileModel(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
): CompileResult {
  const analysis = analyze(document, features, configuration);
  if (analysis.problems.some((problem) => problem.severity === 'error')) {
    return { ok: false, problems: analysis.problems };
  }
  const graph = readGraph(document);
  const metrics = resolveMetrics(configuration.metrics, features.target);
  const compiler = new ModelCompiler(graph, features, configuration, metrics);
  const predict = compiler.predict();
  const train = compiler.train(predict.weights);
  const plans = planMetrics(metrics, predict.units);
  const model: CompiledModel = {
    train: train.program,
    evaluate: compiler.evaluate(),
    predict: predict.program,
    weights: predict.weights,
    slots: train.slots,
    reportLength: reportLength(plans),
    metrics: plans,
    analysis,
  };
  return { ok: true, model };
}

interface ForwardPart {
  readonly builder: ProgramBuilder;
  readonly prediction: ValueId;
  readonly weights: readonly WeightSpec[];
  /** int32 step in training, else null. */
  readonly step: ValueId | null;
}

/** The three programs of a model without problems. */
class ModelCompiler {
  private readonly graph: ModelGraph;
  private readonly features: ModelFeatures;
  private readonly configuration: TrainingConfiguration;
  private readonly metrics: readonly MetricSettings[];

  constructor(
    graph: ModelGraph,
    features: ModelFeatures,
    configuration: TrainingConfiguration,
    metrics: readonly MetricSettings[],
  ) {
    this.graph = graph;
    this.features = features;
    this.configuration = configuration;
    this.metrics = metrics;
  }

  predict(): { program: Program; weights: readonly WeightSpec[]; units: number } {
    const { builder, prediction, weights } = this.forward(false);
    builder.output('prediction', prediction);
    return { program: simplify(builder.build()), weights, units: builder.shapeOf(prediction).at(-1)! };
  }

  evaluate(): Program {
    const forward = this.forward(false);
    this.report(forward);
    return simplify(forward.builder.build());
  }

  train(weights: readonly WeightSpec[]): { program: Program; slots: readonly SlotSpec[] } {
    const forward = this.forward(true);
    const { builder } = forward;
    const loss = this.report(forward);
    const learningRate = builder.input('learningRate', 'float32', []);
    const trainable = weights
      .filter((weight) => weight.trainable)
      .map(({ name, shape }) => ({ name, weight: builder.state(name, 'float32', shape) }));
    const found = gradients(
      builder,
      loss,
      trainable.map(({ weight }) => weight),
    );
    const updates = trainable.flatMap((entry, index) => {
      const gradient = found[index] ?? null;
      return gradient === null ? [] : [{ ...entry, gradient }];
    });
    const slots = emitOptimizer(builder, this.configuration.optimizer, updates, learningRate);
    return { program: simplify(builder.build()), slots };
  }

  private forward(training: boolean): ForwardPart {
    const builder = new ProgramBuilder();
    const x = builder.input('x', 'float32', [null, ...this.features.inputShape]);
    const step = training ? stepState(builder) : null;
    const { outputs, weights, problems } = emitForward(this.graph, builder, {
      x,
      training,
      seed: this.configuration.seed,
      step,
      prefix: (node) => node.name,
      skip: (node) => !this.graph.used.has(node.id),
    });
    const output = this.graph.order.find((node) => node.kind === 'Output');
    const prediction = output === undefined ? undefined : outputs.get(output.id);
    const failed = problems.some((problem) => problem.severity === 'error');
    if (prediction === undefined || failed) throw new Error('Analysis passed a model that does not emit.');
    return { builder, prediction, weights, step };
  }

  /** Emits loss and metrics as the output `report`. @returns The batch's mean loss, a scalar. */
  private report({ builder, prediction }: ForwardPart): ValueId {
    const { target } = this.features;
    const y = builder.input('y', target.kind === 'classes' ? 'int32' : 'float32', [null, 1]);
    const units = builder.shapeOf(prediction).at(-1)!;
    const count = builder.within('loss', () => builder.dimSize(y, 0));
    const loss = builder.within('loss', () => {
      const losses = emitLoss(builder, resolveLoss(this.configuration.loss, target, units), prediction, y);
      return builder.divide(builder.reduceSum(losses, [0]), count);
    });
    const parts = this.metrics.flatMap((metric) =>
      builder.within(`metrics/${metric.name}`, () => emitMetric(builder, metric, prediction, y, count)),
    );
    builder.within('report', () => {
      builder.output('report', builder.concat([builder.reshape(loss, [1]), ...parts], 0));
    });
    return loss;
  }
}
