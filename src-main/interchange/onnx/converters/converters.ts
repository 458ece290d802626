import type { OnnxConverter } from './onnx-context.ts';
import { arithmetic } from './arithmetic.ts';
import { moving } from './moving.ts';
import { normalizations } from './normalizations.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { windows } from './windows.ts';

const all: Readonly<Record<string, OnnxConverter>> = {
  ...arithmetic,
  ...moving,
  ...normalizations,
  ...products,
  ...reductions,
  ...windows,
};

/** The converter of an operation of ONNX; null: there is none. */
export function converterOf(opType: string): OnnxConverter | null {
  return Object.hasOwn(all, opType) ? all[opType]! : null;
}
