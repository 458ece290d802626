import type { JsonValue } from '../../document/model-document.ts';
import type { Fit, OutputFit } from '../fit.ts';
import { SketchBuilder } from '../sketch.ts';
import type { Sketch } from '../sketch.ts';

/** A model to begin with. */
export interface Template {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it is and when it is right. */
  readonly description: string;
  /** Null where it suits the data; else why not, as words for a person. */
  unsuited(fit: Fit): string | null;
  build(fit: Fit): Sketch;
}

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

/** A sketch that begins with an Input for the data. */
export class TemplateBuilder extends SketchBuilder {
  readonly #output: OutputFit;
  readonly #flat: boolean;

  constructor({ inputShape, output }: Fit) {
    super();
    this.#output = output ?? UNKNOWN_OUTPUT;
    this.#flat = inputShape === null || inputShape.length === 1;
  }

  /** Flattens images and sequences. */
  flatten(): void {
    if (!this.#flat) this.add('Flatten');
  }

  /** The last Dense, fitted to the target, and its Output. */
  end(from?: readonly number[], name?: string): void {
    const { units, activation } = this.#output;
    this.add('Dense', activation === 'linear' ? { units } : { units, activation }, from);
    this.add('Output', {}, undefined, name);
  }
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
