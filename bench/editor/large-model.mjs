// A project with a large model: dense layers with a shortcut around every second one.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout } from '../../src-shared/canvas/layout/layout.ts';
import { root } from '../../scripts/prepare/paths.mjs';

/** Places the layers in several columns. */
const COLUMNS = 10;

/** @param {number} count Layers in all. @returns A model document that trains on the example's data. */
export function largeModel(count) {
  const nodes = [];
  const edges = [];
  const add = (kind, name, params, ...sources) => {
    nodes.push({ id: name, kind, name, params, position: { x: 0, y: 0 }, frozen: false });
    for (const source of sources) edges.push({ id: `e${edges.length}`, source, target: name });
    return name;
  };
  let last = add('Input', 'input', {});
  last = add('Dense', 'stem', { units: 32, activation: 'relu' }, last);
  while (nodes.length < count - 3) {
    const dense = add('Dense', `dense_${nodes.length}`, { units: 32, activation: 'relu' }, last);
    last = add('Add', `add_${nodes.length}`, {}, dense, last);
  }
  last = add('Dense', 'classes', { units: 3, activation: 'softmax' }, last);
  add('Output', 'output', {}, last);
  const places = layout({ nodes, edges }, 'down');
  const perColumn = Math.ceil(nodes.length / COLUMNS);
  for (const [index, node] of nodes.entries()) {
    const { y } = places.get(node.id);
    const column = Math.floor(index / perColumn);
    node.position = { x: column * 320, y: y - places.get(nodes[column * perColumn].id).y };
  }
  return { format: 'lamina.model', version: 6, name: `${count} layers`, nodes, edges, blocks: [] };
}

/** @returns {string} A new temporary project folder; the caller removes it. */
export function largeProject(count) {
  const folder = mkdtempSync(join(tmpdir(), 'lamina-bench-editor-'));
  cpSync(join(root, 'examples', 'spirals'), folder, { recursive: true });
  const { modelFile } = JSON.parse(readFileSync(join(folder, 'lamina-project.json'), 'utf8'));
  writeFileSync(join(folder, modelFile), JSON.stringify(largeModel(count)));
  return folder;
}
