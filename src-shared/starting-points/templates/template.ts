import type { TargetSpec } from '../../data/prepared.ts';
import type { CreateId } from '../../document/edits/edits.ts';
import type { JsonValue, ModelDocument } from '../../document/schema/model-document.ts';
import type { Change } from '../../document/history/operations.ts';
import type { OutputConfiguration } from '../../training/configuration/configuration.ts';
import { outputFor, outputOfFirst } from '../fit.ts';
import type { Fit, OutputFit } from '../fit.ts';
import { SketchBuilder } from '../sketch.ts';
import type { Sketch } from '../sketch.ts';

/** The model on the canvas, which some templates go on from. */
export interface OpenModel {
  readonly document: ModelDocument;
  /** Name of the newest run that has the weights of its layers; null where none has. */
  readonly trainedBy: string | null;
}

interface TemplateWords {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it is and when it is right. */
  readonly description: string;
  /** What it makes of this data and model, where that is not plain; null: nothing to say. */
  note?(fit: Fit, open: OpenModel): string | null;
  /** Null where it suits the data; else why not and what to do, as words for a person. */
  unsuited(fit: Fit, open: OpenModel): string | null;
}

/** A model to begin with. */
export interface SketchTemplate extends TemplateWords {
  build(fit: Fit): Sketch;
  /** Goals of its Outputs by name, where they are not the usual ones. */
  readonly goals?: Readonly<Record<string, OutputConfiguration>>;
}

/** A model made from the one on the canvas. */
export interface ChangeTemplate extends TemplateWords {
  /** Only where it is suited. */
  change(fit: Fit, open: OpenModel, createId: CreateId): Change;
}

export type Template = SketchTemplate | ChangeTemplate;

/** Where no data says otherwise: ten classes. */
const UNKNOWN_OUTPUT: OutputFit = { units: 10, activation: 'softmax' };

/** A hidden Dense layer as the textbook has it: ReLU with He initialization. */
export function hidden(units: number): Record<string, JsonValue> {
  return { units, activation: 'relu', kernelInitializer: 'heNormal' };
}

/** A 3 × 3 convolution with ReLU. */
export function conv(filters: number, kernelSize = 3): Record<string, JsonValue> {
  return {
    filters,
    kernelSize: [kernelSize, kernelSize],
    padding: 'same',
    activation: 'relu',
    kernelInitializer: 'heNormal',
  };
}

/** A sketch fitted to the data at its ends. */
export class TemplateBuilder extends SketchBuilder {
  readonly #fit: Fit;

  constructor(fit: Fit) {
    super();
    this.#fit = fit;
  }

  /** Flattens images and sequences. */
  flatten(): void {
    const { inputShape } = this.#fit;
    if (inputShape !== null && inputShape.length !== 1) this.add('Flatten');
  }

  /** The last Dense, fitted to the first target, and its Output. */
  end(from?: readonly number[], name?: string): void {
    this.#end(this.#fit.output ?? UNKNOWN_OUTPUT, outputOfFirst(this.#fit), from, name);
  }

  /** The last Dense, fitted to this target, and its Output, called like it. */
  endFor(target: TargetSpec, from: readonly number[]): void {
    this.#end(outputFor(target), { targets: [target.name] }, from, layerNameOf(target.name));
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

/** 'Median house value (USD)' → 'median_house_value_usd'; 'val' would mark metrics of validation. */
function layerNameOf(column: string): string {
  const name = column.replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '');
  return name === '' ? 'output' : /^val(_|$)/i.test(name) ? `output_${name.toLowerCase()}` : name.toLowerCase();
}

/** Needs rows of values. */
export function needsRows({ inputShape }: Fit): string | null {
  return inputShape === null || inputShape.length === 1 ? null : 'For tables; this data has another shape.';
}

/** Needs images: height, width, channels. @param smallest Height and width it can shrink. */
export function needsImages({ inputShape }: Fit, smallest: number): string | null {
  if (inputShape === null) return null;
  if (inputShape.length !== 3) return 'For images; this data has none.';
  return Math.min(inputShape[0]!, inputShape[1]!) >= smallest
    ? null
    : `For images of ${smallest} × ${smallest} or more.`;
}
