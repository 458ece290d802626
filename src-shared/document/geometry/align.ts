import { CARD, moveByHand, type Position } from '../edits/edits.ts';
import type { ModelDocument } from '../schema/model-document.ts';
import type { Change } from '../history/operations.ts';

const SIZE = { x: CARD.width, y: CARD.height };
const GAP = { x: CARD.gapX, y: CARD.gapY };

/** Which edges or centers of cards are aligned. */
export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom';

/**
 * Aligns cards, which all have the same size. Cards that would overlap are moved along the line, in
 * their order. Null if nothing moves.
 */
export function align(document: ModelDocument, nodeIds: readonly string[], alignment: Alignment): Change | null {
  const wanted = new Set(nodeIds);
  const chosen = document.nodes.filter((node) => wanted.has(node.id));
  const axis = ['left', 'centre', 'right'].includes(alignment) ? 'x' : 'y';
  const values = chosen.map((node) => node.position[axis]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const line = {
    left: least,
    top: least,
    right: most,
    bottom: most,
    centre: (least + most) / 2,
    middle: (least + most) / 2,
  }[alignment];
  const along = axis === 'x' ? 'y' : 'x';
  const ordered = chosen.toSorted(
    (a, b) => a.position[along] - b.position[along] || a.position[axis] - b.position[axis],
  );
  let free = -Infinity;
  const positions = ordered.map(({ id, position }): [string, Position] => {
    const start = position[along] >= free - GAP[along] ? position[along] : free;
    free = start + SIZE[along] + GAP[along];
    return [id, axis === 'x' ? { x: line, y: start } : { x: start, y: line }];
  });
  return labelled(moveByHand(document, new Map(positions)), `Align ${chosen.length} layers`);
}

/** Distributes cards with equal gaps between the first and the last. Null if nothing moves. */
export function distribute(document: ModelDocument, nodeIds: readonly string[], axis: 'x' | 'y'): Change | null {
  const wanted = new Set(nodeIds);
  const chosen = document.nodes
    .filter((node) => wanted.has(node.id))
    .sort((a, b) => a.position[axis] - b.position[axis]);
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (first === undefined || last === undefined || chosen.length < 3) return null;
  const least = (SIZE[axis] + GAP[axis]) * (chosen.length - 1);
  // Overlapping cards are spread until they do not overlap.
  const span = Math.max(least, last.position[axis] - first.position[axis]);
  const positions = chosen.map(({ id, position }, index): [string, Position] => [
    id,
    { ...position, [axis]: Math.round(first.position[axis] + (span * index) / (chosen.length - 1)) },
  ]);
  return labelled(moveByHand(document, new Map(positions)), `Distribute ${chosen.length} layers`);
}

function labelled(change: Change | null, label: string): Change | null {
  return change === null ? null : { ...change, label };
}
