import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { LayerDefinition, PixelRange } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';

export const rescaling: LayerDefinition = {
  kind: 'Rescaling',
  family: 'core',
  otherNames: ['scale', 'normalize pixels'],
  description: 'Multiplies values by a number and adds another.',
  formula: 'x · scale + offset',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: { linear: 'map', pixelsExpected: ({ scale, offset }) => pixelsBefore(scale, offset) },
  parameters: [
    {
      name: 'scale',
      label: 'Scale',
      help: 'Multiplies each value; 1/255 brings bytes to 0 … 1.',
      default: 1 / 255,
      type: { kind: 'number', min: -1e9, max: 1e9, step: 0.1 },
      keras: 'required',
    },
    {
      name: 'offset',
      label: 'Offset',
      help: 'Added to each value after.',
      default: 0,
      type: { kind: 'number', min: -1e9, max: 1e9, step: 0.1 },
      keras: 'required',
    },
  ],
  summarize: (params) => {
    const [scale, offset] = [params['scale'], params['offset']].map((value) => Number(numberOf(value).toPrecision(3)));
    return `· ${scale}${offset === 0 ? '' : ` ${offset! < 0 ? '-' : '+'} ${Math.abs(offset!)}`}`;
  },
  emit: ({ builder, params, inputs }) => {
    const scaled = builder.multiply(inputs[0]!, builder.scalar(numberOf(params['scale'])));
    const offset = numberOf(params['offset']);
    return offset === 0 ? scaled : builder.add(scaled, builder.scalar(offset));
  },
};

/** Largest magnitude that a rescaled pixel usually has. */
const LARGEST = 10;
/** Smallest width of the range of rescaled pixels. */
const LEAST_WIDTH = 0.5;

/** The range of pixels that become usual values: x / 255 and x / 127.5 - 1 expect bytes, 2 · x - 1 expects 0 … 1. */
function pixelsBefore(scale: JsonValue | undefined, offset: JsonValue | undefined): PixelRange | null {
  if (typeof scale !== 'number' || typeof offset !== 'number') return null;
  // The identity fits every range.
  if (scale === 1 && offset === 0) return null;
  const isUsual = (largest: number): boolean =>
    Math.abs(scale * largest) >= LEAST_WIDTH &&
    Math.max(Math.abs(offset), Math.abs(scale * largest + offset)) <= LARGEST;
  const [bytes, unit] = [isUsual(255), isUsual(1)];
  return bytes === unit ? null : bytes ? 'bytes' : 'unit';
}
