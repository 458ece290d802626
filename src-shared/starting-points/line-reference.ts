import type { Fit } from './fit.ts';
import { words } from './words.ts';

/** An entry of the reference shown at the field for a line. */

interface Entry {
  readonly example: string;
  readonly means: string;
}

const ANY_LAYER: readonly string[] = ['dropout', 'bn', 'ln', 'alphadropout', 'noise'];
const IMAGES: readonly string[] = ['conv', 'sepconv', 'pool', 'avgpool', 'gap', 'flatten'];
const SEQUENCES: readonly string[] = ['lstm', 'gru', 'rnn', 'embed'];

const FORMS: readonly Entry[] = [
  { example: '100:tanh, 100 tanh', means: 'Sets the activation of a layer' },
  { example: '100*20, 100 selu*20, (conv32 pool)*2', means: 'Repeats a layer with its activation, or a group' },
];

/** Entries in the order in which they suit the data: 'conv32' before 'lstm64' for images, dense layers first for tables. */
export function lineReference({ inputShape }: Fit): Entry[] {
  const rank = inputShape?.length ?? 3;
  const special = rank === 2 ? [...SEQUENCES, ...IMAGES] : [...IMAGES, ...SEQUENCES];
  const entries = (names: readonly string[]): Entry[] => names.map((name) => words[name]!);
  const [layers, others] = [entries(special), entries(ANY_LAYER)];
  return [...entries(['dense']), ...FORMS, ...(rank < 2 ? [...others, ...layers] : [...layers, ...others])];
}

/** An example of a line for this data: '11-64-32-1'. */
export function exampleLine({ inputShape, output }: Fit): string {
  if (inputShape === null) return '784-300-100-10   or   conv32 conv64 pool dense128 dense10';
  const units = output?.units ?? 10;
  if (inputShape.length === 1) return `${inputShape[0]!}-64-32-${units}`;
  return inputShape.length === 2 ? `lstm64 dense${units}` : `conv32 conv64 pool dense128 dense${units}`;
}
