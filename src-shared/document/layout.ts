import { CARD, type Position } from './edits.ts';
import type { ModelDocument } from './model-document.ts';

/**
 * Places nodes top-down in layers: a node lies one row below its lowest predecessor,
 * rows are ordered by the mean position of their predecessors (two sweeps of the
 * barycentre heuristic) and centred. Cycles are cut where a depth-first walk meets
 * them again. The top left corner of what was there stays where it was.
 */
export function layoutTopDown(document: Pick<ModelDocument, 'nodes' | 'edges'>): Map<string, Position> {
  const rows = rowsOf(document);
  const left = Math.min(...document.nodes.map((node) => node.position.x));
  const top = Math.min(...document.nodes.map((node) => node.position.y));
  orderRows(document, rows);
  const widest = Math.max(0, ...rows.map((row) => row.length));
  const stepX = CARD.width + CARD.gapX;
  const stepY = CARD.height + CARD.gapY;
  const positions = new Map<string, Position>();
  rows.forEach((row, depth) => {
    const indent = ((widest - row.length) * stepX) / 2;
    row.forEach((id, column) => positions.set(id, { x: left + indent + column * stepX, y: top + depth * stepY }));
  });
  return positions;
}

function rowsOf(document: Pick<ModelDocument, 'nodes' | 'edges'>): string[][] {
  const sources = new Map<string, string[]>(document.nodes.map((node) => [node.id, []]));
  for (const edge of document.edges) sources.get(edge.target)?.push(edge.source);
  const depths = new Map<string, number>();
  const visiting = new Set<string>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    if (visiting.has(id)) return -1;
    visiting.add(id);
    const depth = Math.max(-1, ...(sources.get(id) ?? []).map(depthOf)) + 1;
    visiting.delete(id);
    depths.set(id, depth);
    return depth;
  };
  const rows: string[][] = [];
  for (const node of document.nodes) (rows[depthOf(node.id)] ??= []).push(node.id);
  return Array.from(rows, (row) => row ?? []);
}

function orderRows(document: Pick<ModelDocument, 'nodes' | 'edges'>, rows: string[][]): void {
  const columns = new Map<string, number>();
  const note = (row: string[]) => row.forEach((id, column) => columns.set(id, column - (row.length - 1) / 2));
  rows.forEach(note);
  const meanOf = (id: string, end: 'source' | 'target') => {
    const other = end === 'source' ? 'target' : 'source';
    const near = document.edges.filter((edge) => edge[end] === id).map((edge) => columns.get(edge[other]) ?? 0);
    return near.length === 0 ? (columns.get(id) ?? 0) : near.reduce((sum, column) => sum + column, 0) / near.length;
  };
  for (const end of ['target', 'source', 'target'] as const) {
    const order = end === 'target' ? rows : rows.toReversed();
    for (const row of order) {
      const means = new Map(row.map((id) => [id, meanOf(id, end)]));
      row.sort((a, b) => means.get(a)! - means.get(b)!);
      note(row);
    }
  }
}
