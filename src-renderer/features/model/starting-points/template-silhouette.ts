import { BLOCK } from '../../../../src-shared/document/schema/blocks.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { layerCatalog } from '../../../../src-shared/layers/catalog/catalog.ts';

/** A model as small bars in the colours of its layers, each where its card would lie. */
export interface Silhouette {
  readonly bars: readonly { id: string; x: number; y: number; colour: string }[];
  /** SVG path data of the connections. */
  readonly lines: readonly { id: string; path: string }[];
  /** Of a bar. */
  readonly width: number;
  readonly height: number;
}

const TALLEST = 7;

/** @param width Of the whole. @param height Of the whole. */
export function silhouetteOf({ nodes, edges }: ModelDocument, width: number, height: number): Silhouette {
  const ranks = [...new Set(nodes.map(({ position }) => position.y))].toSorted((a, b) => a - b);
  const columns = nodes.map(({ position }) => position.x);
  const [left, right] = [Math.min(...columns), Math.max(...columns)];
  const step = height / Math.max(ranks.length, 5);
  const bar = { width: left === right ? width * 0.6 : width * 0.4, height: Math.min(TALLEST, step * 0.7) };
  const top = (height - step * ranks.length) / 2;
  const places = new Map(
    nodes.map(({ id, position }) => {
      const across = left === right ? 0.5 : (position.x - left) / (right - left);
      const x = bar.width / 2 + across * (width - bar.width);
      return [id, { x, y: top + (ranks.indexOf(position.y) + 0.5) * step }];
    }),
  );
  return {
    ...bar,
    bars: nodes.map(({ id, kind, frozen }) => {
      const family = kind === BLOCK ? 'block' : (layerCatalog.get(kind)?.family ?? 'core');
      return { id, ...places.get(id)!, colour: frozen ? 'var(--ice-line)' : `var(--family-${family})` };
    }),
    lines: edges.map(({ id, source, target }) => {
      const [from, to] = [places.get(source)!, places.get(target)!];
      // Past the bars between them, not behind.
      const aside = from.x + bar.width / 2 + 4;
      const skips = from.x === to.x && to.y - from.y > step * 1.5;
      return { id, path: `M${from.x} ${from.y}${skips ? `H${aside}V${to.y}H${to.x}` : `L${to.x} ${to.y}`}` };
    }),
  };
}
