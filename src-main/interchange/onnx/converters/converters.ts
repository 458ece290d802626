import type { OnnxConverter } from './onnx-context.ts';
import { arithmetic } from './arithmetic.ts';
import { moving } from './moving.ts';
import { normalizations } from './normalizations.ts';
import { products } from './products.ts';
import { keepingStored, quantization, rounding } from './quantization.ts';
import { reductions } from './reductions.ts';
import { windows } from './windows.ts';

const all: Readonly<Record<string, OnnxConverter>> = {
  ...arithmetic,
  ...moving,
  ...normalizations,
  ...products,
  ...quantization,
  ...reductions,
  ...windows,
};

/** The converter of an operation of ONNX; null: there is none. */
export function converterOf(opType: string): OnnxConverter | null {
  return Object.hasOwn(all, opType) ? keepingStored(opType, all[opType]!) : null;
}

/** Whether an operation rounds values to few whole numbers, so that what comes before has no gradient. */
export function isRounding(opType: string): boolean {
  return Object.hasOwn(rounding, opType);
}
