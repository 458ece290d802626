import { layerCatalog, traitsOf } from '../../layers/catalog/catalog.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { lengthOf, type FlowOrder, type Stretch } from './flow-order.ts';

/** Least number of occurrences of a repeated sequence of kinds. */
const LEAST_OCCURRENCES = 3;

/** A layer that is compared, and the start of a part that begins with it: padding belongs to the part after it. */
interface Landmark {
  readonly kind: string;
  readonly start: number;
}

/**
 * Parts of a stretch that are the same sequence of kinds, apart from padding, regularization and merging layers. Each
 * part reads one output of a layer before it. Takes the sequence that covers most layers, then searches the gaps
 * between its occurrences.
 */
export function repeatedStretches(
  order: FlowOrder,
  within: Stretch,
  { least, largest }: { readonly least: number; readonly largest: number },
): Stretch[] {
  const landmarks = landmarksOf(order, within);
  const startOf = (index: number) => landmarks[index]?.start ?? within.end;
  const isCut = (index: number) => startOf(index) === within.end || order.crossing[startOf(index)] === 1;
  let best: { starts: readonly number[]; length: number } = { starts: [], length: 0 };
  for (let length = least; length <= Math.min(largest, landmarks.length / LEAST_OCCURRENCES); length++) {
    const occurrences = new Map<string, number[]>();
    for (let index = 0; index + length <= landmarks.length; index++) {
      if (!isCut(index) || !isCut(index + length)) continue;
      const sequence = landmarks.slice(index, index + length).map(({ kind }) => kind);
      const starts = occurrences.get(sequence.join(' ')) ?? [];
      if (index >= (starts.at(-1) ?? -Infinity) + length) starts.push(index);
      occurrences.set(sequence.join(' '), starts);
    }
    for (const starts of occurrences.values()) {
      const gain = starts.length * length - best.starts.length * best.length;
      // Of equal ones, the later: irregular parts are usually at the beginning.
      const isBetter = gain > 0 || (gain === 0 && length === best.length && starts[0]! > best.starts[0]!);
      if (starts.length >= LEAST_OCCURRENCES && isBetter) best = { starts, length };
    }
  }
  const found = best.starts.map((index) => ({ start: startOf(index), end: startOf(index + best.length) }));
  if (found.length === 0) return [];
  const gaps = [within, ...found].map((_, i) => ({
    start: found[i - 1]?.end ?? within.start,
    end: found[i]?.start ?? within.end,
  }));
  const more = gaps
    .filter((gap) => lengthOf(gap) >= least * LEAST_OCCURRENCES)
    .flatMap((gap) => repeatedStretches(order, gap, { least, largest }));
  return [...found, ...more].toSorted((a, b) => a.start - b.start);
}

function landmarksOf({ nodes }: FlowOrder, { start, end }: Stretch): Landmark[] {
  const landmarks: Landmark[] = [];
  let padding: number | null = null;
  for (let at = start; at < end; at++) {
    const node = nodes[at]!;
    if (isPadding(node)) padding ??= at;
    else if (isBetweenParts(node)) padding = null;
    else {
      const signature = traitsOf(node).signature?.(node.params) ?? '';
      landmarks.push({ kind: `${node.kind} ${signature}`, start: padding ?? at });
      padding = null;
    }
  }
  return landmarks;
}

/** Padding, and other layers that only rearrange values: of the core family, without a kernel. */
function isPadding({ kind }: ModelNode): boolean {
  const layer = layerCatalog.get(kind);
  return layer?.family === 'core' && layer.traits?.hidden === undefined;
}

function isBetweenParts({ kind }: ModelNode): boolean {
  const family = layerCatalog.get(kind)?.family;
  return family === 'merge' || family === 'regularization';
}
