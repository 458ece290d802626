import type { ModelDocument, ModelNode } from '../document/schema/model-document.ts';
import { layerCatalog } from '../layers/catalog/catalog.ts';
import { ProgramBuilder } from '../program/builder/builder.ts';
import { gradients } from '../program/gradients/autodiff.ts';
import { elementCount } from '../program/language/shape.ts';
import { simplify } from '../program/builder/simplify.ts';
import type { Program, ValueId } from '../program/language/types.ts';
import { featureTensors } from '../data/feature-tensors.ts';
import type { FeatureTensor } from '../data/feature-tensors.ts';
import type { TrainingConfiguration } from '../training/configuration/configuration.ts';
import { readsLogits, readsMargins } from '../training/configuration/losses.ts';
import { adaptNormalization } from './forward/adapt-normalization.ts';
import { expandBlocks } from './expand/expand.ts';
import type { CompiledModel, ModelAnalysis, ServingModel, SlotSpec, WeightSpec } from './graph/compiled.ts';
import { drawInput } from './forward/draws.ts';
import { emitForward } from './forward/forward.ts';
import { readGraph } from './graph/graph.ts';
import type { ModelGraph } from './graph/graph.ts';
import { emitInputPart, readInputs } from './graph/inputs.ts';
import type { InputPart, ModelFeatures } from './graph/inputs.ts';
import { reportLength } from './goals/metrics/plan.ts';
import { emitOptimizer, givesMomentum, stepState } from './optimizers/emit.ts';
import type { UpdateGroups } from './optimizers/emit.ts';
import { readOutputs } from './graph/outputs.ts';
import type { OutputTargets } from './graph/outputs.ts';
import { emitReport, planReport, reportedOutput } from './goals/report.ts';
import type { Forwarded, ReportedOutput } from './goals/report.ts';

/**
 * The training, evaluation and prediction programs of a document.
 *
 * @param analysis Analysis of this document; must have no errors.
 * @param groupOf Weights that have been updated equally often.
 */
export function modelPrograms(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
  analysis: ModelAnalysis,
  groupOf: UpdateGroups,
): CompiledModel {
  const compiler = new ModelCompiler(readGraph(expandBlocks(document).document), features, configuration);
  const predict = compiler.predict();
  const train = compiler.train(predict.weights, groupOf);
  const metrics = planReport(predict.outputs);
  return {
    programs: { train: train.program, evaluate: compiler.evaluate(), predict: predict.program },
    weights: predict.weights,
    slots: train.slots,
    outputs: predict.outputs.map(({ node, places, aim, loss }) => ({
      nodeId: node.id,
      name: node.name,
      targets: places,
      reproduces: aim.kind === 'input' ? aim.spans : null,
      logits: readsLogits(loss),
      margins: readsMargins(loss),
    })),
    reportLength: reportLength(metrics),
    metrics,
    augmentations: compiler.augmentations,
    analysis,
  };
}

/**
 * The prediction program of an exported model.
 *
 * @param document A document without errors.
 */
export function servingModel(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
): ServingModel {
  return new ModelCompiler(readGraph(expandBlocks(document).document), features, configuration).serve();
}

/**
 * All weights of the model in topological order.
 *
 * @param document A document without errors.
 */
export function modelWeights(
  document: ModelDocument,
  features: ModelFeatures,
  configuration: TrainingConfiguration,
): readonly WeightSpec[] {
  return new ModelCompiler(readGraph(expandBlocks(document).document), features, configuration).predict().weights;
}

/** Name of the output of `predict` for the Output of this index. */
export function predictionName(index: number): string {
  return index === 0 ? 'prediction' : `prediction_${index}`;
}

interface ForwardPart extends Forwarded {
  readonly weights: readonly WeightSpec[];
  /** int32: in training the step; otherwise the number of a draw, or null. */
  readonly step: ValueId | null;
}

/** Compiles a model without problems. */
class ModelCompiler {
  private readonly graph: ModelGraph;
  private readonly features: ModelFeatures;
  private readonly configuration: TrainingConfiguration;
  private readonly inputs: ReadonlyMap<string, InputPart>;
  private readonly outputs: readonly OutputTargets[];

  constructor(graph: ModelGraph, features: ModelFeatures, configuration: TrainingConfiguration) {
    this.features = features;
    this.configuration = configuration;
    this.inputs = readInputs(graph, features).parts;
    this.graph = adaptNormalization(graph, this.inputs, features);
    this.outputs = readOutputs(this.graph, this.inputs, features).outputs;
  }

  /** Names of the layers that change images at random while training. */
  get augmentations(): string[] {
    return this.graph.order.flatMap(({ kind, name }) => {
      const definition = layerCatalog.get(kind);
      return definition?.family === 'image' && definition.keras?.inMode !== undefined ? [name] : [];
    });
  }

  predict(): { program: Program; weights: readonly WeightSpec[]; outputs: readonly ReportedOutput[] } {
    const { builder, predictions, weights } = this.forward(false);
    predictions.forEach((prediction, index) => builder.output(predictionName(index), prediction));
    return { program: simplify(builder.build()), weights, outputs: this.reported(builder, predictions) };
  }

  serve(): ServingModel {
    const builder = new ProgramBuilder();
    const values = new Map<string, ValueId>();
    const inputs = [...this.inputs.values()].filter(({ node }) => this.graph.used.has(node.id));
    for (const { node, shape } of inputs) {
      values.set(node.id, builder.input(node.name, 'float32', [null, ...shape!]));
    }
    const step = drawInput(
      this.graph,
      builder,
      inputs.map(({ node }) => node.name),
    );
    const { predictions } = this.emit(builder, false, step, (node) => values.get(node.id) ?? null);
    this.outputs.forEach(({ node }, index) => builder.output(node.name, predictions[index]!));
    return {
      program: simplify(builder.build()),
      inputs: inputs.map(({ node, columns, tensor, places }) => ({ name: node.name, columns, tensor, places })),
      outputs: this.outputs.map(({ node, places, aim }) => ({
        name: node.name,
        reproduces: aim.kind === 'input' ? aim.input.node.name : null,
        targets: places.map((place) => this.features.targets[place]!.name),
      })),
    };
  }

  evaluate(): Program {
    const forward = this.forward(false);
    this.report(forward, false);
    return simplify(forward.builder.build());
  }

  train(weights: readonly WeightSpec[], groupOf: UpdateGroups): { program: Program; slots: readonly SlotSpec[] } {
    const { optimizer, schedule } = this.configuration;
    const forward = this.forward(true);
    const { builder } = forward;
    const loss = this.report(forward, true);
    const trainable = weights
      .filter((weight) => weight.trainable)
      .map(({ name, shape, constraint, learningRateMultiplier }) => {
        return { name, constraint, learningRateMultiplier, weight: builder.state(name, 'float32', shape) };
      });
    const found = gradients(
      builder,
      loss,
      trainable.map(({ weight }) => weight),
    );
    const updates = trainable.flatMap((entry, index) => {
      const gradient = found[index] ?? null;
      return gradient === null ? [] : [{ ...entry, gradient }];
    });
    const rates = {
      learningRate: builder.input('learningRate', 'float32', []),
      momentum: givesMomentum(optimizer, schedule) ? builder.input('momentum', 'float32', []) : null,
    };
    const slots = emitOptimizer(builder, optimizer, updates, rates, groupOf);
    return { program: simplify(builder.build()), slots };
  }

  /** The forward pass on the examples' tensors. */
  private forward(training: boolean): ForwardPart {
    const builder = new ProgramBuilder();
    const tensors = new Map(
      this.tensorsRead().map(({ input, shape }) => [input, builder.input(input, 'float32', [null, ...shape])]),
    );
    const step = training ? stepState(builder) : drawInput(this.graph, builder);
    const input = (node: ModelNode): ValueId => emitInputPart(builder, tensors, this.inputs.get(node.id)!);
    return { tensors, ...this.emit(builder, training, step, input) };
  }

  /** Tensors that the Inputs read. The only tensor of a data set is read in any case. */
  private tensorsRead(): FeatureTensor[] {
    const tensors = featureTensors(this.features);
    const read = new Set([...this.inputs.values()].map(({ tensor }) => tensor));
    return tensors.length === 1 ? tensors : tensors.filter(({ input }) => read.has(input));
  }

  private emit(
    builder: ProgramBuilder,
    training: boolean,
    step: ValueId | null,
    input: (node: ModelNode) => ValueId | null,
  ): Omit<ForwardPart, 'tensors'> {
    const { outputs, masks, weights, penalties, problems } = emitForward(this.graph, builder, {
      input,
      training,
      seed: this.configuration.seed,
      step,
      prefix: (node) => node.name,
      skip: (node) => !this.graph.used.has(node.id),
    });
    const predictions = this.outputs.flatMap(({ node }) => outputs.get(node.id) ?? []);
    const failed = problems.some((problem) => problem.severity === 'error');
    if (predictions.length < this.outputs.length || failed) {
      throw new Error('Expected a model without errors; some layers could not be emitted.');
    }
    const outputMasks = this.outputs.map(({ node }) => masks.get(node.id) ?? null);
    return { builder, predictions, masks: outputMasks, weights, penalties, step };
  }

  private reported(builder: ProgramBuilder, predictions: readonly ValueId[]): ReportedOutput[] {
    return this.outputs.map((output, index) =>
      reportedOutput(output, elementCount(builder.shapeOf(predictions[index]!)), this.configuration),
    );
  }

  /** Emits loss and metrics as the output `report`. @returns The batch's loss, a scalar. */
  private report(forward: ForwardPart, training: boolean): ValueId {
    const outputs = this.reported(forward.builder, forward.predictions);
    return emitReport(forward, this.features, outputs, training);
  }
}
