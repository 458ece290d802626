import { featureTensors } from '../../data/feature-tensors.ts';
import type { TargetSpec } from '../../data/prepared.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import type { JsonValue, ModelDocument } from '../../document/schema/model-document.ts';
import type { Change } from '../../document/history/operations.ts';
import type { OutputConfiguration } from '../../training/configuration/configuration.ts';
import { outputFor, outputOfFirst } from '../fit.ts';
import type { Fit, OutputFit } from '../fit.ts';
import { SketchBuilder } from '../sketch.ts';
import type { Sketch } from '../sketch.ts';

/** The model on the canvas, which some templates change. */
export interface OpenModel {
  readonly document: ModelDocument;
  /** Name of the newest run with weights of its layers; null if there is none. */
  readonly trainedBy: string | null;
}

interface TemplateWords {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it is and when to use it. */
  readonly description: string;
  /** What it does with this data and model, as a message; null: no message. */
  note?(fit: Fit, open: OpenModel): string | null;
  /** Why it does not suit the data and what to do, as a message; null if it suits. */
  unsuited(fit: Fit, open: OpenModel): string | null;
}

/** A template for a new model. */
export interface SketchTemplate extends TemplateWords {
  build(fit: Fit): Sketch;
  /** Training settings of its Outputs by name, if they are not the default. */
  readonly goals?: Readonly<Record<string, OutputConfiguration>>;
}

/** A template that changes the model on the canvas. */
export interface ChangeTemplate extends TemplateWords {
  /** Call only if `unsuited` returns null. */
  change(fit: Fit, open: OpenModel, createId: CreateId): Change;
}

export type Template = SketchTemplate | ChangeTemplate;

/** Without data: ten classes. */
const UNKNOWN_OUTPUT: OutputFit = { units: 10, activation: 'softmax' };

/** Parameters of a hidden Dense layer: ReLU with He initialization. */
export function hidden(units: number): Record<string, JsonValue> {
  return { units, activation: 'relu', kernelInitializer: 'heNormal' };
}

/** Parameters of a convolution with ReLU. */
export function conv(filters: number, kernelSize = 3): Record<string, JsonValue> {
  return {
    filters,
    kernelSize: [kernelSize, kernelSize],
    padding: 'same',
    activation: 'relu',
    kernelInitializer: 'heNormal',
  };
}

/** Builds a sketch whose input and output fit the data. */
export class TemplateBuilder extends SketchBuilder {
  readonly #fit: Fit;
  readonly #outputOf: (target: TargetSpec) => OutputFit;

  /** @param outputOf Last layer for a target. */
  constructor(fit: Fit, outputOf: (target: TargetSpec) => OutputFit = outputFor) {
    super();
    this.#fit = fit;
    this.#outputOf = outputOf;
  }

  /** Flattens images and sequences. */
  flatten(): void {
    const { inputShape } = this.#fit;
    if (inputShape !== null && inputShape.length !== 1) this.add('Flatten');
  }

  /** Adds the last Dense for the first target, and its Output. */
  end(from?: readonly number[], name?: string): void {
    const [first] = this.#fit.features?.targets ?? [];
    const output = first === undefined ? this.#fit.output : this.#outputOf(first);
    this.#end(output ?? UNKNOWN_OUTPUT, outputOfFirst(this.#fit), from, name);
  }

  /** Adds the last Dense for this target, and its Output with the target's name. */
  endFor(target: TargetSpec, from: readonly number[]): void {
    this.#end(this.#outputOf(target), { targets: [target.name] }, from, layerNameOf(target.name));
  }

  /** Adds a last Dense and an Output for each target of classes, and one for all numbers, such as those of a box. */
  endForAll(from: readonly number[]): void {
    const targets = this.#fit.features?.targets ?? [];
    if (targets.length < 2) return this.end(from);
    const numbers = targets.filter(({ kind }) => kind === 'numeric');
    for (const target of targets) if (target.kind === 'classes') this.endFor(target, from);
    const [first, ...more] = numbers;
    if (first === undefined) return;
    if (more.length === 0) return this.endFor(first, from);
    const output = { units: numbers.length, activation: 'linear' } as const;
    this.#end(output, { targets: numbers.map(({ name }) => name) }, from, 'numbers');
  }

  #end(
    { units, activation }: OutputFit,
    params: Record<string, JsonValue>,
    from: readonly number[] | undefined,
    name: string | undefined,
  ): void {
    this.add('Dense', activation === 'linear' ? { units } : { units, activation }, from);
    this.add('Output', params, undefined, name);
  }
}

/** 'Median house value (USD)' → 'median_house_value_usd'. A prefix 'val' would mark validation metrics. */
export function layerNameOf(column: string): string {
  const name = column.replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '');
  return name === '' ? 'output' : /^val(_|$)/i.test(name) ? `output_${name.toLowerCase()}` : name.toLowerCase();
}

/** The template only for data with one tensor: its Input takes the whole example. */
export function forOneTensor(template: SketchTemplate): SketchTemplate {
  return {
    ...template,
    unsuited: (fit, open) => {
      const tensors = fit.features === undefined ? [] : featureTensors(fit.features);
      if (tensors.length < 2) return template.unsuited(fit, open);
      return 'Takes one image or one table; this data has several.';
    },
  };
}

/** `unsuited` of a template for rows of values. */
export function needsRows({ inputShape }: Fit): string | null {
  return inputShape === null || inputShape.length === 1 ? null : 'For tables; this data has another shape.';
}

/** `unsuited` of a template for images. @param smallest Smallest height and width. */
export function needsImages({ inputShape }: Fit, smallest: number): string | null {
  if (inputShape === null) return null;
  if (inputShape.length !== 3) return 'For images; this data has none.';
  return Math.min(inputShape[0]!, inputShape[1]!) >= smallest
    ? null
    : `For images of ${smallest} × ${smallest} or more.`;
}
